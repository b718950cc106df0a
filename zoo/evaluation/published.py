"""Published results of papers, each with the network whose features were used."""

import dataclasses

PAPERS_DAMSM = "the paper's DAMSM"


@dataclasses.dataclass(frozen=True)
class Published:
    """A published result.

    Attributes:
        system, data, metric: strs: the class of the model, the data set, the kind of metric.
        value: str, as printed.
        network: str, the network whose features were used; None for pixels.
        source: str, where it is published.
        protocol: a key of `zoo.evaluation.protocols.PROTOCOLS`, or "" for another protocol.
    """

    system: str
    data: str
    metric: str
    value: str
    network: str
    source: str
    protocol: str = "attngan"


_README = "README of DM-GAN's repository"
_DM_GAN = "without mode seeking; " + _README
_RELEASED = "without mode seeking; released weights, " + _README
_OLD = "torchvision's ImageNet Inception-v3, DM-GAN's own preprocessing"
_TTUR = "; by TTUR, whose resize differs a little from pytorch-fid's"
_COPIED = "MSGAN's paper, arXiv 1903.05628, as copied by MCL-GAN's paper"
_PLAIN = "without mode seeking; " + _COPIED, "msgan_text"
_SEEKING = "with mode seeking; " + _COPIED, "msgan_text"
_PIXELS = None  # no network
_LPIPS = "LPIPS of an unknown version"
_UNSTATED = "a network that it does not state (256 pixels)"
_LAFITE = "table of LAFITE, arXiv 2111.13792", "xmc_gan"
PUBLISHED = (
    Published("AttnGAN", "birds", "fid", "14.01", "inception-2015", _README + _TTUR),
    Published("AttnGAN", "birds", "fid", "23.98", _OLD, _README),
    Published("AttnGAN", "birds", "inception_score", "4.36 +- 0.03", "StackGAN's CUB classifier",
              _README),
    Published("AttnGAN", "birds", "r_precision", "67.82 % +- 4.43", PAPERS_DAMSM, _README),
    Published("AttnGAN", "coco", "fid", "29.53", "inception-2015", _README + _TTUR),
    Published("AttnGAN", "coco", "fid", "35.49", _OLD, _README),
    Published("AttnGAN", "coco", "inception_score", "25.89 +- 0.47", "inception-2015", _README),
    Published("AttnGAN", "coco", "r_precision", "85.47 % +- 3.69", PAPERS_DAMSM, _README),
    Published("DMGAN", "birds", "fid", "11.91", "inception-2015", _RELEASED + _TTUR),
    Published("DMGAN", "birds", "fid", "16.09", _OLD, _DM_GAN),
    Published("DMGAN", "birds", "inception_score", "4.75 +- 0.07", "StackGAN's CUB classifier",
              _DM_GAN),
    Published("DMGAN", "birds", "r_precision", "72.31 % +- 0.91", PAPERS_DAMSM, _DM_GAN),
    Published("DMGAN", "coco", "fid", "24.24", "inception-2015", _RELEASED + _TTUR),
    Published("DMGAN", "coco", "fid", "32.64", _OLD, _DM_GAN),
    Published("DMGAN", "coco", "inception_score", "30.49 +- 0.57", "inception-2015", _DM_GAN),
    Published("DMGAN", "coco", "r_precision", "88.56 % +- 0.28", PAPERS_DAMSM, _DM_GAN),
    Published("StackGANV2", "birds", "inception_score", "4.04 +- 0.05",
              "StackGAN's CUB classifier", "README of StackGAN-v2's repository", ""),
    Published("StackGANV2", "birds", "fid", "25.99 +- 4.26", "inception-2015", *_PLAIN),
    Published("StackGANV2", "birds", "fid", "25.53 +- 1.83", "inception-2015", *_SEEKING),
    Published("StackGANV2", "birds", "ndb", "38.20 +- 2.39", _PIXELS, *_PLAIN),
    Published("StackGANV2", "birds", "ndb", "30.60 +- 2.51", _PIXELS, *_SEEKING),
    Published("StackGANV2", "birds", "jsd", "0.09 +- 0.01", _PIXELS, *_PLAIN),
    Published("StackGANV2", "birds", "jsd", "0.07 +- 0.00", _PIXELS, *_SEEKING),
    Published("StackGANV2", "birds", "lpips", "0.36 +- 0.00", _LPIPS, *_PLAIN),
    Published("StackGANV2", "birds", "lpips", "0.37 +- 0.01", _LPIPS, *_SEEKING),
    Published("DCGAN", "cifar10", "fid", "28.73", "inception-2015",
              "with mode seeking, all classes together; " + _COPIED, "msgan_label"),
    Published("XMCGAN", "coco", "fid", "10.5 to 11.0", "keras-inception-v3",
              "README of XMC-GAN's repository, 128 pixels", "xmc_gan"),
    Published("XMCGAN", "coco", "fid", "9.33", _UNSTATED, *_LAFITE),
    Published("XMCGAN", "coco", "inception_score", "30.45", _UNSTATED, *_LAFITE),
)


def published(system, data, metric):
    """The published results of a system on a data set: list of `Published`.

    Args:
        metric: str, such as "fid[inception-2015]"; there are none for single classes ("..., class
            cat").
    """
    kind = metric if ", " in metric else metric.partition("[")[0]
    return [
        row for row in PUBLISHED
        if (row.system, row.data, row.metric) == (system, data, kind)
    ]
