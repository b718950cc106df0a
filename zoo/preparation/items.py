"""Reads a folder as one kind: the images, and the split, class or side and captions of each."""

import dataclasses
import posixpath

from zoo.data.sources.class_layout import class_place
from zoo.data.sources.domain_layouts import domain_place, layouts, pair_names, side_by_side_problem
from zoo.data.sources.layouts import contents, filled, like_split, split_of, split_place
from zoo.errors import MissingSplit, ZooError
from zoo.listing import EMBEDDINGS, shown
from zoo.preparation.caption_files import caption_files, read_captions, splits_in
from zoo.preparation.own_files import images_of

SPLITS = ("train", "val", "test")
AB = ("A", "B")
_SPLIT_FOLDERS = "folders train, val and test, or no such folders"


@dataclasses.dataclass(frozen=True)
class Item:
    """An image of a data set.

    Attributes:
        name: str, its name in the tree.
        split: "train", "val", "test", or None in a data set without splits.
        place: str, its name below its split, class or side.
        group: str, its class, "A" or "B" of two folders, or "".
        captions: tuple of str.
    """

    name: str
    split: str | None
    place: str
    group: str = ""
    captions: tuple = ()


def items_of(tree, kind):
    """The images of a folder read as `kind`.

    Args:
        tree: `zoo.listing.Tree`.
        kind: "captions", "classes", "pairs" or "domains".

    Returns:
        (list of `Item`, list of str, problems of single images).

    Raises:
        ZooError: the folder has another layout, or images that would have no place in the result.
    """
    return _READERS[kind](tree)


def are_halves(kind, items):
    """Whether images are A and B side by side."""
    return kind == "pairs" and not any(item.group for item in items)


# --- where the images are -------------------------------------------------------------------------


def levels(tree):
    """The folders whose content may be the data set: those of splits, or else the real root."""
    for level in tree.roots:
        if splits := [name for name in filled(tree, level) if split_of(name)]:
            return [posixpath.join(level, name) for name in splits]
    return [tree.roots[-1]]


def folder_names(tree):
    """Sorted names of the folders with images in the folders of splits, or in the real root."""
    return sorted({name for level in levels(tree) for name in filled(tree, level)})


def sides_of(tree):
    """[(folder of A, folder of B, split)] of folders A and B, or of any two folders of images
    without images next to them; empty for other layouts.

    Raises:
        ZooError: A without B, or other images next to them.
    """
    if sides := _sides(tree, AB):
        return sides
    names, folders = folder_names(tree), levels(tree)
    if len(names) != 2 or any(like_split(name) for name in names) or any(
        filled(tree, level) != names or tree.images(level, recursive=False) for level in folders
    ):
        return []
    return _sides(tree, names)


def _sides(tree, names):
    def find(split):
        return domain_place(tree, split, names, layouts(*names), alone=True)

    return _of_splits(find)


def places_of(tree):
    """The `Place` of each split, or that of a data set without splits."""
    return _of_splits(lambda split: split_place(tree, split, _SPLIT_FOLDERS))


def _of_splits(find):
    """The results of `find(split)` of the splits that exist, or of a data set without splits."""
    found = []
    for split in SPLITS:
        try:
            result = find(split)
        except MissingSplit:
            continue
        if result is None:
            return []
        found.append(result)
    return found


# --- captions -------------------------------------------------------------------------------------


def _captions(tree):
    if stored := [name for name in tree.files() if posixpath.basename(name) == EMBEDDINGS]:
        raise ZooError(
            f"{tree.describe(stored[0])}: its rows belong to the lines of the captions and would "
            "be lost; expected images and captions alone. Move it away, or train on this folder "
            'without preparing it (docs/data.md, "Precomputed sentence embeddings").'
        )
    captions, problems, _ = read_captions(tree)
    images = images_of(tree)
    items = []
    for name in images:
        if name in captions:
            split, place = _split_and_place(tree, name)
            items.append(Item(name, split, place, captions=tuple(captions[name])))
    if missing := [name for name in images if name not in captions]:
        problems.append(f"{len(missing)} images have no caption, such as {shown(missing[0])}.")
    if len({item.split is None for item in items}) > 1:
        loose = next(item.name for item in items if item.split is None)
        raise ZooError(
            f"{tree.describe()}: found folders of splits, and {shown(loose)} outside of them; "
            "expected all images in splits, or none."
        )
    if not any(item.split for item in items):
        _check_no_splits(tree)
    return items, problems


def _check_no_splits(tree):
    """Raises `ZooError` if the files of captions are those of several splits."""
    files = caption_files(tree).get("json", ())
    named = {name: splits_in(posixpath.basename(name)) for name in files}
    splits = sorted(set().union(*named.values()))
    if len(splits) > 1:
        shown_files = " and ".join(shown(name) for name in files if named[name])
        raise ZooError(
            f"{tree.describe()}: the captions in {shown_files} are of the splits "
            f"{' and '.join(splits)}, but the images are not in folders of splits; expected the "
            f"images in folders {' and '.join(splits)}, or captions without the name of a split."
        )


def _split_and_place(tree, name):
    """(split, name below it) of an image: the first folder that is named like a split."""
    parts = name.split("/")
    for index, part in enumerate(parts[:-1]):
        if split := split_of(part):
            return split, "/".join(parts[:index] + parts[index + 1:])
    if part := next((part for part in parts[:-1] if like_split(part)), None):
        raise ZooError(
            f"{tree.describe()}: the folder {shown(part)} looks like a split; expected "
            f"{_SPLIT_FOLDERS}. Rename it to {like_split(part)}, or, if it is no split, to "
            "something else."
        )
    root = tree.roots[-1]
    return None, name[len(root) + 1:] if root and name.startswith(f"{root}/") else name


# --- classes, pairs, domains ----------------------------------------------------------------------


def _classes(tree):
    items = []
    for place, names in _of_splits(lambda split: class_place(tree, split)):
        for name in names:
            folder = posixpath.join(place.folder, name)
            images = _some_images(tree, folder, "of this class")
            items += [Item(image, place.split, image[len(folder) + 1:], name) for image in images]
    return items, []


def _pairs(tree):
    items, problems = [], []
    sides = sides_of(tree)
    for a, b, split in sides:
        pairs, alone = pair_names(tree, a, b)
        problems += [f"{tree.describe(name)}: {problem}" for name, problem in alone]
        if not pairs:
            raise ZooError(
                f"{tree.describe()}: {shown(a)} and {shown(b)} have no two images of the same name "
                f"({contents(tree)}); expected pairs. Rename the images, or read the folders as "
                "unpaired with --kind=domains."
            )
        for pair in pairs:
            items += [Item(name, split, name[len(folder) + 1:], side)
                      for name, folder, side in zip(pair, (a, b), AB, strict=True)]
    if sides:
        return items, problems
    for place in places_of(tree):
        if problem := side_by_side_problem(tree, place):
            raise ZooError(f"{tree.describe()}: no pairs: {problem}; accepted are {layouts(*AB)}.")
        start = len(place.folder) + 1 if place.folder else 0
        images = set(tree.images(place.folder))
        items += [Item(name, place.split, name[start:]) for name in images_of(tree)
                  if name in images]
    return items, problems


def _domains(tree):
    sides = sides_of(tree)
    if not sides:
        raise ZooError(
            f"{tree.describe()}: expected two folders of images for two domains, found "
            f"{contents(tree, tree.roots[-1])}."
        )
    return [
        Item(name, split, name[len(folder) + 1:], side)
        for a, b, split in sides for folder, side in zip((a, b), AB, strict=True)
        for name in _some_images(tree, folder, "of this domain")
    ], []


def _some_images(tree, folder, what):
    """The images of a folder, which training refuses if there is none."""
    if images := tree.images(folder):
        return images
    raise ZooError(
        f"{tree.describe(folder)}: found no image {what}; expected at least one. Add some, or "
        "remove the folder."
    )


_READERS = {"captions": _captions, "classes": _classes, "pairs": _pairs, "domains": _domains}
