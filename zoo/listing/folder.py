"""The files of a folder."""

import os
import posixpath
import stat

from zoo.errors import ZooError
from zoo.listing.names import (
    duplicate_name,
    in_one_form,
    is_data,
    is_hidden,
    kind_of_file,
    open_regular,
    shown,
    unreadable,
)
from zoo.listing.tree import Tree

_FOLLOW = "which is not followed. Put the files themselves there, or pass follow_links=True."


class Folder(Tree):
    """The files below a folder, read on demand."""

    def __init__(self, path, limits, follow_links):
        self._follow = follow_links
        super().__init__(path, limits)

    def describe(self, name=""):
        return shown(os.path.join(self.path, *name.split("/")) if name else self.path)

    def disk_path(self, name):
        """The path of a listed file, in the file system's own spelling."""
        return os.path.join(self.path, *self._entries[name].split("/"))

    def size(self, name):
        try:
            return os.stat(self.disk_path(name)).st_size
        except OSError as error:
            raise unreadable(self.describe(name), error) from None

    def _read(self, name):
        try:
            with open_regular(self.disk_path(name)) as file:
                return file.read()
        except OSError as error:
            raise unreadable(self.describe(name), error) from None
        except ZooError as error:  # the file changed after it was listed
            raise ZooError(f"{self.describe(name)}: {error}.") from None

    def _fill(self):
        self._count, self._spelt, self._real = 0, {}, {}
        root = os.path.realpath(self.path)
        waiting = [("", "", root, (root,))]
        while waiting:  # no recursion: the depth is untrusted input
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
                "you have permission to read."
            ) from None

    def _add(self, entry, parent, parent_raw, parent_real, above):
        """Records one entry; returns it if it is a folder whose entries are to be listed."""
        raw = posixpath.join(parent_raw, entry.name)
        name = posixpath.join(parent, in_one_form(entry.name))
        real = os.path.join(parent_real, entry.name)
        mode = _mode_of(entry)
        if stat.S_ISLNK(mode):
            real, mode = self._target(entry.path)
            if stat.S_ISDIR(mode) and real in above:
                return None  # its contents are already listed
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
        """The target of a link, and the target's mode: 0 if it does not exist."""
        try:
            return os.path.realpath(path), os.stat(path).st_mode
        except OSError:
            return os.path.realpath(path), 0

    def _refuse_link(self, name, real, mode):
        kind = kind_of_file(mode) if mode else "nothing"
        self._refuse(
            name,
            f"a link to {'a file' if stat.S_ISREG(mode) else kind} ({shown(real)}), "
            f"{_FOLLOW if mode else 'remove it, or restore its target.'}",
            not stat.S_ISREG(mode) or is_data(name),
        )

    def _is_new(self, name, raw, real, is_folder):
        """False for a repeated file that is not data; raises for repeated data and folders."""
        matters = is_folder or is_data(name)
        other = self._spelt.setdefault(name, raw)
        if other != raw:
            if matters:
                raise duplicate_name(self.describe(), other, raw)
            return False
        if self._follow and not is_folder:
            first = self._real.setdefault(real, name)
            if first != name:
                if matters:
                    raise ZooError(
                        f"{self.describe(name)}: the same file as {self.describe(first)}, by a "
                        "link; expected every file once. Remove one of the two."
                    )
                return False
        return True


def _mode_of(entry):
    """The mode of an entry as in `os.stat`, usually without another system call."""
    try:
        if entry.is_symlink():
            return stat.S_IFLNK
        if entry.is_dir(follow_symlinks=False):
            return stat.S_IFDIR
        if entry.is_file(follow_symlinks=False):
            return stat.S_IFREG
        return entry.stat(follow_symlinks=False).st_mode
    except OSError as error:
        raise unreadable(shown(entry.path), error) from None


def _odd(name):
    """The problem with the name of a file or folder on disk, or None."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "this name is not in UTF-8; rename it."
    if "\\" in name:
        return (
            "this name contains a backslash, which some programs leave when they unpack a .zip: "
            "put the file into folders, or rename it."
        )
    return None
