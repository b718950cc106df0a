"""`prepare`: a user's folder becomes a data set that every recipe reads."""

import hashlib
import json
import numbers
import os
import posixpath
from pathlib import Path

from zoo import storage
from zoo.errors import ZooError, check_choice
from zoo.listing import METADATA, open_tree
from zoo.preparation.checks import check_images, image_rule, near_duplicates, resized
from zoo.preparation.contact_sheet import contact_sheet
from zoo.preparation.items import are_halves, items_of
from zoo.preparation.kinds import find_kind
from zoo.preparation.own_files import NAME, SHEET, SUMS
from zoo.preparation.readable import check_groups, check_readable
from zoo.preparation.record import record_of, report, source_of
from zoo.preparation.splitting import with_splits
from zoo.preparation.words import words_of
from zoo.storage import output_folders
from zoo.visualization.grid import png_bytes, save_png


def prepare(folder, out, kind=None, size=None, test_fraction=None, on_error="raise",
            licence="", log=None):
    """Checks a user's images and writes them as a data set.

    Args:
        folder: str or path, a folder or .zip file: images with captions, class folders, pairs, or
            two domains, see docs/data.md.
        out: str or path, a folder to write; it must not exist, or be empty.
        kind: "captions", "classes", "pairs" or "domains"; None finds it.
        size: int or None. Pixels of the shorter side to which images are resized and written as
            PNG, of each half if two are side by side; None copies the files.
        test_fraction: float in [0, 1). Share of the images that become the split "test", by the
            hash of their names, in a folder without splits; 0 for none; None is 0.1, and the
            splits of a folder that has some.
        on_error: "raise" stops at images or captions that cannot be used; "skip" leaves them out.
        licence: str, for the record.
        log: function of a str, called with lines of the report, or None.

    Returns:
        dict, the content of `dataset.json`.

    Raises:
        ZooError: two readings of the folder are possible, or none; an image or caption cannot be
            used; a split, class or domain has no usable image; training could not read the result;
            an argument is invalid; or `out` is not empty. Nothing is written then.
    """
    check_choice("--on_error", on_error, ("raise", "skip"))
    size, test_fraction = _check_numbers(size, test_fraction)
    _check_text(folder, out, licence)
    tree = open_tree(folder)
    target = _check_out(out, folder)
    source = source_of(tree)
    kind, found = find_kind(tree, kind)
    items, problems = items_of(tree, kind)
    items, by_hash = with_splits(tree, kind, items, test_fraction)
    _check_places(tree, kind, items, size)
    with storage.atomic_folder(str(target)) as partial:
        good, facts, sums = _write_images(partial, tree, kind, items, problems, size)
        if problems and on_error == "raise":
            raise ZooError(
                f"{problems[0]} {len(problems)} such problem(s) in all: fix them, or leave these "
                "images out with --on_error=skip."
            )
        if kind == "pairs":
            good, facts = _whole_pairs(partial, good, facts, sums, size is not None)
        check_groups(tree, kind, items, good, problems, by_hash)
        record = _write(partial, kind, source, found, good, facts, sums, problems, licence, size)
        check_readable(tree, partial, target, kind, good)
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


def _write_images(folder, tree, kind, items, problems, size):
    """Writes the good images; returns them, their facts, and dict of place to SHA-256."""
    sums, halves = {}, are_halves(kind, items)

    def keep(item, fact, data, image):
        if size is not None:
            image = resized(image, size, halves)
            fact.height, fact.width = image.shape[:2]
            data = png_bytes(image)
        place = place_of(kind, item, png=size is not None)
        path = Path(folder, place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sums[place] = hashlib.sha256(data).hexdigest()

    good, facts = check_images(tree, items, problems, image_rule(tree, size, halves), keep)
    return good, facts, sums


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


# --- checks of the arguments ----------------------------------------------------------------------


def _check_numbers(size, fraction):
    """(size, fraction) as an int and a float, or None."""
    if size is not None:
        if isinstance(size, bool) or not isinstance(size, numbers.Integral) or size < 8:
            raise ZooError(f"--size must be a whole number of at least 8 pixels, got {size!r}.")
        size = int(size)
    if fraction is not None:
        is_number = isinstance(fraction, numbers.Real) and not isinstance(fraction, bool)
        if not is_number or not 0 <= fraction < 1:
            raise ZooError(
                f"--test_fraction must be a number from 0 to below 1, got {fraction!r}."
            )
        fraction = float(fraction)
    return size, fraction


def _check_text(folder, out, licence):
    for name, value in (("The folder to prepare", folder), ("--out", out)):
        if value is not None and not isinstance(value, str | os.PathLike):
            raise ZooError(f"{name} must be a path as a string, got {value!r}.")
    if folder is None or not os.fspath(folder):
        raise ZooError("The folder to prepare is missing: give a folder of images or a .zip file.")
    if not isinstance(licence, str):
        raise ZooError(f"--licence must be a string, got {licence!r}.")


def _check_out(out, folder):
    target = output_folders.check_folder(out)
    if target.is_dir() and any(target.iterdir()):
        raise ZooError(f"--out {target} is not empty: give a new folder.")
    if Path(folder).resolve() in (target.resolve(), *target.resolve().parents):
        raise ZooError(f"--out {target} is inside {folder}, which is read: give another folder.")
    return target


def _check_places(tree, kind, items, size):
    """Raises if two images would get the same name."""
    names = {}
    for item in items:
        place = place_of(kind, item, png=size is not None)
        if (other := names.setdefault(place, item.name)) != item.name:
            raise ZooError(
                f"{tree.describe(item.name)}: this image and {tree.describe(other)} would both "
                f"become {place}; expected different names. Rename one of them."
            )
