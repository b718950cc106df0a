"""Parses the lines of a `metadata.jsonl`: one JSON object per image, with its captions."""

import json

from zoo.errors import ZooError
from zoo.listing import in_one_form, shown
from zoo.storage import object_of

KEYS = ("text", "texts", "captions")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def lines_of(data, where, limit):
    """Yields (number, line) of the lines that are not blank, counted from 1.

    Args:
        data: bytes of the file.
        where: str, the file, for messages.
        limit: int, maximum bytes of a line.

    Raises:
        ZooError: a file in UTF-16, or a line that is too long.
    """
    if data[:2] in _UTF16:
        raise ZooError(f"{where}: a file in UTF-16; save it as UTF-8.")
    start, number = 0, 0
    while start < len(data):
        number += 1
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > limit:
            raise ZooError(
                f"{where}, line {number}: {end - start:,} bytes, but at most {limit:,} are read "
                "(the limit line_bytes); expected one object per line."
            )
        if (line := data[start:end]).strip():
            yield number, line
        start = end + 1


def parse_line(line, where):
    """Parses one line.

    Returns:
        (record, dict of the whole line; `file_name` in Unicode normal form NFC; captions, list of
        str).

    Raises:
        ZooError: not UTF-8, not a JSON object, a duplicate key, no file name, or captions that are
            missing or not text.
    """
    record = _record(line, where)
    name = record.get("file_name")
    if not isinstance(name, str) or not name:
        raise ZooError(f'{where}: expected "file_name", a string, {_got(name)}.')
    if name.startswith("/") or "\\" in name or "\0" in name or name[1:2] == ":":
        raise leaves(where, name)
    return record, in_one_form(name), _captions(record, where)


def leaves(where, name):
    """The error for a file name outside of the folder."""
    return ZooError(
        f'{where}: "{shown(name)}" leaves the folder; expected a path below it with "/".'
    )


def _record(line, where):
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ZooError(
            f"{where}: the bytes are not UTF-8 (at byte {error.start + 1} of the line); save the "
            "file as UTF-8."
        ) from None
    try:
        record = json.loads(text, object_pairs_hook=lambda pairs: object_of(pairs, where))
    except ZooError:
        raise
    except (ValueError, RecursionError) as error:
        reason = shown(str(error))[:120]
        raise ZooError(f"{where}: not JSON ({reason}); expected one object per line.") from None
    if not isinstance(record, dict):
        raise ZooError(f"{where}: expected a JSON object, got a {type(record).__name__}.")
    return record


def _captions(record, where):
    keys = [key for key in KEYS if key in record]
    if len(keys) > 1:
        raise ZooError(
            f'{where}: has both "{keys[0]}" and "{keys[1]}"; expected the captions in one of them.'
        )
    if not keys:
        others = ", ".join(f'"{shown(key)}"' for key in list(record)[:8])
        raise ZooError(
            f'{where}: expected a caption in "text" (or a list in "texts" or "captions"), but the '
            f"line has only {others}."
        )
    key, value = keys[0], record[keys[0]]
    captions = [value] if key == "text" else value
    if (
        not isinstance(captions, list)
        or not captions
        or not all(isinstance(caption, str) and caption.strip() for caption in captions)
    ):
        kind = "a caption" if key == "text" else "a list of captions"
        raise ZooError(f'{where}: expected {kind} in "{key}", {_got(value)}.')
    for caption in captions:
        if problem := _not_text(caption):
            raise ZooError(f'{where}: the caption "{shown(caption)[:60]}" {problem}.')
    return captions


def _not_text(caption):
    """The problem with a string that is not valid text, or None."""
    if "\0" in caption:
        return "contains a zero byte; remove it"
    if any("\ud800" <= character <= "\udfff" for character in caption):
        return 'contains an unpaired surrogate ("\\ud800" to "\\udfff"); write the whole character'
    return None


def _got(value):
    if value is None:
        return "but it is missing"
    text = shown(json.dumps(value))
    return f"got {text if len(text) <= 60 else text[:59] + '…'}"
