"""Which images of a data set are trained on, and which are held out: one rule, and words for it.

A data set is trained on in its split "train". Held out is another split of it, where there is one:
the wanted one, else "test", else "val". A set without such a split is divided by a rule: an image
is held out when the SHA-256 of its name, read as a fraction, lies below `held_out_fraction`. What
happens to an image depends on nothing but its name, so it stays on its side when others come, go or
change places. Only `MissingSplit` means that there is no split: a split that is there and bad is
an error.

The words that say which images something was measured on come from here alone: "held-out (test)",
"held-out (10 % by hash)", "training".
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from zoo.data.subset import Part, domains_subset
from zoo.errors import MissingSplit, ZooError

TRAINING = "training"
FRACTION = 0.1  # of a set without a held-out split: how many images are held out
SETTING = "config.data.held_out_fraction"
OTHERS = ("test", "val")


@dataclass
class Splits:
    """A data set's two sides.

    Attributes:
        training: source.
        held_out: source, or None where nothing is held out.
        word: str, which images are looked at beside the training: "held-out (...)" or "training".
        notes: list of str, what is worth a line in the log.
    """

    training: object
    held_out: object = None
    word: str = TRAINING
    notes: list = field(default_factory=list)


def open_splits(load, wanted="test", fraction=FRACTION, setting=SETTING):
    """Opens both sides of a data set.

    Args:
        load: function of a split's name -> source; raises `MissingSplit` where there is none.
        wanted: str, the split that is held out where there is a choice.
        fraction: float in [0, 1), how many images of a set without such a split are held out.
        setting: str, where the fraction comes from; "" where it cannot be set.

    Returns:
        `Splits`.

    Raises:
        ZooError: a side cannot be read, or the rule leaves nothing to train on.
    """
    training = load("train")
    held_out, split = first_split(load, (wanted, *OTHERS))
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
            f"takes none of these {count_text(training)}): {nothing}"
        ])
    return Splits(kept, held_out, by_hash(fraction), [
        f"there is no split {wanted}, so {rule(fraction)} are held out: {count_text(held_out)}; "
        f"{count_text(kept)} are trained on{setting and f' ({setting}=0 trains on all)'}"
    ])


def first_split(load, names):
    """(source, name) of the first split that is there, or (None, None)."""
    for name in dict.fromkeys(names):
        try:
            source = load(name)
        except MissingSplit:
            continue
        return source, getattr(source, "split", None) or name
    return None, None


def by_hash(fraction):
    """"held-out (10 % by hash)"."""
    return f"held-out ({percent(fraction)} by hash)"


def rule(fraction):
    """The rule of `divide` in words."""
    return f"{percent(fraction)} by the SHA-256 of their names"


def percent(fraction):
    return f"{100 * fraction:.4g} %"


def is_held_out(name, fraction):
    """Whether the image of this name is held out of a set without a split for that."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") < fraction * 2.0**64


def divide(source, fraction):
    """(images to train on, images that are held out), by `is_held_out` of their names.

    Of two domains each is divided by itself. The second is None where an image, or a domain, would
    have to be held out for it and none is.

    Raises:
        ZooError: nothing, or nothing of a class or domain, is left to train on.
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
    training = Part(source, kept)
    for label, name in enumerate(getattr(source, "class_names", ())):
        if label not in training.labels:
            raise ZooError(
                f'All images of the class "{name}" would be held out, by {rule(fraction)}, and '
                "none trained on: add some, or a folder test of images that are held out."
            )
    return training, Part(source, held_out)


def _sides(source, fraction, what=""):
    chosen = np.array([is_held_out(name, fraction) for name in names_of(source)], bool)
    if chosen.all():
        raise ZooError(
            f"All {count_text(source)}{what} would be held out, by {rule(fraction)}, and none "
            f"trained on: give a smaller {SETTING}, or 0 to train on all."
        )
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def names_of(source):
    """The names of a source's images below the folder that they are listed in, "/" between parts.

    The same for a folder, the same folder packed into a .zip, and its parent packed.
    """
    root = f"{root}/" if (root := getattr(source, "root", "")) else ""
    return [name.removeprefix(root) for name in source.file_names]


def count_text(source):
    """"12 images", of two domains "12 and 9 images"."""
    if hasattr(source, "a"):
        return f"{len(source.a)} and {len(source.b)} images"
    return f"{len(source)} image{'' if len(source) == 1 else 's'}"
