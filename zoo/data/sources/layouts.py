"""Finds the images of a split in a folder or .zip file.

Nothing is guessed: an ambiguous or unknown layout is an error that shows what was found and what is
accepted. Class folders, captions, and two domains (or the sides of pairs) have separate modules.
"""

import dataclasses
import posixpath
import re

from zoo.errors import MissingSplit, ZooError
from zoo.listing import in_one_form, shown

SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
WORDS = {word: split for split, words in SPLITS.items() for word in words}
_LIKE_SPLIT = re.compile(rf"({'|'.join(sorted(WORDS, reverse=True))})([^a-z].*|[ab])?", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Place:
    """A folder of a tree, and its split: None for a data set without splits."""

    folder: str
    split: str | None


def split_of(name):
    """The split ("train", "val" or "test") that the name of a folder means, or None."""
    return WORDS.get(name.casefold())


def like_split(name):
    """The split that the name of a folder may mean, such as "train2017" or "test_a", or None."""
    match = _LIKE_SPLIT.fullmatch(name.casefold())
    return WORDS[match[1]] if match else None


def canonical_split(split):
    """The canonical name of the split that a caller requests, or None."""
    if split is None or split == "":
        return None
    if not isinstance(split, str):
        raise ZooError(f'split must be a name such as "train" or "test", got {split!r}.')
    return split_of(split) or in_one_form(split)


def choose_split(tree, requested, found, accepted):
    """Selects the requested split among those that exist.

    Args:
        requested: the result of `canonical_split`.
        found: dict of canonical name to list of candidates; the name None means a data set without
            splits.
        accepted: str, the accepted layouts, for messages.

    Returns:
        (canonical name or None, its candidate).

    Raises:
        MissingSplit: the requested split does not exist.
        ZooError: two candidates for one split, or no split was requested although there are some.
    """
    for split, places in found.items():
        if len(places) > 1:
            names = " and ".join(f'"{shown(place)}"' for place in places)
            raise ZooError(
                f"{tree.describe()}: {names} are two folders for "
                f"{'one data set' if split is None else f'the split {split}'}; expected one. "
                "Rename or remove the other."
            )
    if None in found and len(found) > 1:
        raise ZooError(
            f"{tree.describe()}: found {_places(found)}, which are both a data set without splits "
            f"and splits; expected one of the two: {accepted}."
        )
    if None in found:
        if requested not in (None, "train"):
            raise MissingSplit(
                f'{tree.describe()}: there is no split "{requested}": all images are one data set, '
                'which is read with split="train"; expected a folder '
                f'"{requested}" for this split.'
            )
        return None, found[None][0]
    if requested is None:
        raise ZooError(
            f'{tree.describe()}: found the splits {", ".join(found)}; name one, such as '
            f'split="{next(iter(found))}".'
        )
    if requested not in found:
        raise MissingSplit(
            f'{tree.describe()}: there is no split "{requested}", but found {", ".join(found)}; '
            f"accepted are {accepted}."
        )
    return requested, found[requested][0]


def _places(found):
    return ", ".join(f'"{shown(place)}"' for places in found.values() for place in places)


def splits_at(tree, level):
    """The folders of splits directly in `level`: dict of canonical name to list of folders."""
    found = {}
    for name in tree.folders(level):
        if split := split_of(name):
            found.setdefault(split, []).append(posixpath.join(level, name))
    return found


def split_place(tree, split, accepted):
    """The folder of a split, or the real root of a data set without splits.

    Args:
        tree: `zoo.listing.Tree`.
        split: str or None, as a source's argument.
        accepted: str, the accepted layouts, for messages.

    Returns:
        `Place`.

    Raises:
        MissingSplit: the tree has other splits; or it has none, and the split is not "train".
        ZooError: no images, two folders for one split, other folders with images next to those of
            the splits, an empty split, or no split was requested although there are some.
    """
    requested = canonical_split(split)
    if not tree.images():
        raise ZooError(f"{tree.describe()}: found no images; accepted are {accepted}.")
    for level in tree.roots:
        if requested and requested not in SPLITS and requested in tree.folders(level):
            return Place(posixpath.join(level, requested), requested)
        found = splits_at(tree, level)
        if any(tree.images(folder) for folders in found.values() for folder in folders):
            _check_alone(tree, level, found, accepted)
            split, folder = choose_split(tree, requested, found, accepted)
            if not tree.images(folder):
                raise ZooError(f"{tree.describe(folder)}: this split has no images.")
            return Place(folder, split)
    choose_split(tree, requested, {None: [tree.roots[-1]]}, accepted)
    return Place(tree.roots[-1], None)


def _check_alone(tree, level, found, accepted):
    """Raises if there are other folders with images next to the folders of splits."""
    if others := [name for name in filled(tree, level) if not split_of(name)]:
        splits = ", ".join(name for name in tree.folders(level) if split_of(name))
        raise ZooError(
            f"{tree.describe(level)}: found {shown(splits)}, the name of a split, and next to it "
            f"{shown(', '.join(others[:5]))} with images; accepted are {accepted}. Move the "
            "others away, or rename them."
        )


def filled(tree, folder):
    """Names of the folders in `folder` that contain images, directly or deeper."""
    return [name for name in tree.folders(folder) if tree.images(posixpath.join(folder, name))]


def contents(tree, folder=""):
    """The content of a folder in words: the numbers of images in it and in its folders."""
    direct = len(tree.images(folder, recursive=False))
    counts = [(n, len(tree.images(posixpath.join(folder, n)))) for n in tree.folders(folder)]
    parts = [f"{_images(direct)} directly there"] if direct else []
    parts += [f"{shown(name)}/ ({_images(count)})" for name, count in counts[:6]]
    parts += [f"{len(counts) - 6} more folders"] if len(counts) > 6 else []
    return ", ".join(parts) or "no images"


def _images(count):
    return f"{count} image{'' if count == 1 else 's'}"
