"""Selection of the images of an evaluation from a data set; words as in `zoo.data.splits`.

A data set without the split is divided as in the preset's training, so that the held-out images are
those that were not used for training. If all images were used, there are no held-out ones.
"""

from zoo.data import fingerprint as facts
from zoo.data.splits import OTHERS, TRAINING, by_hash, divide, first_split

ALL = "all images (the data have no splits)"


def open_part(load, requested, fraction=0.0, fingerprint=None):
    """The images of the requested split; for "test" or "train", of their replacement.

    Args:
        load: function of a split's name -> source; raises `MissingSplit` if there is none.
        requested: "train", "test", or the name of another split.
        fraction: float, the fraction of a data set without splits that the training held out.
        fingerprint: of the training images, from the preset's metadata, or None.

    Returns:
        (source, word). The word is "held-out (...)", "training", or `ALL` if these images are not
        known to be the training images.

    Raises:
        ZooError: if a split cannot be read, or one with another name does not exist.
    """
    if requested not in ("train", "test"):
        return load(requested), f"held-out ({requested})"
    held_out = split = None
    if requested != "train" or fraction:
        held_out, split = first_split(load, OTHERS)
    if held_out is not None and requested != "train":
        return held_out, f"held-out ({split})"
    source = load("train")
    others = None
    if fraction and held_out is None:
        source, others = divide(source, fraction)
    if requested != "train" and others is not None:
        return others, by_hash(fraction)
    own = getattr(source, "split", None) or others is not None
    return source, TRAINING if own or fingerprint == fingerprint_of(source) else ALL


def word_of(source):
    """The word of an open source: by its `split`, or `ALL` if it has none."""
    split = getattr(source, "split", None)
    if split is None:
        return ALL
    return TRAINING if split == "train" else f"held-out ({split})"


def fingerprint_of(source):
    """The fingerprint of a source, see `zoo.data.fingerprint`."""
    return facts.fingerprint([facts.line_of(row) for row in facts.rows_of(source)], source)


def is_requested(word, requested):
    """Whether the images of a word are those that a protocol requires."""
    if requested == "train":
        return word == TRAINING
    return word == f"held-out ({requested})" or word.endswith("by hash)")
