"""The lines of a `metadata.jsonl`: one JSON object for each image, with its captions."""

import json

from zoo.errors import ZooError
from zoo.listing import in_one_form, shown

KEYS = ("text", "texts", "captions")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def lines_of(data, where, limit):
    """Yields (number, line) of the lines with something in them, counted from 1.

    Args:
        data: bytes of the file.
        where: str, the file, for messages.
        limit: int, bytes of a line.

    Raises:
        ZooError: a file in UTF-16, or a line of more bytes.
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
                "(the limit line_bytes); expected one object on each line."
            )
        if (line := data[start:end]).strip():
            yield number, line
        start = end + 1


def parse_line(line, where):
    """One line.

    Returns:
        (record, dict of the whole line; `file_name` in Unicode's form NFC; captions, list of str).

    Raises:
        ZooError: not UTF-8, not a JSON object, a key that is there twice, no file name, or no
            captions that are text.
    """
    record = _record(line, where)
    name = record.get("file_name")
    if not isinstance(name, str) or not name:
        raise ZooError(f'{where}: expected "file_name", a string, but {_got(name)}.')
    if name.startswith("/") or "\\" in name or "\0" in name or name[1:2] == ":":
        raise leaves(where, name)
    return record, in_one_form(name), _captions(record, where)


def leaves(where, name):
    """The error of a file name that leads out of the folder."""
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
        record = json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, where))
    except ZooError:
        raise
    except (ValueError, RecursionError) as error:
        reason = shown(str(error))[:120]
        raise ZooError(f"{where}: not JSON ({reason}); expected one object on each line.") from None
    if not isinstance(record, dict):
        raise ZooError(f"{where}: expected a JSON object, but got a {type(record).__name__}.")
    return record


def _unique(pairs, where):
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ZooError(f'{where}: the key "{shown(twice)}" is there twice; expected it once.')
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
        raise ZooError(f'{where}: expected {kind} in "{key}", but {_got(value)}.')
    for caption in captions:
        if problem := _not_text(caption):
            raise ZooError(f'{where}: the caption "{shown(caption)[:60]}" {problem}.')
    return captions


def _not_text(caption):
    """What a string holds that is no text, or None."""
    if "\0" in caption:
        return "holds a zero byte; remove it"
    if any("\ud800" <= character <= "\udfff" for character in caption):
        return 'holds half of a character ("\\ud800" to "\\udfff" alone); write the whole one'
    return None


def _got(value):
    if value is None:
        return "it is missing"
    text = shown(json.dumps(value))
    return f"got {text if len(text) <= 60 else text[:59] + '…'}"
