"""Training and held-out images of a data set.

Training uses the split "train". The held-out images are another split: the requested one, else
"test", else "val". A data set without such a split is divided: an image is held out if the SHA-256
of its name, read as a fraction, is below `held_out_fraction`. The decision depends only on the
name, so an image stays on its side when other images are added, removed or reordered. Only
`MissingSplit` means that a split does not exist; a split that cannot be read is an error.

The labels that name the images of a measurement are defined here: "held-out (test)", "held-out
(10 % by hash)", "training".
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from zoo.data.subset import Subset, domains_subset
from zoo.errors import MissingSplit, ZooError

TRAINING = "training"
FRACTION = 0.1  # default share of held-out images in a data set without a held-out split
SETTING = "config.data.held_out_fraction"
OTHERS = ("test", "val")


@dataclass
class Splits:
    """The training and held-out images of a data set.

    Attributes:
        training: source.
        held_out: source, or None if nothing is held out.
        word: str, label of the images that are evaluated: "held-out (...)" or "training".
        notes: list of str, lines for the log.
    """

    training: object
    held_out: object = None
    word: str = TRAINING
    notes: list = field(default_factory=list)


def open_splits(load, wanted="test", fraction=FRACTION, setting=SETTING):
    """Loads the training and held-out images of a data set.

    Args:
        load: function of a split's name -> source; raises `MissingSplit` if there is no such split.
        wanted: str, the preferred held-out split.
        fraction: float in [0, 1), share of held-out images in a data set without such a split.
        setting: str, name of the setting of the fraction; "" if it cannot be set.

    Returns:
        `Splits`.

    Raises:
        ZooError: a split cannot be read, the held-out one is the training split, or the division
            leaves nothing to train on.
    """
    training = load("train")
    held_out, split = first_split(load, (wanted, *OTHERS))
    if held_out is not None and split == (getattr(training, "split", None) or "train"):
        raise ZooError(
            f'The held-out split cannot be "{wanted}", whose images are trained on: name another '
            "one, such as test."
        )
    if held_out is not None:
        notes = [] if split == wanted else [
            f'there is no split "{wanted}": scores and samples use the split "{split}"'
        ]
        return Splits(training, held_out, f"held-out ({split})", notes)
    nothing = "scores and samples use training images"
    if not fraction:
        return Splits(training, notes=[
            f"no images are held out (there is no split {wanted}, and {setting} is 0): {nothing}"
        ])
    kept, held_out = divide(training, fraction)
    if held_out is None:
        return Splits(training, notes=[
            f"no images are held out (there is no split {wanted}, and the rule, {rule(fraction)}, "
            f"selects none of these {count_text(training)}): {nothing}"
        ])
    return Splits(kept, held_out, by_hash(fraction), [
        f"there is no split {wanted}, so {rule(fraction)} are held out: {count_text(held_out)}; "
        f"training uses {count_text(kept)}{setting and f' ({setting}=0 trains on all)'}"
    ])


def first_split(load, names):
    """(source, name) of the first split that exists, or (None, None)."""
    for name in dict.fromkeys(names):
        try:
            source = load(name)
        except MissingSplit:
            continue
        return source, getattr(source, "split", None) or name
    return None, None


def by_hash(fraction):
    """The label "held-out (10 % by hash)"."""
    return f"held-out ({percent(fraction)} by hash)"


def rule(fraction):
    """The rule of `divide` in words."""
    return f"{percent(fraction)} by the SHA-256 of their names"


def percent(fraction):
    return f"{100 * fraction:.4g} %"


def is_held_out(name, fraction):
    """Whether the image of this name is held out in a data set without a held-out split."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") < fraction * 2.0**64


def divide(source, fraction):
    """(training images, held-out images), divided by `is_held_out`.

    Two domains are divided separately. The second is None if no image, or no image of one of the
    domains, is held out.

    Raises:
        ZooError: a data set, class or domain has no image left to train on.
    """
    if hasattr(source, "a"):
        a, b = (_sides(part, fraction, f" of domain {name}")
                for part, name in zip((source.a, source.b), source.domains, strict=True))
        if not (len(a[1]) and len(b[1])):
            return source, None
        return domains_subset(source, a[0], b[0]), domains_subset(source, a[1], b[1])
    kept, held_out = _sides(source, fraction)
    if not len(held_out):
        return source, None
    training = Subset(source, kept)
    for label, name in enumerate(getattr(source, "class_names", ())):
        if label not in training.labels:
            raise ZooError(
                f'All images of the class "{name}" would be held out, by {rule(fraction)}, and '
                'none left for training: add some, or a folder "test" of held-out images.'
            )
    return training, Subset(source, held_out)


def _sides(source, fraction, what=""):
    chosen = np.array([is_held_out(name, fraction) for name in names_of(source)], bool)
    if chosen.all():
        raise ZooError(
            f"All {count_text(source)}{what} would be held out, by {rule(fraction)}, and none left "
            f"for training: give a smaller {SETTING}, or 0 to train on all."
        )
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def names_of(source):
    """The names of a source's images relative to their root folder, with "/" between parts.

    They are the same for a folder, for a .zip of it, and for a .zip of its parent.
    """
    root = f"{root}/" if (root := getattr(source, "root", "")) else ""
    return [name.removeprefix(root) for name in source.file_names]


def count_text(source):
    """"12 images"; for two domains "12 and 9 images"."""
    if hasattr(source, "a"):
        return f"{len(source.a)} and {len(source.b)} images"
    return f"{len(source)} image{'' if len(source) == 1 else 's'}"
