"""File names in a listing: hidden names, names of data files, and names in error messages."""

import os
import posixpath
import stat
import unicodedata

from zoo.errors import ZooError
from zoo.images.decode import EXTENSIONS, KNOWN_UNREAD

METADATA = "metadata.jsonl"
EMBEDDINGS = "embeddings.npy"
HIDDEN = (
    "__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "$recycle.bin",
    "system volume information", "lost+found", "#recycle", "icon\r", "__pycache__",
)


def is_image(name):
    """Whether a name is that of an image, including formats that are not read."""
    return name.lower().endswith(EXTENSIONS + KNOWN_UNREAD)


def is_data(name):
    """Whether a source reads a file of this name: an image, metadata or embeddings."""
    return is_image(name) or posixpath.basename(name).lower() in (METADATA, EMBEDDINGS)


def is_hidden(part):
    """Whether one part of a name makes the entry hidden."""
    return part.startswith(".") or part.lower() in HIDDEN


def shown(name):
    """A name for a message: on one line, with unprintable characters escaped."""
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def problem_of_name(original, raw, parts):
    """What is wrong with a name in an archive that only a broken or hostile one contains, or None.

    Args:
        original: str, the name as stored. raw: str, with "/" between its parts.
        parts: list of str, its parts without empty ones and ".".
    """
    if "\0" in original:
        return "contains a zero byte"
    if raw.startswith("/") or raw[1:3] == ":/":
        return "is an absolute path"
    return 'contains ".."' if ".." in parts else None


def open_regular(path):
    """Opens a regular file for reading bytes. Other kinds are refused, since they could block.

    Raises:
        OSError: the file cannot be opened.
        ZooError: a named pipe, a device, a folder ...; the message does not name the file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not stat.S_ISREG(mode := os.stat(path).st_mode):
        raise ZooError(f"{kind_of_file(mode)}, not a regular file")
    return open(os.open(path, flags), "rb")


def in_one_form(name):
    """A name in Unicode normal form NFC, as in a listing."""
    return unicodedata.normalize("NFC", name) if isinstance(name, str) else name


def kind_of_file(mode):
    """The kind of a file that is not regular, in words; `mode` is that of `os.stat`."""
    kinds = [
        (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"), (stat.S_ISDIR, "a folder"),
        (stat.S_ISLNK, "a link"),
    ]
    return next((words for test, words in kinds if test(mode)), "something else")


def duplicate_name(where, first, second):
    return ZooError(
        f"{where}: {ascii(first)} and {ascii(second)} are the same name in two Unicode spellings; "
        "rename or remove one of them."
    )


def unreadable(where, error):
    return ZooError(f"{where}: cannot be read ({error.strerror or error}).")
