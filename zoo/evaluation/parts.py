"""Which images of a data set an evaluation takes, in the words of `zoo.data.splits`.

A set without a split for that is divided as it was in the preset's training, so that its held-out
images are those that the training did not see. Of a training that saw all of them there are none.
"""

from zoo.data import fingerprint as facts
from zoo.data.splits import OTHERS, TRAINING, by_hash, divide, first_split

ALL = "all images (the data have no splits)"


def open_part(load, asked, fraction=0.0, fingerprint=None):
    """The images that are asked for, or what there is instead.

    Args:
        load: function of a split's name -> source; raises `MissingSplit` where there is none.
        asked: "train", "test" or "val".
        fraction: float, how many images of a set without splits the training held out.
        fingerprint: of the training's images, as the preset's metadata have it, or None.

    Returns:
        (source, word). The word is "held-out (...)", "training", or `ALL` where nothing says that
        these are the images that the preset was trained on.

    Raises:
        ZooError: a split cannot be read.
    """
    held_out = split = None
    if asked != "train" or fraction:
        held_out, split = first_split(load, OTHERS if asked == "train" else (asked, *OTHERS))
    if held_out is not None and asked != "train":
        return held_out, f"held-out ({split})"
    source = load("train")
    others = None
    if fraction and held_out is None:
        source, others = divide(source, fraction)
    if asked != "train" and others is not None:
        return others, by_hash(fraction)
    own = getattr(source, "split", None) or others is not None
    return source, TRAINING if own or fingerprint == fingerprint_of(source) else ALL


def word_of(source):
    """The word of a source that was given opened: by its `split`, `ALL` where it has none."""
    split = getattr(source, "split", None)
    if split is None:
        return ALL
    return TRAINING if split == "train" else f"held-out ({split})"


def fingerprint_of(source):
    """The fingerprint of a source, see `zoo.data.fingerprint`."""
    return facts.fingerprint([facts.line_of(row) for row in facts.rows_of(source)],
                                  source)


def is_asked(word, asked):
    """Whether the images of a word are those that a protocol asks for."""
    if asked == "train":
        return word == TRAINING
    return word == f"held-out ({asked})" or word.endswith("by hash)")
