"""Finds the `metadata.jsonl` of captioned images in a folder or .zip file."""

import posixpath

from zoo.data.sources.layouts import (
    SPLITS,
    Place,
    canonical_split,
    choose_split,
    contents,
    filled,
    split_of,
    splits_at,
)
from zoo.errors import ZooError
from zoo.listing import METADATA, shown

CAPTIONS = (
    f"train/{METADATA}, with test/ and val/ like train/; or {METADATA} directly in the folder "
    "without splits"
)


def metadata_place(tree, split):
    """Finds the `metadata.jsonl` of a split.

    Returns:
        `Place` of its folder.

    Raises:
        MissingSplit, ZooError: as `split_place`; also if there are both metadata of the whole data
            set and splits.
    """
    requested = canonical_split(split)
    folders = [
        posixpath.dirname(name) for name in tree.files() if posixpath.basename(name) == METADATA
    ]
    named = [folder for folder in folders if folder and posixpath.basename(folder) == requested]
    if requested not in (None, *SPLITS) and len(named) == 1:
        return Place(named[0], requested)
    if not folders:
        raise ZooError(
            f"{tree.describe()}: expected {CAPTIONS} (one JSON object per line with "
            f'"file_name" and "text"), but found no {METADATA} (found '
            f"{contents(tree, tree.roots[-1])})."
        )
    found = {}
    for folder in folders:
        found.setdefault(split_of(posixpath.basename(folder)), []).append(folder)
    levels = {posixpath.dirname(folder) for folder in folders}
    if len(folders) > 1 and (None in found or len(levels) > 1):
        names = [shown(posixpath.join(folder, METADATA)) for folder in folders]
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        raise ZooError(
            f"{tree.describe()}: found {', '.join(names[:4])}{more}, so it is ambiguous which "
            f"one is meant; accepted are {CAPTIONS}. Give the folder of one, or remove the others."
        )
    if None in found:
        _check_undivided(tree, folders[0])
    else:
        _check_described(tree, levels.pop(), requested, found)
    split, folder = choose_split(tree, requested, found, CAPTIONS)
    return Place(folder, split)


def _check_undivided(tree, folder):
    """Metadata of a whole data set must not be next to folders of splits."""
    splits = [
        name for name in filled(tree, folder) if split_of(name)
    ]
    if splits and (len(splits) > 1 or split_of(splits[0]) != "train"):
        raise ZooError(
            f"{tree.describe(posixpath.join(folder, METADATA))}: it is next to the folders "
            f"{shown(', '.join(splits))}, so it is ambiguous whether it describes one data set or "
            f"several splits; accepted are {CAPTIONS}."
        )


def _check_described(tree, level, requested, found):
    """A split whose folder has images must have metadata."""
    for folder in splits_at(tree, level).get(requested, []):
        if requested not in found and tree.images(folder):
            raise ZooError(
                f"{tree.describe(folder)}: this split has images but no {METADATA}; accepted "
                f"are {CAPTIONS}."
            )
