"""JSON files: atomic writes, and reads whose errors name the file and the line."""

import json
import math
import os
import stat

import numpy as np

from zoo.errors import ZooError, reason
from zoo.storage.files import write_bytes_atomically

STRICT_BYTES = 16 << 20  # of a file that `read_strict_json` reads
STRICT_DEPTH = 32  # levels of nested lists and objects


def write_json(path, value, strict=False):
    """Writes a JSON file atomically (indented, UTF-8, numpy numbers and arrays allowed).

    Args:
        path: str. The file.
        value: the content.
        strict: bool. Refuse NaN and infinity, as `read_strict_json` does.

    Raises:
        ZooError: a value that JSON cannot represent, or a file that cannot be written.
    """
    try:
        text = json.dumps(
            value, indent=2, ensure_ascii=False, default=_plain, allow_nan=not strict
        )
        data = (text + "\n").encode("utf-8")
    except (TypeError, ValueError) as error:
        raise ZooError(f"Cannot write {path}: {error}. Use numbers, strings and lists.") from error
    write_bytes_atomically(path, data)


def read_json(path):
    """The value in a JSON file. Raises `ZooError` if it is missing or not JSON (with the line)."""
    return _parsed(path, _contents(path), {})


def read_strict_json(path, largest=STRICT_BYTES):
    """The object in a JSON file from an untrusted source.

    Args:
        path: str. A regular file.
        largest: int. Maximum size in bytes.

    Returns:
        dict of finite numbers, strings, booleans, None, lists and dicts.

    Raises:
        ZooError: as `read_json`; or the file is too large, is not a single object, has a duplicate
            key, NaN or infinity, text that is not Unicode, or is nested too deeply.
    """
    contents = _contents(path, largest)
    value = _parsed(
        path, contents, {"object_pairs_hook": _object, "parse_constant": _no_constant}
    )
    if not isinstance(value, dict):
        raise ZooError(f"{path} must hold a JSON object, but holds {json.dumps(value)[:60]}.")
    problem = _problem(value)
    if problem:
        raise ZooError(f"{path} is refused: it {problem}.")
    return value


def _contents(path, largest=None):
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise ZooError(f"Cannot read {path}: it is not a regular file.")
        if largest is not None and status.st_size > largest:
            raise ZooError(
                f"{path} is refused: it has {status.st_size / 1e6:.1f} MB and is larger than "
                f"{largest >> 20} MB."
            )
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ZooError(f"Cannot read {path}: {error.strerror}.") from error


def _parsed(path, contents, hooks):
    try:
        return json.loads(contents.decode("utf-8"), **hooks)
    except json.JSONDecodeError as error:
        raise ZooError(f"{path} line {error.lineno} is not JSON: {error.msg}.") from error
    except _Refused as error:
        raise ZooError(f"{path} is refused: {error}.") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise ZooError(f"{path} is not a JSON text file in UTF-8.") from error
    except ValueError as error:  # an integer of thousands of digits
        raise ZooError(f"{path} is not JSON that can be read: {reason(error)}.") from error


class _Refused(Exception):
    pass


def object_of(pairs, where):
    """The dict of a JSON object, for `object_pairs_hook`.

    Raises:
        ZooError: a key occurs twice. `where`: str, the file or line, for the message.
    """
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ZooError(f"{where}: the key {_repeated(pairs)} occurs twice; expected it once.")
    return value


def _object(pairs):
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Refused(f"it has the key {_repeated(pairs)} twice")
    return value


def _repeated(pairs):
    """The first key that occurs twice, quoted."""
    seen = set()
    twice = next(name for name, _ in pairs if name in seen or seen.add(name))
    return json.dumps(twice)[:60]


def _no_constant(text):
    raise _Refused(f"it holds {text}, which is not a number of JSON")


def _problem(value):
    """The reason why `read_strict_json` refuses a value, as the end of a sentence, or None."""
    level, depth = [value], 0
    while level:
        if depth > STRICT_DEPTH:
            return f"is nested deeper than {STRICT_DEPTH} levels"
        below = []
        for item in level:
            if isinstance(item, dict):
                below += [*item, *item.values()]
            elif isinstance(item, list):
                below += item
            elif isinstance(item, float) and not math.isfinite(item):
                return "holds a number that is too large for a floating point number"
            elif isinstance(item, str) and not _is_unicode(item):
                return f"holds text that is not Unicode: {json.dumps(item)[:60]}"
        level, depth = below, depth + 1
    return None


def _is_unicode(text):
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{value!r} of type {type(value).__name__} is not JSON")
