"""The files of a .zip file."""

import os
import stat
import zipfile
import zlib

from zoo.errors import ZooError
from zoo.listing.names import (
    duplicate_name,
    in_one_form,
    is_data,
    is_hidden,
    problem_of_name,
    shown,
    unreadable,
)
from zoo.listing.tree import Tree

_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, IndexError,
    OverflowError, MemoryError,
)


class Archive(Tree):
    """The files in a .zip file, which is kept open."""

    in_memory = True

    def __init__(self, path, limits):
        self._file = _open_zip(path)
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
                    f"{self.describe(name)}: this name is not in UTF-8, so its characters are "
                    "uncertain. Pack the files again, with a program that writes UTF-8."
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
                raise duplicate_name(self.describe(), spelt[clean], folder)
            if clean in self._folders:
                break
            self._folders.add(clean)
        if not is_folder:
            if name in self._entries and is_data(name):
                raise ZooError(
                    f"{self.describe(name)}: two entries have this name; pack the files again, "
                    "each of them once."
                )
            self._entries[name] = info

    def _check_name(self, info, raw, parts):
        """Raises for names that only a broken or hostile archive contains."""
        problem = problem_of_name(info.orig_filename, raw, parts)
        if problem:
            raise ZooError(
                f'{self.describe()}: the name "{shown(info.orig_filename)[:120]}" {problem}; '
                "expected names inside the archive. Pack the files again."
            )

    def _check_sizes(self, infos):
        limits, packed = self.limits, os.path.getsize(self.path)
        total = sum(info.file_size for info in infos)
        advice = "If you trust the file, raise the limit; otherwise remove it."
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


def _open_zip(path):
    """Opens a .zip file, which must start at the first byte (no archive after other content)."""
    expected = ZooError(f"{shown(path)}: expected a folder or a .zip file of the same layout.")
    if not os.path.isfile(path):
        raise expected
    try:
        with open(path, "rb") as file:
            start = file.read(4)
    except OSError as error:
        raise unreadable(shown(path), error) from None
    if start not in (b"PK\3\4", b"PK\5\6"):
        raise expected
    try:
        file = zipfile.ZipFile(path)
    except (*_BROKEN_ZIP, NotImplementedError) as error:
        text = f"{shown(path)}: expected a folder or a .zip file of the same layout, but this "
        if isinstance(error, UnicodeDecodeError):
            text += "one declares UTF-8 names that are not UTF-8; pack the files again."
        else:
            text += "one is damaged or truncated; copy or download it again."
        raise ZooError(text) from None
    if file.infolist() and min(info.header_offset for info in file.infolist()):
        raise ZooError(
            f"{shown(path)}: a .zip file after other content; expected one that starts with its "
            "first entry. Extract the archive, or pack the files again."
        )
    return file


def _decoded(info):
    """(name of an entry, whether its characters are certain).

    Without the UTF-8 flag, the name is either UTF-8 nevertheless (as macOS writes it) or in the
    code page of an unknown computer.
    """
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename, True
    try:
        return info.filename.encode("cp437").decode("utf-8"), True
    except UnicodeError:
        return info.filename, False
