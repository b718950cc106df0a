"""Where the images of a split lie in a folder or .zip file.

Nothing is guessed. What has two readings, or is no known layout, is an error that shows what was
found and what is accepted. Class folders, captions, and two domains (or the sides of pairs) have
modules of their own.
"""

import dataclasses
import posixpath

from zoo.errors import MissingSplit, ZooError
from zoo.listing import in_one_form, shown

SPLITS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
WORDS = {word: split for split, words in SPLITS.items() for word in words}


@dataclasses.dataclass(frozen=True)
class Place:
    """A folder of a tree, and the split that it is: None of a set without splits."""

    folder: str
    split: str | None


def split_of(name):
    """ "train", "val" or "test" for the name of a folder that means this split, else None."""
    return WORDS.get(name.casefold())


def canonical_split(split):
    """The canonical name of a split that a caller asks for; None where none is."""
    if split is None or split == "":
        return None
    if not isinstance(split, str):
        raise ZooError(f'split must be a name such as "train" or "test", but got {split!r}.')
    return split_of(split) or in_one_form(split)


def choose_split(tree, asked, found, accepted):
    """The one of the found splits that is asked for.

    Args:
        asked: as `canonical_split` gives it.
        found: dict of canonical name -> list of what was found for it; `None` as name stands for a
            set without splits.
        accepted: str, the accepted layouts, for messages.

    Returns:
        (canonical name or None, what was found for it).

    Raises:
        MissingSplit: it is not among them.
        ZooError: two candidates for one split, or no split was named where there are some.
    """
    for split, places in found.items():
        if len(places) > 1:
            names = " and ".join(f'"{shown(place)}"' for place in places)
            raise ZooError(
                f"{tree.describe()}: {names} are two folders for "
                f"{'one set' if split is None else f'the split {split}'}; expected one. "
                "Rename or remove the other."
            )
    if None in found and len(found) > 1:
        raise ZooError(
            f"{tree.describe()}: found {_places(found)}, which are one set without splits beside "
            f"splits; expected one of the two: {accepted}."
        )
    if None in found:
        if asked not in (None, "train"):
            raise MissingSplit(
                f'{tree.describe()}: there is no split "{asked}": all images are one set, which '
                'is read with split="train"; expected a folder '
                f'"{asked}" for this split.'
            )
        return None, found[None][0]
    if asked is None:
        raise ZooError(
            f'{tree.describe()}: found the splits {", ".join(found)}; name one, such as '
            f'split="{next(iter(found))}".'
        )
    if asked not in found:
        raise MissingSplit(
            f'{tree.describe()}: there is no split "{asked}", but found {", ".join(found)}; '
            f"accepted are {accepted}."
        )
    return asked, found[asked][0]


def _places(found):
    return ", ".join(f'"{shown(place)}"' for places in found.values() for place in places)


def splits_at(tree, level):
    """The folders of splits directly in `level`: canonical name -> list of folders."""
    found = {}
    for name in tree.folders(level):
        if split := split_of(name):
            found.setdefault(split, []).append(posixpath.join(level, name))
    return found


def split_place(tree, split, accepted):
    """The folder of a split, or the real root of a set without splits.

    Args:
        tree: `zoo.listing.Tree`.
        split: str or None, as a source's argument.
        accepted: str, the accepted layouts, for messages.

    Returns:
        `Place`.

    Raises:
        MissingSplit: the tree has other splits, or none and one but "train" is asked for.
        ZooError: no images, two folders for one split, folders with images beside those of the
            splits, an empty split, or no split was named where there are some.
    """
    asked = canonical_split(split)
    if not tree.images():
        raise ZooError(f"{tree.describe()}: found no images; accepted are {accepted}.")
    for level in tree.roots:
        if asked and asked not in SPLITS and asked in tree.folders(level):
            return Place(posixpath.join(level, asked), asked)
        found = splits_at(tree, level)
        if any(tree.images(folder) for folders in found.values() for folder in folders):
            _check_alone(tree, level, found, accepted)
            split, folder = choose_split(tree, asked, found, accepted)
            if not tree.images(folder):
                raise ZooError(f"{tree.describe(folder)}: this split holds no images.")
            return Place(folder, split)
    choose_split(tree, asked, {None: [tree.roots[-1]]}, accepted)
    return Place(tree.roots[-1], None)


def _check_alone(tree, level, found, accepted):
    """Folders of splits must have no folders with images beside them."""
    if others := [name for name in filled(tree, level) if not split_of(name)]:
        splits = ", ".join(name for name in tree.folders(level) if split_of(name))
        raise ZooError(
            f"{tree.describe(level)}: found {shown(splits)} by the name of a split, and "
            f"{shown(', '.join(others[:5]))} with images beside it; accepted are {accepted}. Move "
            "the others away, or rename them."
        )


def filled(tree, folder):
    """Names of the folders in `folder` that hold images, also deeper ones."""
    return [name for name in tree.folders(folder) if tree.images(posixpath.join(folder, name))]


def contents(tree, folder=""):
    """What a folder holds, in words: its images, and its folders with theirs."""
    own = len(tree.images(folder, recursive=False))
    counted = [(n, len(tree.images(posixpath.join(folder, n)))) for n in tree.folders(folder)]
    parts = [f"{_images(own)} directly there"] if own else []
    parts += [f"{shown(name)}/ ({_images(count)})" for name, count in counted[:6]]
    parts += [f"{len(counted) - 6} more folders"] if len(counted) > 6 else []
    return ", ".join(parts) or "no images"


def _images(count):
    return f"{count} image{'' if count == 1 else 's'}"
