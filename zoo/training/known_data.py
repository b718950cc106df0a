"""The sizes of the data sets that the recipes' variants are named after."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KnownData:
    """The sizes of a data set, from its paper or its released files.

    Attributes:
        images: int, images of an epoch: the training split; pairs; of two domains, the larger one.
        kind: "captions", "classes", "pairs" or "domains".
        tokens: int, tokens of the vocabulary, with `<end>`; 0 without captions.
        classes: int; 0 without labels.
        directory: str, where the recipes look for it; "" where the user names the folder.
    """

    images: int
    kind: str
    tokens: int = 0
    classes: int = 0
    directory: str = ""


KNOWN = {  # variant of a recipe -> its data
    "emoji": KnownData(7191, "captions", tokens=1229, directory="data/emoji.zip"),
    "birds": KnownData(8855, "captions", tokens=5450, directory="data/birds"),
    "coco": KnownData(82783, "captions", tokens=27297, directory="data/coco"),
    "cifar10": KnownData(50000, "classes", classes=10),
    "cifar10_small": KnownData(50000, "classes", classes=10),
    "facades": KnownData(400, "pairs"),
    "facades_128": KnownData(400, "pairs"),
    "maps": KnownData(1096, "pairs"),
    "yosemite": KnownData(1231, "domains"),
    "cat2dog": KnownData(1364, "domains"),
}
