"""Reads one file of captions in the line-based forms: JSON lines, CSV, text with tabs, plain text.

A reader takes (tree, name of the file, problems) and yields (file name, list of captions, place for
messages) per row. Of a row that cannot be used it adds a sentence to the list `problems`; a file
that cannot be read as a whole raises `ZooError`.
"""

import contextlib
import csv
import io
import json
import re

from zoo.data.sources.layouts import SPLITS, split_of
from zoo.data.sources.metadata import lines_of, parse_line
from zoo.errors import ZooError
from zoo.listing import shown

FILE_COLUMNS = ("file_name", "image", "filename", "file")
TEXT_COLUMNS = ("text", "caption", "captions")
_CSV_HEAD = "a first line with the columns file_name and text"
_TAB_ROWS = 'FILE, a tab and a caption in each line, or a first line "image,caption" and such rows'
_LINE_END = re.compile(r"\r\n|\r|\n")  # `str.splitlines` also splits at U+2028 and others
_CELL = re.compile(r'(?:"(?:[^"]++|"")*+"|[^",\r\n][^,\r\n]*+)?(,|[\r\n]|\Z)')  # a complete one


@contextlib.contextmanager
def collected(problems):
    """Adds the message of a `ZooError` that is raised inside to the list `problems`."""
    try:
        yield
    except ZooError as error:
        problems.append(str(error))


def read_jsonl(tree, name, problems):
    """Reads a `metadata.jsonl`; see the module for arguments, results and errors."""
    where = tree.describe(name)
    data, splits = tree.bytes(name, tree.limits.metadata_bytes), []
    for number, line in lines_of(data, where, tree.limits.line_bytes):
        place = f"{where}, line {number}"
        with collected(problems):
            record, file, texts = parse_line(line, place)
            splits.append((file, record.get("split")))
            yield file, texts, place
    _check_splits(splits, "key", where)


def read_csv(tree, name, problems, expected=_CSV_HEAD):
    """Reads a CSV with a header; `expected` describes the accepted content in a message."""
    where = tree.describe(name)
    rows = _csv_rows(text_of(tree, name), where)
    head = [cell.strip().lower() for cell in next(rows, (1, []))[1]]
    file, text = (_column(head, columns, where) for columns in (FILE_COLUMNS, TEXT_COLUMNS))
    if file is None or text is None:
        raise ZooError(f'{where}: expected {expected}, got "{shown(",".join(head))[:60]}".')
    split, splits = _column(head, ("split",), where), []
    for number, row in rows:
        place = f"{where}, line {number}"
        with collected(problems):
            if len(row) != len(head):
                raise ZooError(
                    f"{place}: {len(row)} columns, but the first line has {len(head)}; put "
                    "captions with commas into double quotes."
                )
            if split is not None:
                splits.append((row[file], row[split]))
            yield row[file].strip(), [_cell_caption(row[text], place)], place
    _check_splits(splits, "column", where)


def read_txt(tree, name, problems):
    """Reads "FILE<tab>CAPTION" per line, or a CSV if the first line has no tab."""
    lines, where = _lines(text_of(tree, name)), tree.describe(name)
    if not lines or "\t" not in lines[0][1]:
        yield from read_csv(tree, name, problems, _TAB_ROWS)
        return
    head = [cell.strip().lower() for cell in lines[0][1].split("\t")]
    columns = [_column(head, names, where) for names in (FILE_COLUMNS, TEXT_COLUMNS)]
    if head[0] in FILE_COLUMNS or None not in columns:
        if columns != [0, 1] or len(head) != 2:
            raise ZooError(
                f'{where}, line {lines[0][0]}: expected the columns image and caption, got "'
                f'{shown(", ".join(head))[:60]}"; keep these two, in this order.'
            )
        del lines[0]
    for number, line in lines:
        place = f"{where}, line {number}"
        with collected(problems):
            file, *cells = line.split("\t")
            texts = [cell for cell in cells if cell.strip()] or cells[:1]
            if len(texts) != 1:
                got = f"{len(texts)} captions" if texts else "no tab"
                raise ZooError(
                    f"{place}: expected FILE, a tab and a caption, got {got}; write one caption "
                    "per line."
                )
            yield re.sub(r"#\d+$", "", file.strip()), [_cell_caption(texts[0], place)], place


def captions_next_to(tree, name):
    """The captions of a .txt next to an image, one per line.

    Raises:
        ZooError: the file is empty or not UTF-8, or a line is no valid text.
    """
    where = tree.describe(name)
    lines = _lines(text_of(tree, name))
    if not lines:
        raise ZooError(f"{where}: expected a caption, but the file is empty.")
    return [caption_of(line, f"{where}, line {number}") for number, line in lines]


def caption_of(text, where):
    """A caption on one line, without repeated spaces.

    Raises:
        ZooError: `text` is not a string, blank, or not valid text.
    """
    if not isinstance(text, str) or not text.strip():
        raise ZooError(f"{where}: expected a caption, got {brief(text)}.")
    if "\0" in text:
        raise ZooError(f"{where}: the caption contains a zero byte; remove it.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ZooError(
            f'{where}: the caption "{shown(text)[:60]}" contains an unpaired surrogate ("\\ud800" '
            'to "\\udfff"); write the whole character.'
        ) from None
    return " ".join(text.split())


def _cell_caption(cell, where):
    """The caption in a cell of a table; `ZooError` also for a list of captions."""
    caption = caption_of(cell, where)
    if caption.startswith("[") and caption.endswith("]"):
        raise ZooError(f"{where}: a list in one cell; write one row per caption.")
    return caption


def _check_splits(rows, what, where):
    """Raises `ZooError` if the `rows`, (file name, value of "split"), name several splits that are
    not folders of the files. what: "column" or "key"."""
    rows = [(file, split_of(str(value).strip())) for file, value in rows]
    found = {split for _, split in rows}
    names = [name for name in SPLITS if name in found]
    if len(names) > 1 and any(split not in map(split_of, file.split("/")) for file, split in rows):
        raise ZooError(
            f"{where}: the {what} split names {' and '.join(names)}; expected the images in "
            f"folders of these names, or no such {what}."
        )


def brief(value):
    """The first 60 characters of a JSON value, for messages."""
    try:
        text = shown(json.dumps(value))
    except RecursionError:
        return "many nested lists or objects"
    return text if len(text) <= 60 else f"{text[:59]}…"


def text_of(tree, name):
    """The text of a file in UTF-8. Raises `ZooError` if it cannot be read or has another coding."""
    data = tree.bytes(name, tree.limits.metadata_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ZooError(
            f"{tree.describe(name)}: not UTF-8 (at byte {error.start + 1}); save it as UTF-8."
        ) from None


def _lines(text):
    """[(number from 1, line)] of the lines that are not blank."""
    return [(n, line) for n, line in enumerate(_LINE_END.split(text), 1) if line.strip()]


def _column(head, names, where):
    """The number of the only column with one of `names`, or None."""
    found = [number for number, cell in enumerate(head) if cell in names]
    if len(found) > 1:
        both = " and ".join(f'"{head[number]}"' for number in found[:2])
        raise ZooError(f"{where}: has the columns {both}; expected one of them: remove the others.")
    return found[0] if found else None


def _csv_rows(text, where):
    """Yields (number of its first line from 1, cells) per row of a CSV that is not blank."""
    lines = list(io.StringIO(text, newline=""))
    rows = csv.reader(lines, strict=True)
    while True:
        start = rows.line_num
        try:
            row = next(rows, None)
        except csv.Error:
            raise _csv_error("".join(lines[start:]), start + 1, where) from None
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield start + 1, row


def _csv_error(text, line, where):
    """The error for the CSV row that `text` starts with and that cannot be read, at `line`."""
    start = 0
    while (cell := _CELL.match(text, start)) and cell[1] == ",":
        start = cell.end()
    line += len(_LINE_END.findall(text[:start]))
    if cell:
        return ZooError(
            f"{where}, line {line}: a cell of more than {csv.field_size_limit():,} characters; "
            "expected a file name or a caption."
        )
    return ZooError(
        f"{where}, line {line}: the quotation mark that opens here is not closed at the end of its "
        'cell; expected "..." around a caption, and "" for a quotation mark inside of it.'
    )
