"""Where two domains lie, or the two sides of pairs: A and B in folders of their own.

Accepted are, for a split and the domains A and B, whose names are compared without case:
`trainA` and `trainB` (also `train_A`, `train-A`), `train/A` and `train/B`, `A/train` and `B/train`;
and `A` and `B` of a set without splits.
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
    """The two folders of a split.

    Args:
        tree: `zoo.listing.Tree`.
        split: str or None, as a source's argument.
        domains: two names.
        accepted: str, the accepted layouts, for messages.
        alone: bool. True refuses other folders with images beside the domains.

    Returns:
        (folder of A, folder of B, canonical split or None of a set without splits), or None where
        there is no folder of either domain.

    Raises:
        MissingSplit: there are other splits, or none and one but "train" is asked for.
        ZooError: one domain without the other, two folders for one domain, or folders of splits
            that do not hold the domains beside others that do.
    """
    asked = canonical_split(split)
    for level in tree.roots:
        found = _found_at(tree, level, domains, asked)
        if not found:
            continue
        for name, sides in found.items():
            _check_sides(tree, level, domains, name, sides, accepted)
        _check_rest(tree, level, found, accepted, alone)
        pairs = {name: [tuple(side[0] for side in sides)] for name, sides in found.items()}
        names = {name: [" and ".join(pairs[name][0])] for name in pairs}
        chosen, _ = choose_split(tree, asked, names, accepted)
        return *pairs[chosen][0], chosen
    return None


def _found_at(tree, level, domains, asked):
    """Split (None of no split) -> (folders of A, folders of B), of every pattern that is there."""
    wanted = [domain.casefold() for domain in domains]
    words = dict(WORDS)
    if asked and asked not in SPLITS:
        words[asked.casefold()] = asked
    joined = {
        f"{word}{mark}{domain}": (split, side)
        for word, split in words.items() for mark in ("", "_", "-", " ")
        for side, domain in enumerate(wanted)
    }
    found = {}

    def note(split, side, *parts):
        found.setdefault(split, ([], []))[side].append(posixpath.join(level, *parts))

    for name in tree.folders(level):
        key = name.casefold()
        inner = tree.folders(posixpath.join(level, name))
        if key in wanted:
            splits = [(words[n.casefold()], n) for n in inner if n.casefold() in words]
            for split, n in splits:
                note(split, wanted.index(key), name, n)
            if not splits or tree.images(posixpath.join(level, name), recursive=False):
                note(None, wanted.index(key), name)
        elif key in joined:
            note(*joined[key], name)
        elif key in words:
            for n in inner:
                if n.casefold() in wanted:
                    note(words[key], wanted.index(n.casefold()), name, n)
    return found


def _check_sides(tree, level, domains, split, sides, accepted):
    for domain, other, folders in zip(domains, domains[::-1], sides, strict=True):
        what = f"{domain} of the split {split}" if split else domain
        if not folders:
            there = sides[1 - domains.index(domain)]
            raise ZooError(
                f"{tree.describe(level)}: found {shown(there[0])} for {other}, but no folder for "
                f"{what}; accepted are {accepted}."
            )
        if len(folders) > 1:
            raise ZooError(
                f"{tree.describe(level)}: {shown(folders[0])} and {shown(folders[1])} are two "
                f"folders for {what}; expected one. Rename or remove the other."
            )


def _check_rest(tree, level, found, accepted, alone):
    """Stops where images outside the domains make another reading possible."""
    inside = [f"{side}/" for sides in found.values() for folders in sides for side in folders]
    rest = [name for name in tree.images(level) if not name.startswith(tuple(inside))]
    start = len(level) + 1 if level else 0
    with_domains = {side[start:].split("/")[0] for side in inside}
    tops = {name: name[start:].split("/")[0] for name in rest}
    splits = [name for name, top in tops.items() if split_of(top) and top not in with_domains]
    if splits or (alone and len(rest) > 1):
        raise ZooError(
            f"{tree.describe(level)}: {shown((splits or rest)[0])} lies in neither of the two "
            f"domains (found {contents(tree, level)}); accepted are {accepted}. Move what does "
            "not belong to them away."
        )


def pair_names(tree, a, b):
    """Images of two folders that have the same name, whatever their ending.

    Returns:
        (list of (name in A, name in B), list of (name, what is wrong) of images without a partner).

    Raises:
        ZooError: two images in one folder with the same name but for the ending.
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
                f"{tree.describe(name)}: the same name as {shown(posixpath.basename(stems[stem]))} "
                "beside it but for the ending, so that it is not clear which one belongs to the "
                "pair; remove or rename one."
            )
        stems[stem] = name
    return stems


def side_by_side_problem(tree, place):
    """Why the images of a `Place` are not A and B side by side, or None."""
    folder = place.folder
    if filled(tree, folder):
        return f"found {contents(tree, folder)}, but images side by side all lie in one folder"
    last = posixpath.basename(folder or tree.path.rstrip("/")).casefold()
    if last in ("a", "b") or any(last == word + side for word in WORDS for side in "ab"):
        return f"the folder {shown(last)} looks like one side of pairs; give the folder above it"
    return None
