"""Finds the separate folders of two domains, or of the two sides of pairs: A and B.

For a split and the domains A and B, whose names are compared case-insensitively, these are
accepted: `trainA` and `trainB` (also `train_A`, `train-A`), `train/A` and `train/B`, `A/train` and
`B/train`; and `A` and `B` in a data set without splits.
"""

import posixpath

from zoo.data.sources.layouts import (
    SPLITS,
    WORDS,
    canonical_split,
    choose_split,
    contents,
    filled,
    split_of,
)
from zoo.errors import ZooError
from zoo.listing import shown


def layouts(a, b):
    """The accepted layouts of two folders, in words."""
    return (
        f"train{a}/ and train{b}/, train/{a}/ and train/{b}/, or {a}/train/ and {b}/train/, with "
        f"test and val like train; or {a}/ and {b}/ without splits"
    )


def domain_place(tree, split, domains, accepted, alone=False):
    """Finds the two folders of a split.

    Args:
        tree: `zoo.listing.Tree`.
        split: str or None, as a source's argument.
        domains: two names.
        accepted: str, the accepted layouts, for messages.
        alone: bool. True refuses images outside of the two domains, except for a single one next
            to them. So do the names A and B, which are the default and not a caller's choice of two
            among several folders.

    Returns:
        (folder of A, folder of B, canonical split or None for a data set without splits), or None
        if there is no folder of either domain.

    Raises:
        MissingSplit: there are other splits; or there are none, and the split is not "train".
        ZooError: one domain without the other, two folders for one domain, or some folders of
            splits that have the domains and others that do not; or images outside of the domains.
    """
    requested = canonical_split(split)
    for level in tree.roots:
        found = _found_at(tree, level, domains, requested)
        if not found:
            continue
        for name, sides in found.items():
            _check_sides(tree, level, domains, name, sides, accepted)
        by_default = {domain.casefold() for domain in domains} == {"a", "b"}
        _check_rest(tree, level, found, accepted, alone or by_default)
        pairs = {name: [tuple(side[0] for side in sides)] for name, sides in found.items()}
        names = {name: [" and ".join(pairs[name][0])] for name in pairs}
        chosen, _ = choose_split(tree, requested, names, accepted)
        return *pairs[chosen][0], chosen
    return None


def _found_at(tree, level, domains, requested):
    """dict of split (None for no split) to (folders of A, folders of B), in all layouts."""
    keys = [domain.casefold() for domain in domains]
    words = dict(WORDS)
    if requested and requested not in SPLITS:
        words[requested.casefold()] = requested
    joined = {
        f"{word}{mark}{domain}": (split, side)
        for word, split in words.items() for mark in ("", "_", "-", " ")
        for side, domain in enumerate(keys)
    }
    found = {}

    def note(split, side, *parts):
        found.setdefault(split, ([], []))[side].append(posixpath.join(level, *parts))

    for name in tree.folders(level):
        key = name.casefold()
        inner = tree.folders(posixpath.join(level, name))
        if key in keys:
            splits = [(words[n.casefold()], n) for n in inner if n.casefold() in words]
            for split, n in splits:
                note(split, keys.index(key), name, n)
            if not splits or tree.images(posixpath.join(level, name), recursive=False):
                note(None, keys.index(key), name)
        elif key in joined:
            note(*joined[key], name)
        elif key in words:
            for n in inner:
                if n.casefold() in keys:
                    note(words[key], keys.index(n.casefold()), name, n)
    return found


def _check_sides(tree, level, domains, split, sides, accepted):
    for domain, other, folders in zip(domains, domains[::-1], sides, strict=True):
        what = f"{domain} of the split {split}" if split else domain
        if not folders:
            partner = sides[1 - domains.index(domain)]
            raise ZooError(
                f"{tree.describe(level)}: found {shown(partner[0])} for {other}, but no folder for "
                f"{what}; accepted are {accepted}."
            )
        if len(folders) > 1:
            raise ZooError(
                f"{tree.describe(level)}: {shown(folders[0])} and {shown(folders[1])} are two "
                f"folders for {what}; expected one. Rename or remove the other."
            )


def _check_rest(tree, level, found, accepted, alone):
    """Raises if images outside of the domains make the layout ambiguous."""
    sides = [side for both in found.values() for folders in both for side in folders]
    rest = [name for name in tree.images(level)
            if not name.startswith(tuple(f"{side}/" for side in sides))]
    start = len(level) + 1 if level else 0
    with_domains = {side[start:].split("/")[0] for side in sides}
    tops = {name: name[start:].split("/")[0] for name in rest}
    outside = [name for name, top in tops.items() if split_of(top) and top not in with_domains]
    if alone:
        around = {level, *(posixpath.dirname(side) for side in sides)}
        elsewhere = [name for name in rest if posixpath.dirname(name) not in around]
        outside = elsewhere or (rest if len(rest) > 1 else [])
    if outside:
        raise ZooError(
            f"{tree.describe(level)}: {shown(outside[0])} is in neither of the two domains (found "
            f"{contents(tree, level)}); accepted are {accepted}. Move images that belong to "
            "neither domain away."
        )


def pair_names(tree, a, b):
    """Pairs the images of two folders by name, ignoring the extension.

    Returns:
        (list of (name in A, name in B), list of (name, problem) of images without a partner).

    Raises:
        ZooError: two images in one folder whose names differ only in the extension.
    """
    first, second = (_stems(tree, folder) for folder in (a, b))
    pairs = [(first[stem], second[stem]) for stem in sorted(first.keys() & second.keys())]
    alone = [(first[stem], b, stem) for stem in first.keys() - second.keys()]
    alone += [(second[stem], a, stem) for stem in second.keys() - first.keys()]
    problems = [
        (name, f'no partner: expected an image "{shown(stem)}" in {tree.describe(folder)}.')
        for name, folder, stem in sorted(alone)
    ]
    return pairs, problems


def _stems(tree, folder):
    stems = {}
    for name in tree.images(folder):
        stem = posixpath.splitext(name[len(folder) + 1 :])[0]
        if stem in stems:
            raise ZooError(
                f"{tree.describe(name)}: its name differs from "
                f"{shown(posixpath.basename(stems[stem]))} next to it only in the extension, so it "
                "is ambiguous which one belongs to the pair; remove or rename one."
            )
        stems[stem] = name
    return stems


def wide_enough(width, height):
    """Whether an image is wide enough to be A and B side by side: at least 1.6 times its height."""
    return 5 * width >= 8 * height


def side_by_side_problem(tree, place):
    """A sentence that says why the images of a `Place` are not A and B side by side, or None."""
    folder = place.folder
    if filled(tree, folder):
        return f"found {contents(tree, folder)}, but images side by side are all in one folder"
    last = posixpath.basename(folder or tree.path.rstrip("/")).casefold()
    if last in ("a", "b") or any(last == word + side for word in WORDS for side in "ab"):
        return f"the folder {shown(last)} looks like one side of pairs; give the folder above it"
    return None
