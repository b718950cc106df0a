"""The content of a folder: captions, classes, pairs or two domains, and the images of each.

`find_kind` names the only possible reading. Two possible readings are an error that names both, and
`items_of` reads the folder as the kind that the user gives.
"""

import dataclasses
import io
import posixpath

from zoo.data.sources.class_layout import class_place
from zoo.data.sources.domain_layouts import domain_place, layouts, pair_names, side_by_side_problem
from zoo.data.sources.layouts import contents, filled, split_of, split_place
from zoo.errors import MissingSplit, ZooError, check_choice
from zoo.listing import shown
from zoo.preparation.caption_files import FORMS, caption_files, read_captions

KINDS = ("captions", "classes", "pairs", "domains")
SPLITS = ("train", "val", "test")
AB = ("A", "B")
WIDE = 1.6  # least width of two images side by side, in heights
PROBED = 20  # images whose size tells two images side by side
WORDS = {
    "captions": "images with captions", "classes": "one folder of images per class",
    "pairs": "pairs of images", "domains": "two unpaired folders of images",
}


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


def find_kind(tree, kind=None):
    """The kind of a folder's content.

    Args:
        tree: `zoo.listing.Tree`.
        kind: one of `KINDS`, or None to find it.

    Returns:
        (kind, sentence that says what was found).

    Raises:
        ZooError: two readings are possible, or none; the message shows what was found.
    """
    if kind is not None:
        check_choice("--kind", kind, KINDS)
        return kind, f"read as {WORDS[kind]}, as requested"
    if not tree.images():
        raise ZooError(f"{tree.describe()}: found no images.")
    possible = {name: why for name in KINDS if (why := _PROBES[name](tree))}
    if len(possible) == 1:
        (kind, why), = possible.items()
        return kind, f"{WORDS[kind]}: {why}"
    found = contents(tree, tree.roots[-1])
    if possible:
        readings = " or ".join(f"{WORDS[k]} ({why})" for k, why in possible.items())
        kinds = " or ".join(f"--kind={k}" for k in possible)
        raise ZooError(
            f"{tree.describe()}: found {found}, which may be {readings}: say which with {kinds}."
        )
    raise ZooError(
        f"{tree.describe()}: found {found}, which is none of the accepted: images with captions "
        f"({FORMS}); one folder per class; pairs or two domains in folders A and B, or side by "
        "side in one image."
    )


def items_of(tree, kind):
    """The images of a folder read as `kind`.

    Returns:
        (list of `Item`, list of str, problems of single images).

    Raises:
        ZooError: the folder has no such layout.
    """
    return _READERS[kind](tree)


# --- what may be there ----------------------------------------------------------------------------


def _may_be_captions(tree):
    found = caption_files(tree)
    names = sorted({posixpath.basename(names[0]) if not form.startswith("a ") else form
                    for form, names in found.items()})
    return " and ".join(names)


def _may_be_classes(tree):
    names = [] if _named_sides(tree) else filled(tree, _levels(tree)[0])
    return f"{len(names)} folders, such as {shown(names[0])}" if len(names) >= 2 else ""


def _may_be_pairs(tree):
    if sides := _sides(tree):
        same = sum(len(pair_names(tree, a, b)[0]) for a, b, _ in sides)
        return f"{same} images have the same name in {_two(sides)}" if same else ""
    if not any(side_by_side_problem(tree, p) for p in _places(tree)) and _wide(tree):
        return "each image is wide enough for two side by side"
    return ""


def _may_be_domains(tree):
    sides = _sides(tree)
    return f"the folders {_two(sides)}" if sides else ""


def _two(sides):
    return f"{shown(sides[0][0])} and {shown(sides[0][1])}"


_PROBES = {"captions": _may_be_captions, "classes": _may_be_classes, "pairs": _may_be_pairs,
           "domains": _may_be_domains}


def _levels(tree):
    """The folders whose content may be the data set: those of splits, or else the real root."""
    for level in tree.roots:
        if splits := [name for name in filled(tree, level) if split_of(name)]:
            return [posixpath.join(level, name) for name in splits]
    return [tree.roots[-1]]


def _sides(tree):
    """[(folder of A, folder of B, split)] of folders A and B, or of any two folders of images
    without images next to them; empty for other layouts."""
    if sides := _named_sides(tree):
        return sides
    levels = _levels(tree)
    names = filled(tree, levels[0])
    if len(names) != 2 or any(split_of(name) for name in names) or any(
        filled(tree, level) != names or tree.images(level, recursive=False) for level in levels
    ):
        return []
    return _of_splits(lambda split: domain_place(tree, split, names, layouts(*names)))


def _named_sides(tree):
    return _of_splits(lambda split: domain_place(tree, split, AB, layouts(*AB)))


def _places(tree):
    return _of_splits(lambda split: split_place(tree, split, "pairs"))


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


def _wide(tree):
    """Whether the first images are at least `WIDE` times as wide as high, with an even width."""
    from PIL import Image

    for name in tree.images()[:PROBED]:
        try:
            with Image.open(io.BytesIO(tree.bytes(name))) as image:
                width, height = image.size
        except Exception:  # damaged, which the check of all images says
            continue
        if width % 2 or width < WIDE * height:
            return False
    return True


# --- the images -----------------------------------------------------------------------------------


def _captions(tree):
    captions, problems, _ = read_captions(tree)
    items = []
    for name in tree.images():
        if name not in captions:
            continue
        split, place = _split_and_place(tree, name)
        items.append(Item(name, split, place, captions=tuple(captions[name])))
    missing = len(tree.images()) - len(captions)
    if missing > 0:
        first = next(name for name in tree.images() if name not in captions)
        problems.append(f"{missing} images have no caption, such as {shown(first)}.")
    return _with_one_form_of_splits(tree, items), problems


def _split_and_place(tree, name):
    """(split, name below it) of an image: the first folder that is named like a split."""
    parts = name.split("/")
    for index, part in enumerate(parts[:-1]):
        if split := split_of(part):
            return split, "/".join(parts[:index] + parts[index + 1:])
    root = tree.roots[-1]
    return None, name[len(root) + 1:] if root and name.startswith(f"{root}/") else name


def _with_one_form_of_splits(tree, items):
    if len({item.split is None for item in items}) > 1:
        loose = next(item.name for item in items if item.split is None)
        raise ZooError(
            f"{tree.describe()}: found folders of splits, and {shown(loose)} outside of them; "
            "expected all images in splits, or none."
        )
    return items


def _classes(tree):
    items = []
    for place, names in _of_splits(lambda split: class_place(tree, split)):
        for name in names:
            folder = posixpath.join(place.folder, name)
            items += [Item(image, place.split, image[len(folder) + 1:], name)
                      for image in tree.images(folder)]
    return items, []


def _pairs(tree):
    items, problems = [], []
    sides = _sides(tree)
    for a, b, split in sides:
        pairs, alone = pair_names(tree, a, b)
        problems += [f"{tree.describe(name)}: {problem}" for name, problem in alone]
        for pair in pairs:
            items += [Item(name, split, name[len(folder) + 1:], side)
                      for name, folder, side in zip(pair, (a, b), AB, strict=True)]
    if sides:
        return items, problems
    for place in _places(tree):
        if problem := side_by_side_problem(tree, place):
            raise ZooError(f"{tree.describe()}: no pairs: {problem}; accepted are {layouts(*AB)}.")
        start = len(place.folder) + 1 if place.folder else 0
        items += [Item(name, place.split, name[start:]) for name in tree.images(place.folder)]
    return items, problems


def _domains(tree):
    sides = _sides(tree)
    if not sides:
        raise ZooError(
            f"{tree.describe()}: expected two folders of images for two domains, found "
            f"{contents(tree, tree.roots[-1])}."
        )
    return [
        Item(name, split, name[len(folder) + 1:], side)
        for a, b, split in sides for folder, side in zip((a, b), AB, strict=True)
        for name in tree.images(folder)
    ], []


_READERS = {"captions": _captions, "classes": _classes, "pairs": _pairs, "domains": _domains}
