"""Reads captions in the forms that people have: five kinds of files next to the images.

    metadata.jsonl        one JSON object per line: "file_name" and "text", "texts" or "captions"
    metadata.csv          a header with file_name and text (or caption); a row per caption
    captions.txt          "FILE<tab>CAPTION" per line, or a header "image,caption" and rows of it
    captions*.json,       COCO's form, with "images" and "annotations", or an object of file name
      annotations*.json   to a caption or a list of them
    NAME.txt              next to NAME.jpg, one caption per line
"""

import csv
import io
import json
import posixpath
import re

from zoo.data.sources.metadata import leaves, lines_of, parse_line
from zoo.errors import ZooError
from zoo.listing import METADATA, in_one_form, shown

CSV, TXT = "metadata.csv", "captions.txt"
_JSON = re.compile(r"(captions|annotations).*\.json", re.IGNORECASE)
FORMS = (
    f"{METADATA}, {CSV}, {TXT}, captions.json in COCO's form, or a .txt next to each image with "
    "the same name"
)
FILE_COLUMNS = ("file_name", "image", "filename", "file")
TEXT_COLUMNS = ("text", "caption", "captions")


def caption_files(tree):
    """The files with captions: dict of form to list of names. More than one form is ambiguous."""
    found = {}
    for name in tree.files():
        base = posixpath.basename(name)
        form = "json" if _JSON.fullmatch(base) else base.lower()
        if form in (METADATA, CSV, TXT, "json"):
            found.setdefault(form, []).append(name)
    if next_to := _text_files(tree):
        found["a .txt next to each image"] = list(next_to.values())
    return found


def read_captions(tree):
    """The captions of a folder's images.

    Args:
        tree: `zoo.listing.Tree`.

    Returns:
        (dict of image name to list of str; str, the form; list of str, problems that concern single
        images).

    Raises:
        ZooError: no captions, two forms of them, or a file that cannot be read; names the line.
    """
    found = caption_files(tree)
    if len(found) != 1:
        several = " and ".join(sorted(names[0] for names in found.values()))
        what = f"found captions in {shown(several)}" if found else "found no captions"
        raise ZooError(
            f"{tree.describe()}: {what}; expected them in one form: {FORMS}. "
            + ("Move the others away." if found else "")
        )
    (form, names), = found.items()
    if form.startswith("a .txt"):
        rows = [row for image, name in _text_files(tree).items() for row in _beside(
            tree, image, name)]
    else:
        read = {METADATA: _jsonl, CSV: _csv, TXT: _txt, "json": _json}[form]
        rows = [(posixpath.dirname(name), *row) for name in names for row in read(tree, name)]
    return *_by_image(tree, rows), form if form != "json" else posixpath.basename(names[0])


def _by_image(tree, rows):
    """({image: captions}, problems) of rows (folder, file name, captions, where)."""
    captions, problems, ends = {}, [], {}
    for name in tree.images():
        ends.setdefault(posixpath.basename(name), []).append(name)
    for folder, file, texts, where in rows:
        if file.startswith("/") or "\\" in file or ".." in file.split("/"):
            raise leaves(where, file)
        name = posixpath.normpath(posixpath.join(folder, in_one_form(file)))
        if not tree.exists(name):
            same = [n for n in ends.get(posixpath.basename(file), []) if f"/{n}".endswith(
                f"/{file}")]
            if len(same) > 1:
                raise ZooError(
                    f'{where}: "{shown(file)}" may be {shown(same[0])} or {shown(same[1])}; '
                    "expected a name relative to the folder of the captions."
                )
            if not same:
                problems.append(f'{where}: the image "{shown(file)}" is missing.')
                continue
            name = same[0]
        captions.setdefault(name, []).extend(t for t in texts if t not in captions.get(name, ()))
    return captions, problems


def _jsonl(tree, name):
    where = tree.describe(name)
    data = tree.bytes(name, tree.limits.metadata_bytes)
    for number, line in lines_of(data, where, tree.limits.line_bytes):
        place = f"{where}, line {number}"
        _, file, texts = parse_line(line, place)
        yield file, texts, place


def _csv(tree, name, header=None):
    where = tree.describe(name)
    rows = csv.reader(io.StringIO(_text(tree, name), newline=""))
    head = [cell.strip().lower() for cell in next(rows, [])]
    file, text = (next((head.index(c) for c in columns if c in head), None)
                  for columns in (FILE_COLUMNS, TEXT_COLUMNS))
    if file is None or text is None:
        raise ZooError(
            f"{where}: expected a first line with the columns file_name and text, got "
            f'"{shown(",".join(head))[:60]}".'
        )
    for row in rows:
        place = f"{where}, line {rows.line_num}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(head):
            raise ZooError(
                f"{place}: {len(row)} columns, but the first line has {len(head)}; put captions "
                "with commas into double quotes."
            )
        yield row[file].strip(), [_caption(row[text], place)], place


def _txt(tree, name):
    text, where = _text(tree, name), tree.describe(name)
    if "\t" not in text.split("\n", 1)[0]:
        yield from _csv(tree, name)
        return
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{where}, line {number}"
        file, tab, caption = line.partition("\t")
        if not line.strip():
            continue
        if not tab:
            raise ZooError(f"{place}: expected FILE, a tab and a caption, got no tab.")
        yield re.sub(r"#\d+$", "", file.strip()), [_caption(caption, place)], place


def _json(tree, name):
    where = tree.describe(name)
    try:
        content = json.loads(_text(tree, name))
    except (ValueError, RecursionError) as error:
        raise ZooError(f"{where}: not JSON ({shown(str(error))[:80]}).") from None
    expected = 'expected COCO\'s form ("images", "annotations") or {"FILE": "CAPTION"}'
    if not isinstance(content, dict):
        raise ZooError(f"{where}: {expected}, got a {type(content).__name__}.")
    try:
        if "annotations" in content:
            files = {image["id"]: image["file_name"] for image in content["images"]}
            pairs = [(files[a["image_id"]], [a["caption"]]) for a in content["annotations"]]
        else:
            pairs = [(f, [c] if isinstance(c, str) else list(c)) for f, c in content.items()]
    except (KeyError, TypeError) as error:
        raise ZooError(f"{where}: {expected}, but it lacks {error}.") from None
    for file, texts in pairs:
        place = f'{where}, "{shown(str(file))}"'
        yield str(file), [_caption(text, place) for text in texts], place


def _text_files(tree):
    """dict of image to the .txt of its name; empty unless every image has one."""
    files = set(tree.files())
    pairs = {image: f"{posixpath.splitext(image)[0]}.txt" for image in tree.images()}
    return pairs if pairs and files.issuperset(pairs.values()) else {}


def _beside(tree, image, name):
    where = tree.describe(name)
    lines = [line for line in _text(tree, name).splitlines() if line.strip()]
    if not lines:
        raise ZooError(f"{where}: expected a caption, but the file is empty.")
    yield "", image, [_caption(line, where) for line in lines], where


def _caption(text, where):
    if not isinstance(text, str) or not text.strip():
        raise ZooError(f"{where}: expected a caption, got {text!r}.")
    if "\0" in text:
        raise ZooError(f"{where}: the caption contains a zero byte; remove it.")
    return " ".join(text.split())


def _text(tree, name):
    data = tree.bytes(name, tree.limits.metadata_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ZooError(
            f"{tree.describe(name)}: not UTF-8 (at byte {error.start + 1}); save it as UTF-8."
        ) from None
