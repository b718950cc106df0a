"""Where the `metadata.jsonl` of captioned images lies in a folder or .zip file."""

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
    """Where the `metadata.jsonl` of a split lies.

    Returns:
        `Place` of its folder.

    Raises:
        MissingSplit, ZooError: as `split_place`; also where the metadata of the whole set lies
            beside splits.
    """
    asked = canonical_split(split)
    folders = [
        posixpath.dirname(name) for name in tree.files() if posixpath.basename(name) == METADATA
    ]
    own = [folder for folder in folders if folder and posixpath.basename(folder) == asked]
    if asked not in (None, *SPLITS) and len(own) == 1:
        return Place(own[0], asked)
    if not folders:
        raise ZooError(
            f"{tree.describe()}: expected {CAPTIONS} (one JSON object a line with "
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
            f"{tree.describe()}: found {', '.join(names[:4])}{more}, so that it is not clear which "
            f"one is meant; accepted are {CAPTIONS}. Give the folder of one, or remove the others."
        )
    if None in found:
        _check_undivided(tree, folders[0])
    else:
        _check_described(tree, levels.pop(), asked, found)
    split, folder = choose_split(tree, asked, found, CAPTIONS)
    return Place(folder, split)


def _check_undivided(tree, folder):
    """Metadata of a whole set must not lie beside folders of splits."""
    splits = [
        name for name in filled(tree, folder) if split_of(name)
    ]
    if splits and (len(splits) > 1 or split_of(splits[0]) != "train"):
        raise ZooError(
            f"{tree.describe(posixpath.join(folder, METADATA))}: lies beside the folders "
            f"{shown(', '.join(splits))}, so that it is not clear whether it describes one set or "
            f"several splits; accepted are {CAPTIONS}."
        )


def _check_described(tree, level, asked, found):
    """A split whose folder holds images must have its metadata."""
    for folder in splits_at(tree, level).get(asked, []):
        if asked not in found and tree.images(folder):
            raise ZooError(
                f"{tree.describe(folder)}: this split holds images but no {METADATA}; accepted "
                f"are {CAPTIONS}."
            )
