"""`prepare`: a user's folder becomes a data set that every recipe reads."""

import dataclasses
import hashlib
import json
import os
import posixpath
from pathlib import Path

from zoo import storage
from zoo.data.splits import FRACTION, is_held_out
from zoo.errors import ZooError, check_choice
from zoo.listing import METADATA, open_tree
from zoo.preparation.checks import check_images, near_duplicates, resized
from zoo.preparation.contact_sheet import contact_sheet
from zoo.preparation.kinds import find_kind, items_of
from zoo.preparation.record import NAME, SHEET, SUMS, record_of, report, source_of
from zoo.preparation.words import words_of
from zoo.storage import output_folders
from zoo.visualization.grid import save_png


def prepare(folder, out, kind=None, size=None, test_fraction=FRACTION, on_error="raise",
            licence="", log=None):
    """Checks a user's images and writes them as a data set.

    Args:
        folder: str, a folder or .zip file: images with captions, class folders, pairs, or two
            domains, see docs/data.md.
        out: str, a folder to write; it must not exist, or be empty.
        kind: "captions", "classes", "pairs" or "domains"; None finds it.
        size: int or None. Pixels of the shorter side to which images are resized and written as
            PNG; None copies the files.
        test_fraction: float in [0, 1). Share of the images that become the split "test", by the
            hash of their names, if the folder has no splits; 0 for none.
        on_error: "raise" stops at images or captions that cannot be used; "skip" leaves them out.
        licence: str, for the record.
        log: function of a str, called with lines of the report, or None.

    Returns:
        dict, the content of `dataset.json`.

    Raises:
        ZooError: two readings of the folder are possible, or none; an image or caption cannot be
            used; or `out` is not empty.
    """
    check_choice("--on_error", on_error, ("raise", "skip"))
    _check_numbers(size, test_fraction)
    target = _check_out(out, folder)
    tree = open_tree(folder)
    source = source_of(tree)
    kind, found = find_kind(tree, kind)
    items, problems = items_of(tree, kind)
    items = _with_splits(tree, kind, items, test_fraction)
    with storage.atomic_folder(str(target)) as partial:
        sums, good = {}, []

        def keep(item, data, image):
            place = place_of(kind, item, png=size is not None)
            data = data if size is None else resized(image, size)
            path = Path(partial, place)
            if place in sums:
                raise ZooError(f"{tree.describe(item.name)}: another image becomes {place} too.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            sums[place] = hashlib.sha256(data).hexdigest()

        good, facts = check_images(tree, items, problems, keep)
        if problems and on_error == "raise":
            raise ZooError(
                f"{problems[0]} {len(problems)} such problem(s) in all: mend them, or leave these "
                "images out with --on_error=skip."
            )
        if kind == "pairs":
            good, facts = _whole_pairs(partial, good, facts, sums, size is not None)
        if not any(item.split == "train" for item in good):
            raise ZooError(f"{tree.describe()}: no training image is left.")
        record = _write(partial, kind, source, found, good, facts, sums, problems, licence, size)
    if log is not None:
        for line in report(record, target):
            log(line)
    return record


def place_of(kind, item, png=False):
    """The name of an image in the prepared data set, as a recipe's source reads it."""
    place = posixpath.splitext(item.place)[0] + ".png" if png else item.place
    if kind == "classes":
        return f"{item.split}/{item.group}/{place}"
    return f"{item.split}{item.group}/{place}"


def _write(folder, kind, source, found, items, facts, sums, problems, licence, size):
    """Writes everything next to the images; returns the record."""
    if kind == "captions":
        for split in {item.split for item in items}:
            lines = [
                json.dumps({"file_name": place_of(kind, item, size is not None)[len(split) + 1:],
                            "texts": list(item.captions)}, ensure_ascii=False)
                for item in items if item.split == split
            ]
            text = "\n".join(lines) + "\n"
            Path(folder, split, METADATA).write_text(text, encoding="utf-8")
    words = words_of([list(i.captions) for i in items]) if kind == "captions" else None
    pairs = near_duplicates(facts)
    record = record_of(kind, found, items, facts, pairs, problems, words, licence)
    record["source"] = source
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    Path(folder, SUMS).write_text(text, encoding="utf-8")
    record["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    storage.write_json(os.path.join(folder, NAME), record)
    save_png(Path(folder, SHEET), contact_sheet(kind, items, facts))
    return record


def _with_splits(tree, kind, items, fraction):
    """The items with a split each: their own, or "train" and "test" by hash."""
    if any(item.split is not None for item in items):
        if not any(item.split == "train" for item in items):
            raise ZooError(f"{tree.describe()}: found no split train, only "
                           f"{', '.join(sorted({i.split for i in items}))}.")
        return items

    def split(item):
        name = posixpath.splitext(item.place)[0] if kind == "pairs" else item.place
        return "test" if is_held_out(name, fraction) else "train"

    result = [dataclasses.replace(item, split=split(item)) for item in items]
    kept = {item.group for item in result if item.split == "train"}
    return [i if i.group in kept else dataclasses.replace(i, split="train") for i in result]


def _whole_pairs(folder, items, facts, sums, png):
    """Leaves out images whose partner could not be read."""
    count = {}
    for item in items:
        key = item.split, posixpath.splitext(item.place)[0]
        count[key] = count.get(key, 0) + 1
    kept = [(item, fact) for item, fact in zip(items, facts, strict=True)
            if not item.group or count[item.split, posixpath.splitext(item.place)[0]] == 2]
    for item in set(items) - {item for item, _ in kept}:
        place = place_of("pairs", item, png)
        Path(folder, place).unlink()
        del sums[place]
    return [item for item, _ in kept], [fact for _, fact in kept]


def _check_numbers(size, fraction):
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 8):
        raise ZooError(f"--size must be a whole number of at least 8 pixels, got {size!r}.")
    if isinstance(fraction, bool) or not isinstance(fraction, int | float) or not 0 <= fraction < 1:
        raise ZooError(f"--test_fraction must be a number from 0 to below 1, got {fraction!r}.")


def _check_out(out, folder):
    target = output_folders.check_folder(out)
    if target.is_dir() and any(target.iterdir()):
        raise ZooError(f"--out {target} is not empty: give a new folder.")
    if Path(folder).resolve() in (target.resolve(), *target.resolve().parents):
        raise ZooError(f"--out {target} is inside {folder}, which is read: give another folder.")
    return target
