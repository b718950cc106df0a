"""What lies in a folder or a .zip file: the one listing. It reads names and sizes, no image.

The rules, which are the same for both:

- Names are given relative to the root, with "/" between their parts, in Unicode's form NFC.
- Hidden entries are not seen: what starts with a dot, and what systems leave behind (`HIDDEN`).
- Only regular files are listed. An image, `metadata.jsonl` or embeddings that are something else
  (a named pipe, a socket, a device, a link), a link that may lead to images, or a name that cannot
  be told with certainty stops the listing with a sentence that names it.
- With `follow_links=True` links are followed, also out of the root; a link to a folder that it
  lies in is not, and a file that is reached under two names stops the listing. Two hard links are
  two files: a copy of the same folder on another disk must not have another number of images.
- The bounds of `Limits` are checked before anything is unpacked.
"""

import bisect
import dataclasses
import functools
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


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a folder or a .zip file may hold; more is refused before anything is unpacked.

    Args:
        entries: int. Files and folders, hidden ones included.
        depth: int. Folders inside folders.
        file_bytes: int. One file, unpacked.
        archive_bytes: int. All files of a .zip together, unpacked.
        ratio: int. Unpacked bytes for each byte of the .zip file, where it unpacks to more than
            `ratio_from` bytes.
        ratio_from: int.
        metadata_bytes: int. A `metadata.jsonl`.
        line_bytes: int. One line of `metadata.jsonl`.
    """

    entries: int = 2_000_000
    depth: int = 32
    file_bytes: int = 2**30
    archive_bytes: int = 2**36
    ratio: int = 100
    ratio_from: int = 2**26
    metadata_bytes: int = 2**29
    line_bytes: int = 2**20

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ZooError(
                    f"The limit {field.name} must be a whole number from 1 on, but got {value!r}."
                )


LIMITS = Limits()


def open_tree(path, *, limits=LIMITS, follow_links=False):
    """Lists a folder or a .zip file.

    Args:
        path: str or path of the folder or file; it may be a link itself.
        limits: `Limits`.
        follow_links: bool. Of a folder: follow the links in it. Those in a .zip never are.

    Returns:
        `Tree`.

    Raises:
        ZooError: no such folder or .zip file, one that cannot be listed, is damaged or breaks a
            limit, or an entry that the rules of this module refuse; names it.
    """
    from zoo import listing_sources

    try:
        path = os.fsdecode(path)
    except TypeError:
        raise ZooError(f"Expected the path of a folder or .zip file, but got {path!r}.") from None
    if "\0" in path:
        raise ZooError(f"{shown(path)}: no such folder or .zip file.")
    if os.path.isdir(path):
        return listing_sources.Folder(path, limits, follow_links)
    if not os.path.exists(path):
        raise ZooError(f"{shown(path)}: no such folder or .zip file.")
    return listing_sources.Archive(path, limits)


class Tree:
    """The folders and files of a folder or a .zip file; see the rules of this module.

    Attributes:
        path: str, of the folder or .zip file.
        limits: `Limits`.
        in_memory: bool. True of a .zip: its files have no path of their own.
    """

    in_memory = False

    def __init__(self, path, limits):
        self.path, self.limits = path, limits
        self._entries = {}  # name of a file -> what `_read` needs
        self._folders = {""}
        self._refused = {}  # name -> why it is not listed
        self._fill()
        for name, reason in self._refused.items():
            if reason.stops:
                raise ZooError(f"{self.describe(name)}: {reason.text}")
        self._names = sorted(self._entries)
        self._images = [name for name in self._names if is_image(name)]
        self._inner = {}
        for name in sorted(self._folders - {""}):
            self._inner.setdefault(posixpath.dirname(name), []).append(posixpath.basename(name))

    def folders(self, folder=""):
        """Names of the folders directly inside `folder`, sorted, empty ones included."""
        return list(self._inner.get(folder, ()))

    def files(self, folder="", recursive=True):
        """The files below `folder`, or directly inside it, sorted: names relative to the root."""
        return _below(self._names, folder, recursive)

    def images(self, folder="", recursive=True):
        """The images among `files`: those that end in `zoo.images.decode.EXTENSIONS`, and those of
        `KNOWN_UNREAD`, so that they are refused by name and not left out."""
        return _below(self._images, folder, recursive)

    def exists(self, name):
        """True of a listed file."""
        return name in self._entries

    def has_folder(self, name):
        """True of a folder, also an empty one; "" is the root."""
        return name in self._folders

    def why_not(self, name):
        """Why something that is there is not listed, a sentence; else None."""
        return self._refused[name].text if name in self._refused else None

    def bytes(self, name, limit=None):
        """The content of a file.

        Args:
            name: str, of a file.
            limit: int, the most bytes that are read; None takes `limits.file_bytes`.

        Raises:
            ZooError: not a listed file, too large, encrypted, damaged or not readable; names it.
        """
        if name not in self._entries:
            raise ZooError(f"{self.describe(name)}: {self.why_not(name) or 'no such file.'}")
        self.check_size(name, limit)
        return self._read(name)

    def check_size(self, name, limit=None):
        """Raises `ZooError` for a listed file of more bytes than `bytes` reads."""
        limit = self.limits.file_bytes if limit is None else limit
        if (size := self.size(name)) > limit:
            raise ZooError(
                f"{self.describe(name)}: {size:,} bytes, but at most {limit:,} are read (see "
                "zoo.listing.Limits)."
            )

    def describe(self, name=""):
        """The place of a file or folder, for messages."""
        raise NotImplementedError

    def size(self, name):
        """Bytes of a file, unpacked."""
        raise NotImplementedError

    def stamp(self, name):
        """What tells a file's content from another without reading it: of a folder its size, of a
        .zip the CRC-32."""
        return f"{self.size(name)} bytes"

    @functools.cached_property
    def roots(self):
        """Folders that may be the real root, outermost first; the given one is "".

        One level further down is such a folder too, where all images lie in one folder.
        """
        roots = [""]
        while not self.images(roots[-1], recursive=False):
            inner = [posixpath.join(roots[-1], name) for name in self.folders(roots[-1])]
            inner = [name for name in inner if self.images(name)]
            if len(inner) != 1:
                break
            roots += inner
        return roots

    def _fill(self):
        """Fills `_entries`, `_folders` and `_refused`."""
        raise NotImplementedError

    def _read(self, name):
        raise NotImplementedError

    def _refuse(self, name, text, stops):
        self._refused[name] = _Reason(text, stops)

    def _check_count(self, count):
        if count > self.limits.entries:
            raise ZooError(
                f"{shown(self.path)}: more than {self.limits.entries:,} files and folders (the "
                "limit entries); give a smaller folder, or raise the limit."
            )

    def _check_depth(self, name):
        if name.count("/") >= self.limits.depth:
            raise ZooError(
                f"{shown(self.path)}: folders inside folders, more than {self.limits.depth} deep "
                f"(the limit depth): {shown(name)[:80]}... Give a folder that is less deep."
            )


@dataclasses.dataclass(frozen=True)
class _Reason:
    text: str
    stops: bool


def _below(names, folder, recursive):
    if folder:
        first, last = (bisect.bisect_left(names, f"{folder}{end}") for end in "/0")
        names = names[first:last]  # "0" is what follows "/" in order
    if recursive:
        return list(names)
    start = len(folder) + 1 if folder else 0
    return [name for name in names if "/" not in name[start:]]


def is_image(name):
    """True of the name of an image, also one of a kind that is not read."""
    return name.lower().endswith(EXTENSIONS + KNOWN_UNREAD)


def is_data(name):
    """True of the name of a file that a source reads: an image, metadata or embeddings."""
    return is_image(name) or posixpath.basename(name).lower() in (METADATA, EMBEDDINGS)


def is_hidden(part):
    """True of one part of a name that is not seen."""
    return part.startswith(".") or part.lower() in HIDDEN


def shown(name):
    """A name for a message: on one line, and without what a terminal cannot print."""
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def open_regular(path):
    """Opens a regular file for reading bytes; nothing else is opened, so that nothing waits.

    Raises:
        OSError: it cannot be opened.
        ZooError: a named pipe, a device, a folder ..., without the file's name.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not stat.S_ISREG(mode := os.stat(path).st_mode):
        raise ZooError(f"{kind_of_file(mode)}, not a regular file")
    return open(os.open(path, flags), "rb")


def in_one_form(name):
    """A name as a listing has it, in Unicode's form NFC."""
    return unicodedata.normalize("NFC", name) if isinstance(name, str) else name


def kind_of_file(mode):
    """What a file is that is not regular, in words; `mode` as in `os.stat`."""
    kinds = [
        (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"), (stat.S_ISDIR, "a folder"),
        (stat.S_ISLNK, "a link"),
    ]
    return next((words for test, words in kinds if test(mode)), "something else")
