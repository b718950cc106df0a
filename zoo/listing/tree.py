"""`Tree`, the base class of the two kinds of listing."""

import bisect
import dataclasses
import functools
import posixpath

from zoo.errors import ZooError
from zoo.listing.names import is_image, shown


class Tree:
    """The folders and files of a folder or a .zip file, by the rules of `zoo.listing`.

    Attributes:
        path: str, the folder or .zip file.
        limits: `Limits`.
        in_memory: bool. True for a .zip, whose files have no path on disk.
    """

    in_memory = False

    def __init__(self, path, limits):
        self.path, self.limits = path, limits
        self._entries = {}  # name of a file -> the entry that `_read` uses
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
        """Sorted names of the folders directly inside `folder`, including empty ones."""
        return list(self._inner.get(folder, ()))

    def files(self, folder="", recursive=True):
        """Sorted names, relative to the root, of the files below `folder` or directly inside it."""
        return _below(self._names, folder, recursive)

    def images(self, folder="", recursive=True):
        """The images among `files`: names that end in `zoo.images.decode.EXTENSIONS`, and in
        `KNOWN_UNREAD`, so that these are refused by name and not silently left out."""
        return _below(self._images, folder, recursive)

    def exists(self, name):
        """Whether a file is listed."""
        return name in self._entries

    def has_folder(self, name):
        """Whether a folder is there, possibly empty; "" is the root."""
        return name in self._folders

    def why_not(self, name):
        """A sentence that says why an existing entry is not listed, or None."""
        return self._refused[name].text if name in self._refused else None

    def bytes(self, name, limit=None):
        """The content of a file.

        Args:
            name: str, a file.
            limit: int, maximum number of bytes; None is `limits.file_bytes`.

        Raises:
            ZooError: the file is not listed, too large, encrypted, damaged or not readable; the
                message names it.
        """
        if name not in self._entries:
            raise ZooError(f"{self.describe(name)}: {self.why_not(name) or 'no such file.'}")
        self.check_size(name, limit)
        return self._read(name)

    def check_size(self, name, limit=None):
        """Raises `ZooError` if a listed file has more bytes than `bytes` reads."""
        limit = self.limits.file_bytes if limit is None else limit
        if (size := self.size(name)) > limit:
            raise ZooError(
                f"{self.describe(name)}: {size:,} bytes, but at most {limit:,} are read (see "
                "zoo.listing.Limits)."
            )

    def describe(self, name=""):
        """The location of a file or folder, for messages."""
        raise NotImplementedError

    def size(self, name):
        """Unpacked bytes of a file."""
        raise NotImplementedError

    def stamp(self, name):
        """A stamp of a file's content that needs no reading: its size in a folder, its CRC-32 in a
        .zip."""
        return f"{self.size(name)} bytes"

    @functools.cached_property
    def roots(self):
        """Folders that may be the real root, outermost first, starting with "".

        A level whose images are all in one folder also makes that folder a candidate.
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
                f"{shown(self.path)}: folders are nested more than {self.limits.depth} deep "
                f"(the limit depth): {shown(name)[:80]}... Give a folder with fewer levels."
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
