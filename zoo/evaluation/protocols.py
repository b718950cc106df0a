"""Evaluation protocols: which images, how many, which metrics.

The counts of MSGAN (arXiv 1903.05628) come from its supplement and the authors' answers; its
repository has no evaluation code. It does not say how FID of CIFAR-10 was averaged over classes:
here all classes are pooled, and each class is evaluated as well.
"""

import dataclasses

from zoo.errors import check_choice


@dataclasses.dataclass(frozen=True)
class Protocol:
    """Counts and metrics of an evaluation.

    Attributes:
        task: task of the models, such as "text-to-image", or "any".
        conditions: int, number of conditions; None for all. Classes are always all used.
        repeat: whether captions are reused, with other latents, if there are too few.
        samples: images per condition.
        real: int, number of real images, selected at random; None for all.
        real_split, condition_split: "train" or "test"; an option may name another split.
        network: "zoo": an encoder of this zoo suffices; "inception": Inception is required.
        bins: number of NDB bins; 0 for none.
        pairs: pairs per condition for LPIPS and the pair distance; 0 for none, None for all.
        splits: number of splits of the Inception score; 0 for none.
        remainder: treatment of images that do not fill a split: "spread" or "dropped".
        official_logits: True omits the last bias of the classifier and resizes as in OpenAI's
            script.
        precision: whether to measure R-precision.
        folds: rule of its folds: "exact", or "official" as in the papers' code, which drops the
            last image of each fold.
        per_class: whether each class is evaluated separately too.
        objects: whether to measure SOA.
        needs: further required evaluators: "lpips".
        source: str, source of the protocol.
        alternatives: dict of attribute -> tuple of all values that are the protocol's, where there
            are several.
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
    alternatives: dict = dataclasses.field(default_factory=dict)

    def equal_values(self, name):
        """The values of an attribute that are as good as its own: a tuple with it."""
        own, others = getattr(self, name), self.alternatives.get(name, ())
        return others if own in others else (own,)


PROTOCOLS = {
    "quick": Protocol(
        "any", 64, 4, 512, "test", network="zoo", bins=20, pairs=None, splits=1, precision=True,
        source="this zoo's own, minutes on a CPU; its numbers compare only runs of this zoo",
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
        alternatives={"bins": (50, 20), "condition_split": ("test", "val")},
    ),
    "attngan": Protocol(
        "text-to-image", 30000, 1, None, "test", splits=10, official_logits=True, precision=True,
        folds="official", repeat=True,
        source="AttnGAN, arXiv 1711.10485, and DM-GAN's evaluation code",
    ),
    "xmc_gan": Protocol(
        "text-to-image", 30000, 1, 30000, "test", splits=1, remainder="dropped", objects=True,
        source="XMC-GAN, arXiv 2101.04702, and its released code; its R-precision uses an encoder "
               "that was never released",
    ),
}


def find_protocol(protocol):
    """The `Protocol` with a name; a `Protocol` is returned unchanged.

    Args:
        protocol: a key of `PROTOCOLS`, or a `Protocol`.

    Raises:
        ZooError: for an unknown name.
    """
    if isinstance(protocol, Protocol):
        return protocol
    return PROTOCOLS[check_choice("`protocol`", protocol, PROTOCOLS)]


def count_deviations(protocol, conditions, samples, generated, real, classes=None, available=None):
    """Counts other than those of a protocol: a list of str, empty if there are none.

    A count that the protocol leaves open, such as all classes of the data, is no deviation.

    Args:
        conditions, samples: ints, or None for images without a known condition.
        generated, real: ints, numbers of images.
        classes: int, number of classes if these are the conditions, or None.
        available: int, number of available real images, for a protocol that uses all, or None.
    """
    required = protocol.conditions if classes is None else classes
    counts = (
        ("conditions", conditions, required),
        ("images per condition", samples, protocol.samples),
        ("generated images", generated, required and required * protocol.samples),
        ("real images", real, protocol.real or available),
    )
    return [
        f"{count} {what} instead of {expected}" for what, count, expected in counts
        if count is not None and expected is not None and count != expected
    ]
