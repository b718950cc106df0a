"""`dataset.json`, the description of a prepared data set, and the sentences of a report."""

import hashlib
import os

from zoo import storage
from zoo.errors import ZooError
from zoo.listing import open_tree
from zoo.preparation.kinds import KINDS
from zoo.version import __version__

NAME, SUMS, SHEET = "dataset.json", "SHA256SUMS", "contact_sheet.png"
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
    if not isinstance(record, dict) or record.get("kind") not in KINDS:
        raise ZooError(f"{path} describes no prepared data set: delete it, or prepare it again.")
    return record


def source_of(tree):
    """What a data set is prepared from: the folder's name, and names and sizes of its files."""
    files = tree.files()
    text = "".join(f"{name}\t{tree.size(name)}\n" for name in files)
    name = os.path.basename(os.path.abspath(tree.path))
    return {"name": name, "files": len(files), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def check_source(directory, folder):
    """Raises `ZooError` unless the data set in `directory` was prepared from `folder` as it is now.

    One that an older version prepared says nothing about its source and is taken.
    """
    before = read_record(directory).get("source")
    if before is None:
        return
    go_on = f'"zoo train {directory}" continues with the prepared images'
    if not os.path.exists(folder):
        raise ZooError(f"{folder}: no such folder or .zip file. {go_on}.")
    now = source_of(open_tree(folder))
    if now["sha256"] != before["sha256"]:
        raise ZooError(
            f'{directory} was prepared from "{before["name"]}" with {before["files"]:,} files, not '
            f'from "{now["name"]}" with {now["files"]:,} as it is now: give another --workdir, or '
            f"delete {directory} and the run to start again; {go_on}."
        )


def record_of(kind, found, items, facts, pairs, problems, words, licence):
    """The content of `dataset.json`; arguments: see `zoo.preparation.prepare`."""
    counts, groups = {}, {}
    for item in items:
        counts[item.split] = counts.get(item.split, 0) + 1
        if item.group:
            key = f"{item.split}/{item.group}"
            groups[key] = groups.get(key, 0) + 1
    sides = [min(fact.width, fact.height) for fact in facts]
    across = sum(items[i].split != items[j].split for i, j, _ in pairs)
    return {
        "format": 1, "kind": kind, "found": found, "version": __version__, "licence": licence,
        "images": counts, "groups": groups,
        "sizes": {"smallest": min(sides), "median": sorted(sides)[len(sides) // 2],
                  "largest": max(sides)},
        "duplicates": {"equal": sum(equal for *_, equal in pairs),
                       "near": sum(not equal for *_, equal in pairs), "across_splits": across},
        "left_out": problems, **({"words": words} if words else {}),
    }


def report(record, out):
    """The lines that a program prints about a prepared data set."""
    lines = [f"found     {record['found']}"]
    lines.append("images    " + ", ".join(f"{n:,} {s}" for s, n in record["images"].items()))
    if record["groups"]:
        shown = [f"{name} {count:,}" for name, count in record["groups"].items()]
        lines.append("of these  " + ", ".join(shown[:12]) + (", ..." if shown[12:] else ""))
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


def _words(words):
    counts = words["vocabulary"].get(str(words["min_count"]), {"words": 0, "lost": 0})
    return [
        f"captions  {words['captions']:,}, up to {words['longest']} words; max_words="
        f"{words['max_words']} shortens {words['cut']:,} of them",
        f"words     {counts['words']:,} with min_count={words['min_count']}, which leaves out "
        f"{counts['lost']:,} occurrences of rarer words",
    ]
