"""The kind of a folder's content: captions, classes, pairs or two domains.

`find_kind` names the only possible reading. Two possible readings are an error that names both.
`zoo.preparation.items` reads the folder as the kind that was found, or that the user gives.
"""

import io

from zoo.data.sources.class_layout import CLASSES, looks_like_sides, name_problem
from zoo.data.sources.domain_layouts import pair_names, side_by_side_problem, wide_enough
from zoo.data.sources.layouts import contents
from zoo.errors import ZooError, check_choice
from zoo.listing import shown
from zoo.preparation.caption_files import FORMS, NEXT_TO, caption_files
from zoo.preparation.items import folder_names, places_of, sides_of
from zoo.preparation.own_files import check_folders, images_of

KINDS = ("captions", "classes", "pairs", "domains")
PROBED = 20  # images whose size suggests two images side by side; preparation checks all
WORDS = {
    "captions": "images with captions", "classes": "one folder of images per class",
    "pairs": "pairs of images", "domains": "two unpaired folders of images",
}


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
        return kind, f"{WORDS[kind]}, as requested"
    if not images_of(tree):
        raise ZooError(f"{tree.describe()}: found no images.")
    possible, refusals = {}, []
    for name in KINDS:
        try:
            if why := _PROBES[name](tree):
                possible[name] = why
        except ZooError as error:  # nearly this kind
            refusals.append(error)
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
    if refusals:
        raise refusals[-1]
    raise ZooError(
        f"{tree.describe()}: found {found}, which is none of the accepted: images with captions "
        f"({FORMS}); one folder per class; pairs or two domains in folders A and B, or side by "
        "side in one image."
    )


# Each probe returns the sign of its kind in words, or "", or raises the reason why a folder that is
# nearly of its kind is not.


def _may_be_captions(tree):
    return " and ".join(sorted(form if form == NEXT_TO else _listed(names)
                               for form, names in caption_files(tree).items()))


def _listed(names):
    """The first three names, and the number of the others."""
    more = f" and {len(names) - 3} more" if names[3:] else ""
    return ", ".join(map(shown, names[:3])) + more


def _may_be_classes(tree):
    check_folders(tree)
    names = folder_names(tree)
    if len(names) < 2:
        return ""
    if problem := name_problem(names):
        raise ZooError(
            f"{tree.describe()}: {problem} (found {contents(tree, tree.roots[-1])}); accepted are "
            f"{CLASSES}. Rename it."
        )
    return f"{len(names)} folders, such as {shown(names[0])}"


def _may_be_pairs(tree):
    if _beside_others(tree):
        return ""
    if sides := sides_of(tree):
        same = sum(len(pair_names(tree, a, b)[0]) for a, b, _ in sides)
        return f"{same} images have the same name in {_two(sides)}" if same else ""
    if any(side_by_side_problem(tree, p) for p in places_of(tree)):
        return ""
    sizes = _sizes(tree)
    if not sizes or any(width % 2 or not wide_enough(width, height) for width, height in sizes):
        return ""
    if all(19 * height <= 10 * width <= 21 * height for width, height in sizes):
        return "each image is wide enough for two side by side"
    width, height = sizes[0]
    raise ZooError(
        f"{tree.describe()}: found {contents(tree, tree.roots[-1])}, the first {width} x {height} "
        "pixels, which may be single photos, or pairs side by side, usually 2:1. Give --kind=pairs "
        f"for pairs, or add the captions of the photos: {FORMS}."
    )


def _may_be_domains(tree):
    check_folders(tree)
    if names := _beside_others(tree):
        return f"the folders A and B, with {shown(names[0])} next to them"
    sides = sides_of(tree)
    return f"the folders {_two(sides)}" if sides else ""


def _beside_others(tree):
    """The names of the other folders next to A and B, unless all are an alphabet."""
    names = folder_names(tree)
    others = [name for name in names if name.casefold() not in ("a", "b")]
    return others if looks_like_sides(names) else []


def _two(sides):
    return f"{shown(sides[0][0])} and {shown(sides[0][1])}"


_PROBES = {"captions": _may_be_captions, "classes": _may_be_classes, "pairs": _may_be_pairs,
           "domains": _may_be_domains}


def _sizes(tree):
    """[(width, height)] of the first images that can be opened."""
    from PIL import Image

    sizes = []
    for name in images_of(tree)[:PROBED]:
        try:
            with Image.open(io.BytesIO(tree.bytes(name))) as image:
                sizes.append(image.size)
        except Exception:  # damaged, which the check of all images says
            continue
    return sizes
