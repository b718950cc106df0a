"""The protocols of evaluations: which images, how many, which metrics.

The counts of MSGAN (arXiv 1903.05628) come from its supplement and the authors' answers; its
repository has no code of metrics. How FID of CIFAR-10 was averaged over classes is not said there:
here all classes are pooled, and each class is measured as well.
"""

import dataclasses

from zoo.errors import check_choice


@dataclasses.dataclass(frozen=True)
class Protocol:
    """Args:
    task: of the models that are measured, such as "text-to-image", or "any".
    conditions: int, or None for all there are.
    repeat: whether captions are taken again, with other latents, where there are too few.
    samples: images of each condition.
    real: int, or None for all; drawn at random.
    real_split, condition_split: "train" or "test".
    network: "zoo", an encoder of this zoo serves; "inception": one of these is needed.
    bins: of NDB; 0 for none.
    pairs: of each condition, for LPIPS and the pair distance; 0 for none, None for all.
    splits: of the Inception score; 0 for none.
    remainder: what becomes of images that the splits do not divide: "spread" or "dropped".
    official_logits: True leaves the classifier's last bias out, and resizes as OpenAI's script.
    precision: whether there is R-precision.
    folds: its rule, "exact" or "official", the papers' code, which loses the last of each fold.
    per_class: whether each class is measured alone, too.
    objects: whether there is SOA.
    needs: what else must be given: "lpips".
    source: str, where the protocol comes from.
    """

    task: str
    conditions: int | None
    samples: int
    real: int | None
    real_split: str = "train"
    condition_split: str = "test"
    network: str = "inception"
    bins: int = 0
    pairs: int | None = 0
    splits: int = 0
    remainder: str = "spread"
    official_logits: bool = False
    precision: bool = False
    folds: str = "exact"
    per_class: bool = False
    objects: bool = False
    repeat: bool = False
    needs: tuple = ()
    source: str = ""


PROTOCOLS = {
    "quick": Protocol(
        "any", 64, 4, 512, "test", network="zoo", bins=20, pairs=None, splits=1, precision=True,
        source="this zoo's own, for minutes on a CPU; its numbers compare its own runs alone",
    ),
    "msgan_text": Protocol(
        "text-to-image", 200, 10, 2000, bins=100, pairs=10, needs=("lpips",),
        source="MSGAN, arXiv 1903.05628, supplement: text to image",
    ),
    "msgan_label": Protocol(
        "label-to-image", None, 5000, None, bins=250, per_class=True,
        source="MSGAN, arXiv 1903.05628, supplement: categorical generation",
    ),
    "msgan_image": Protocol(
        "image-to-image", 100, 50, None, bins=50, pairs=50, needs=("lpips",),
        source="MSGAN, arXiv 1903.05628, supplement: image to image (20 bins of facades, else 50)",
    ),
    "attngan": Protocol(
        "text-to-image", 30000, 1, None, "test", splits=10, official_logits=True, precision=True,
        folds="official", repeat=True,
        source="AttnGAN, arXiv 1711.10485, and DM-GAN's evaluation code",
    ),
    "xmc_gan": Protocol(
        "text-to-image", 30000, 1, None, "test", splits=1, remainder="dropped", objects=True,
        source="XMC-GAN, arXiv 2101.04702, and its released code; its R-precision takes an encoder "
               "that was never released",
    ),
}


def find_protocol(protocol, shown="`protocol`"):
    """The `Protocol` of a name; a `Protocol` is returned as it is.

    Args:
        protocol: a key of `PROTOCOLS`, or a `Protocol`.
        shown: str, how the message names the argument.

    Raises:
        ZooError: an unknown name.
    """
    if isinstance(protocol, Protocol):
        return protocol
    return PROTOCOLS[check_choice(shown, protocol, PROTOCOLS)]


def count_deviations(protocol, conditions, samples, generated, real, classes=None, available=None):
    """What falls short of a protocol's counts: a list of str, empty where nothing does.

    Args:
        conditions, samples: ints, or None of images without a known condition.
        generated, real: ints, images.
        classes: int, conditions there are where these are classes; or None.
        available: int, real images there are, for a protocol that takes all; or None.
    """
    wanted = protocol.conditions
    if classes is not None:
        wanted = min(wanted or classes, classes)
    counts = (
        ("conditions", conditions, wanted),
        ("pictures of each condition", samples, protocol.samples),
        ("generated pictures", generated, wanted and wanted * protocol.samples),
        ("real pictures", real, protocol.real or available),
    )
    return [
        f"{count} {what} instead of {least}" for what, count, least in counts
        if count is not None and least is not None and count < least
    ]
