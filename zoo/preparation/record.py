"""`dataset.json`, the description of a prepared data set, and the sentences of a report."""

import hashlib
import os

from zoo import storage
from zoo.errors import ZooError
from zoo.listing import open_tree, shown
from zoo.preparation.caption_files import caption_files
from zoo.preparation.items import AB, are_halves
from zoo.preparation.kinds import KINDS
from zoo.preparation.own_files import NAME, check_labels
from zoo.version import __version__

SMALL = {"captions": 200, "classes": 100, "pairs": 50, "domains": 50}  # training images


def read_record(directory):
    """The content of a prepared folder's `dataset.json` (dict), or None if there is none.

    Raises:
        ZooError: the file was not written by `prepare`.
    """
    path = os.path.join(directory, NAME)
    if not os.path.isfile(path):
        return None
    record = storage.read_strict_json(path)
    check_labels(record, path)
    if record.get("kind") not in KINDS:
        raise ZooError(f"{path} was not written by zoo data: move it away.")
    return record


def source_of(tree):
    """What a data set is prepared from: the folder's name, names and sizes of its files, and the
    content of those with captions."""
    files = tree.files()
    text = "".join(f"{name}\t{tree.size(name)}\n" for name in files)
    name = os.path.basename(os.path.abspath(tree.path))
    return {"name": name, "files": len(files), "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "captions_sha256": _captions_hash(tree)}


def _captions_hash(tree):
    limit, total = tree.limits.metadata_bytes, hashlib.sha256()
    for name in sorted(name for names in caption_files(tree).values() for name in names):
        if tree.size(name) <= limit:  # a larger one is never read as captions
            total.update(hashlib.sha256(tree.bytes(name, limit)).digest())
    return total.hexdigest()


def check_source(directory, folder):
    """Raises `ZooError` unless the data set in `directory` was prepared from `folder` as it is now.

    One that an older version prepared says nothing about its source and is taken; or it says
    nothing about the content of the captions, and only names and sizes are compared.
    """
    before = read_record(directory).get("source")
    if before is None:
        return
    go_on = f'"zoo train {directory}" continues with the prepared images'
    if not os.path.exists(folder):
        raise ZooError(f"{folder}: no such folder or .zip file. {go_on}.")
    now = source_of(open_tree(folder))
    again = f"give another --workdir, or delete {directory} and the run to start again; {go_on}."
    if now["sha256"] != before["sha256"]:
        raise ZooError(
            f'{directory} was prepared from "{before["name"]}" with {before["files"]:,} files, not '
            f'from "{now["name"]}" with {now["files"]:,} as it is now: {again}'
        )
    if now["captions_sha256"] != before.get("captions_sha256", now["captions_sha256"]):
        raise ZooError(
            f'{directory} was prepared from "{before["name"]}" with other captions than those of '
            f'"{now["name"]}" now: {again}'
        )


def record_of(kind, found, items, facts, pairs, problems, words, licence):
    """The content of `dataset.json`; arguments: see `zoo.preparation.prepare`."""
    counts, groups = {}, {}
    for item in items:
        counts[item.split] = counts.get(item.split, 0) + 1
        if item.group:
            key = f"{item.split}/{item.group}"
            groups[key] = groups.get(key, 0) + 1
    halves = are_halves(kind, items)
    shorter = [min(fact.width // 2 if halves else fact.width, fact.height) for fact in facts]
    across = sum(items[i].split != items[j].split for i, j, _ in pairs)
    return {
        "format": 1, "kind": kind, "found": found, "version": __version__, "licence": licence,
        "images": counts, "groups": groups, **_sides(kind, items),
        "sizes": {"smallest": min(shorter), "median": sorted(shorter)[len(shorter) // 2],
                  "largest": max(shorter)},
        "duplicates": {"equal": sum(equal for *_, equal in pairs),
                       "near": sum(not equal for *_, equal in pairs), "across_splits": across},
        "left_out": problems, **({"words": words} if words else {}),
    }


def _sides(kind, items):
    """What became A and B of pairs or domains, as a part of the record."""
    if are_halves(kind, items):
        return {"sides": {"A": ["left half"], "B": ["right half"]}}
    if kind not in ("pairs", "domains"):
        return {}
    return {"sides": {
        side: sorted({item.name[:-len(item.place) - 1] for item in items if item.group == side})
        for side in AB
    }}


def report(record, out):
    """The lines that a program prints about a prepared data set."""
    lines = [f"found     {record['found']}"]
    lines.append("images    " + ", ".join(f"{n:,} {s}" for s, n in record["images"].items()))
    if set(record["images"]) == {"train"}:
        lines.append("held out  none")
    if sides := record.get("sides"):
        lines.append("sides     " + "; ".join(
            f"{side} is {' and '.join(map(shown, names))}" for side, names in sides.items()))
    if record["groups"]:
        groups = [f"{name} {count:,}" for name, count in record["groups"].items()]
        lines.append("of these  " + ", ".join(groups[:12]) + (", ..." if groups[12:] else ""))
        lines += _numbered(record["groups"])
    sizes = record["sizes"]
    lines.append(f"sizes     shorter side {sizes['smallest']} to {sizes['largest']} pixels, median "
                 f"{sizes['median']}")
    if words := record.get("words"):
        lines += _words(words)
    twins = record["duplicates"]
    if twins["equal"] or twins["near"]:
        lines.append(
            f"similar   {twins['equal']} equal and {twins['near']} nearly equal images, "
            f"{twins['across_splits']} of them between training and held-out images"
        )
    if record["left_out"]:
        lines.append(f"left out  {len(record['left_out'])}, the first: {record['left_out'][0]}")
    train, least = record["images"].get("train", 0), SMALL[record["kind"]]
    if train < least:
        lines.append(f"warning   {train} training images are few: from {least} on, results vary "
                     "less with the seed; expect copies of training images")
    return [*lines, f"written   {out}"]


def _numbered(groups):
    """A line about the first class whose name is another number than its index, or none."""
    names = sorted({key.partition("/")[2] for key in groups if key.startswith("train/")})
    others = [n for index, n in enumerate(names) if n.isdecimal() and int(n) != index]
    if not others:
        return []
    name = min(others, key=int)
    return [f"note      class {name} has the index {names.index(name)}, as names are sorted as "
            f'text: in Python its name is the string "{name}"']


def _words(words):
    counts = words["vocabulary"].get(str(words["min_count"]), {"words": 0, "lost": 0})
    return [
        f"captions  {words['captions']:,}, up to {words['longest']} words; max_words="
        f"{words['max_words']} shortens {words['cut']:,} of them",
        f"words     {counts['words']:,} with min_count={words['min_count']}, which leaves out "
        f"{counts['lost']:,} occurrences of rarer words",
    ]
