"""The splits of a data set that is prepared: those of the folder, or "train" and "test" by hash."""

import dataclasses
import posixpath

from zoo.data.splits import FRACTION, is_held_out
from zoo.errors import ZooError


def with_splits(tree, kind, items, fraction=None):
    """Gives each image a split.

    Args:
        tree: `zoo.listing.Tree`. kind: str. items: list of `Item`.
        fraction: float, share of "test" in a folder without splits; None is `FRACTION`.

    Returns:
        (list of `Item`, whether the splits are by hash). By hash, a class has training images
        in any case, and there is no split "test" if it would lack one of two domains.

    Raises:
        ZooError: the folder has splits but no training images, or splits and `fraction` was given.
    """
    if any(item.split is not None for item in items):
        _check_own(tree, sorted({item.split for item in items}), fraction)
        return items, False
    fraction = FRACTION if fraction is None else fraction

    def split(item):
        name = posixpath.splitext(item.place)[0] if kind == "pairs" else item.place
        return "test" if is_held_out(name, fraction) else "train"

    result = [dataclasses.replace(item, split=split(item)) for item in items]
    kept = {item.group for item in result if item.split == "train"}
    if kind == "domains":
        held_out = {item.group for item in result if item.split == "test"} & kept
        kept = kept if len(held_out) == 2 else set()
    return [
        i if i.group in kept else dataclasses.replace(i, split="train") for i in result
    ], True


def _check_own(tree, names, fraction):
    found = f"{tree.describe()}: found the split{'s' if names[1:] else ''} {', '.join(names)}"
    if "train" not in names:
        raise ZooError(f"{found}; expected train among them. Rename a folder, or leave the "
                       "folders of splits out.")
    if fraction is not None:
        raise ZooError(
            f"{found}, so --test_fraction={fraction:g} would have no effect; it is accepted for a "
            "folder without splits. Leave it out to keep these splits."
        )
