"""The two kinds of `zoo.listing.Tree`: a folder of the file system, and a .zip file."""

import os
import posixpath
import stat
import zipfile
import zlib

from zoo.errors import ZooError
from zoo.listing import Tree, in_one_form, is_data, is_hidden, kind_of_file, open_regular, shown

_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, IndexError,
    OverflowError, MemoryError,
)
_FOLLOW = (
    "which is not followed. Put the files themselves there, or pass follow_links=True."
)


class Folder(Tree):
    """The files below a folder; they are read when they are asked for."""

    def __init__(self, path, limits, follow_links):
        self._follow = follow_links
        super().__init__(path, limits)

    def describe(self, name=""):
        return shown(os.path.join(self.path, *name.split("/")) if name else self.path)

    def place(self, name):
        """The path of a listed file as the file system spells it."""
        return os.path.join(self.path, *self._entries[name].split("/"))

    def size(self, name):
        try:
            return os.stat(self.place(name)).st_size
        except OSError as error:
            raise _unreadable(self.describe(name), error) from None

    def _read(self, name):
        try:
            with open_regular(self.place(name)) as file:
                return file.read()
        except OSError as error:
            raise _unreadable(self.describe(name), error) from None
        except ZooError as error:  # it changed since it was listed
            raise ZooError(f"{self.describe(name)}: {error}.") from None

    def _fill(self):
        self._count, self._spelt, self._real = 0, {}, {}
        root = os.path.realpath(self.path)
        waiting = [("", "", root, (root,))]
        while waiting:  # no recursion: the depth is a stranger's
            name, raw, real, above = waiting.pop()
            self._check_depth(name)
            for entry in self._entries_of(raw):
                self._count += 1
                self._check_count(self._count)
                if not is_hidden(entry.name):
                    inner = self._add(entry, name, raw, real, above)
                    waiting += [inner] if inner else []
        del self._spelt, self._real

    def _entries_of(self, raw):
        path = os.path.join(self.path, *raw.split("/")) if raw else self.path
        try:
            with os.scandir(path) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise ZooError(
                f"{shown(path)}: this folder cannot be listed ({error.strerror}); give one that "
                "you may read."
            ) from None

    def _add(self, entry, parent, parent_raw, parent_real, above):
        """Notes one entry; returns it if it is a folder whose entries come next."""
        raw = posixpath.join(parent_raw, entry.name)
        name = posixpath.join(parent, in_one_form(entry.name))
        real = os.path.join(parent_real, entry.name)
        mode = _mode_of(entry)
        if stat.S_ISLNK(mode):
            real, mode = self._target(entry.path)
            if stat.S_ISDIR(mode) and real in above:
                return None  # everything in there is listed already
            if not self._follow or not mode:
                self._refuse_link(name, real, mode)
                return None
        if problem := _odd(entry.name):
            self._refuse(name, problem, stat.S_ISDIR(mode) or is_data(name))
        elif not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            self._refuse(name, f"{kind_of_file(mode)}, not a regular file.", is_data(name))
        elif self._is_new(name, raw, real, stat.S_ISDIR(mode)):
            if stat.S_ISDIR(mode):
                self._folders.add(name)
                return name, raw, real, (*above, real)
            self._entries[name] = raw
        return None

    def _target(self, path):
        """Where a link leads, and what is there: 0 where nothing is."""
        try:
            return os.path.realpath(path), os.stat(path).st_mode
        except OSError:
            return os.path.realpath(path), 0

    def _refuse_link(self, name, real, mode):
        kind = kind_of_file(mode) if mode else "nothing"
        self._refuse(
            name,
            f"a link to {'a file' if stat.S_ISREG(mode) else kind} ({shown(real)}), "
            f"{_FOLLOW if mode else 'remove it, or bring its target back.'}",
            not stat.S_ISREG(mode) or is_data(name),
        )

    def _is_new(self, name, raw, real, is_folder):
        """False of a file without meaning that is there already; raises for others."""
        matters = is_folder or is_data(name)
        other = self._spelt.setdefault(name, raw)
        if other != raw:
            if matters:
                raise _same_name(self.describe(), other, raw)
            return False
        if self._follow and not is_folder:
            first = self._real.setdefault(real, name)
            if first != name:
                if matters:
                    raise ZooError(
                        f"{self.describe(name)}: the same file as {self.describe(first)}, by a "
                        "link; expected each file once. Remove one of the two."
                    )
                return False
        return True


class Archive(Tree):
    """The files in a .zip file, which stays open."""

    in_memory = True

    def __init__(self, path, limits):
        self._file = _opened(path)
        super().__init__(path, limits)

    def describe(self, name=""):
        return shown(f"{self.path}:{name}" if name else self.path)

    def size(self, name):
        return self._entries[name].file_size

    def stamp(self, name):
        return f"CRC-32 {self._entries[name].CRC:08x}"

    def _read(self, name):
        info = self._entries[name]
        if info.flag_bits & 1:
            where = self.describe(name)
            raise ZooError(f"{where}: this entry is encrypted; pack the files without a password.")
        try:
            return self._file.read(info)
        except _BROKEN_ZIP as error:
            reason = shown(str(error) or type(error).__name__)[:160]
            raise ZooError(f"{self.describe(name)}: cannot be unpacked ({reason}).") from None

    def _fill(self):
        infos = self._file.infolist()
        self._check_count(len(infos))
        self._check_sizes(infos)
        spelt = {}
        for info in infos:
            name, certain = _decoded(info)
            raw = name.replace("\\", "/")
            parts = [part for part in raw.split("/") if part not in ("", ".")]
            if not parts or any(map(is_hidden, (part for part in parts if part != ".."))):
                continue
            self._check_name(info, raw, parts)
            name = in_one_form("/".join(parts))
            self._check_depth(name)
            is_folder = raw.endswith("/")
            if not certain and (is_folder or is_data(name)):
                raise ZooError(
                    f"{self.describe(name)}: this name is not in UTF-8, so that its letters are "
                    "not certain. Pack the files again, with a program that writes UTF-8."
                )
            if stat.S_ISLNK(info.external_attr >> 16):
                self._refuse(name, "a link, and links in a .zip are not followed.", True)
                continue
            self._add(info, name, "/".join(parts), is_folder, spelt)

    def _add(self, info, name, raw, is_folder, spelt):
        folders = raw.split("/") if is_folder else raw.split("/")[:-1]
        for end in range(len(folders), 0, -1):
            folder = "/".join(folders[:end])
            clean = in_one_form(folder)
            if spelt.setdefault(clean, folder) != folder:
                raise _same_name(self.describe(), spelt[clean], folder)
            if clean in self._folders:
                break
            self._folders.add(clean)
        if not is_folder:
            if name in self._entries and is_data(name):
                raise ZooError(
                    f"{self.describe(name)}: two entries have this name; pack the files again, "
                    "each once."
                )
            self._entries[name] = info

    def _check_name(self, info, raw, parts):
        """Names that no honest archive has."""
        problem = None
        if "\0" in info.orig_filename:
            problem = "holds a zero byte"
        elif raw.startswith("/") or raw[1:3] == ":/":
            problem = "starts at the root of a disk"
        elif ".." in parts:
            problem = 'has a part ".."'
        if problem:
            raise ZooError(
                f'{self.describe()}: the name "{shown(info.orig_filename)[:120]}" {problem}; '
                "expected names inside the archive. Pack the files again."
            )

    def _check_sizes(self, infos):
        limits, packed = self.limits, os.path.getsize(self.path)
        total = sum(info.file_size for info in infos)
        advice = "If you trust the file, raise the limit; else remove it."
        for info in infos:
            if info.file_size > limits.file_bytes:
                raise ZooError(
                    f"{self.describe(_decoded(info)[0])}: {info.file_size:,} bytes unpacked, but "
                    f"at most {limits.file_bytes:,} are read (the limit file_bytes). {advice}"
                )
        if total > limits.archive_bytes:
            raise ZooError(
                f"{self.describe()}: {total:,} bytes unpacked, but at most "
                f"{limits.archive_bytes:,} are read (the limit archive_bytes). {advice}"
            )
        if total > limits.ratio_from and total > limits.ratio * packed:
            raise ZooError(
                f"{self.describe()}: {packed:,} bytes that unpack to {total:,}, more than "
                f"{limits.ratio} times as much (the limit ratio). {advice}"
            )


def _opened(path):
    """The open .zip file: one from its first byte on, not a file with a .zip behind it."""
    expected = ZooError(f"{shown(path)}: expected a folder or a .zip file of the same layout.")
    if not os.path.isfile(path):
        raise expected
    try:
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError as error:
        raise _unreadable(shown(path), error) from None
    if start not in (b"PK\3\4", b"PK\5\6"):
        raise expected
    try:
        file = zipfile.ZipFile(path)
    except (*_BROKEN_ZIP, NotImplementedError) as error:
        text = f"{shown(path)}: expected a folder or a .zip file of the same layout, but this "
        if isinstance(error, UnicodeDecodeError):
            text += "one holds names that are not UTF-8, although it says so; pack the files again."
        else:
            text += "one is damaged or cut off; copy or download it again."
        raise ZooError(text) from None
    if file.infolist() and min(info.header_offset for info in file.infolist()):
        raise ZooError(
            f"{shown(path)}: a .zip file behind other content; expected one that starts with its "
            "first entry. Take the archive out, or pack the files again."
        )
    return file


def _decoded(info):
    """(name of an entry, whether its letters are certain).

    Without the flag for UTF-8 the name is UTF-8 all the same (as macOS writes it), or in the code
    page of an unknown computer.
    """
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename, True
    try:
        return info.filename.encode("cp437").decode("utf-8"), True
    except UnicodeError:
        return info.filename, False


def _mode_of(entry):
    """The kind of an entry as `os.stat` tells it, mostly without asking the disk again."""
    try:
        if entry.is_symlink():
            return stat.S_IFLNK
        if entry.is_dir(follow_symlinks=False):
            return stat.S_IFDIR
        if entry.is_file(follow_symlinks=False):
            return stat.S_IFREG
        return entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        raise _unreadable(shown(entry.path), error) from None


def _odd(name):
    """What is wrong with the name of a file or folder on disk, or None."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "this name is not in UTF-8; rename it."
    if "\\" in name:
        return (
            'there is a backslash in this name, as some programs leave it that unpack a .zip: put '
            "the file into folders, or rename it."
        )
    return None


def _same_name(where, first, second):
    return ZooError(
        f"{where}: {ascii(first)} and {ascii(second)} are the same name, written in two ways of "
        "Unicode; rename or remove one of them."
    )


def _unreadable(where, error):
    return ZooError(f"{where}: cannot be read ({error.strerror or error}).")
