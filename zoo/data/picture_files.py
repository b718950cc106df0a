"""Pictures below a folder or in a .zip file: found by their ending, checked, decoded on demand."""

import bisect
import os
import posixpath
import zipfile
import zlib

import tensorflow as tf

from zoo.data.caption_folder import open_files
from zoo.errors import ZooError
from zoo.pictures import decode_picture

SPLITS = ("train", "val", "test")
_READ = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
_NOT_READ = (".tif", ".tiff", ".avif", ".heic", ".jp2", ".ppm", ".pgm")
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError)
_KEEP_GOING = 'Pass on_error="skip" to leave such pictures out.'


class PictureTree:
    """The folders and pictures of a folder or a .zip file. Names have "/" between their parts.

    Hidden files, `__MACOSX` and files that are no pictures by their ending are not seen. Kinds of
    pictures that are not read, such as .tif, are seen: they fail when decoded.
    """

    def __init__(self, directory):
        self.directory = os.fspath(directory)
        self.files = open_files(self.directory)
        folders, names = _walk(self.directory)
        self._pictures = sorted(name for name in names if _is_picture(name))
        self._folders = {parent for name in names for parent in _parents(name)}
        self._folders |= {folder for name in folders for folder in (name, *_parents(name))}

    def has(self, folder):
        return folder == "" or folder in self._folders

    def folders(self, folder):
        """Names of the folders directly inside `folder`, sorted."""
        return sorted(
            posixpath.basename(name) for name in self._folders if posixpath.dirname(name) == folder
        )

    def pictures(self, folder):
        """The pictures below `folder`, sorted."""
        if not folder:
            return self._pictures
        first, last = (bisect.bisect_left(self._pictures, f"{folder}{end}") for end in "/0")
        return self._pictures[first:last]  # "0" is what follows "/" in order

    def describe(self, name):
        return self.files.describe(name) if name else self.directory

    def roots(self, split):
        """Where the files of a split may lie, best first: its folder, or all if none has one."""
        prefixes = self.files.prefixes
        own = [posixpath.join(prefix, split) for prefix in prefixes if split]
        if own := [name for name in own if self.has(name)]:
            return own
        if any(self.has(posixpath.join(prefix, name)) for prefix in prefixes for name in SPLITS):
            return []
        return list(reversed(prefixes))  # of one packed folder, first what is inside it


class PictureList:
    """Some pictures of a tree: a source with `len()` and `load`, but no labels.

    Args:
        tree: `PictureTree`.
        names: pictures of the tree.
        on_error: "raise" stops at the first bad picture, "skip" leaves it out.
        check: decodes every picture once, so that a broken one is found now and not in the middle
            of a training.
        rule: what else a checked picture must fulfil: (height, width) -> None or what is wrong.

    Attributes:
        file_names: names of the good pictures.
        kept: their indices into `names`.
        skipped: messages of those that were left out.
        image_size: the shorter side of the first picture, pixels; None without a picture.

    Raises:
        ZooError: a picture that cannot be read, does not decode or breaks the rule; names it.
    """

    def __init__(self, tree, names, on_error="raise", check=True, rule=None):
        if on_error not in ("raise", "skip"):
            raise ZooError(f'on_error must be "raise" or "skip", but {on_error!r} came.')
        self.skipped, self._tree, self._files = [], tree, tree.files
        data, readable, problems = _read(tree.files, names)
        first = readable[:1]  # this one is decoded in any case, for the size
        problems |= self._check(data, readable, rule) if check else self._check(data, first)
        for name in (name for name in names if name in problems):
            message = f"{tree.describe(name)}: {problems[name]}"
            if on_error == "raise":
                raise ZooError(f"{message} {_KEEP_GOING}")
            self.skipped.append(message)
        self.kept = [i for i, name in enumerate(names) if name not in problems]
        self.file_names = [names[i] for i in self.kept]
        good = [i for i, name in enumerate(readable) if name not in problems]
        with tf.device("CPU:0"):
            self._data = tf.gather(data, tf.constant(good, tf.int64))
        self.image_size = int(min(self.load(0).shape[:2])) if good else None

    def __len__(self):
        return len(self.file_names)

    def load(self, index):
        """Picture `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return decode_picture(self._files.read(self._data[index]))

    def _check(self, data, names, rule=None):
        """Decodes every picture in parallel: name -> what is wrong with it."""
        if not names:
            return {}

        def size(index):
            return index, tf.shape(decode_picture(self._files.read(data[index])))[:2]

        sizes = tf.data.Dataset.range(len(names)).map(size, num_parallel_calls=tf.data.AUTOTUNE)
        sizes = sizes.ignore_errors(log_warning=False).prefetch(256)
        found = {int(index): tuple(shape) for index, shape in sizes.as_numpy_iterator()}
        problems = {}
        for index, name in enumerate(names):
            if index not in found:
                problems[name] = self._why_not(name)
            elif rule and (problem := rule(*map(int, found[index]))):
                problems[name] = problem
        return problems

    def _why_not(self, name):
        try:
            decode_picture(tf.constant(self._files.bytes(name)))
            reason = "it changed while it was read"
        except (tf.errors.OpError, OSError) as error:
            reason = str(getattr(error, "message", error)).split("\n")[0][:120]
        return f"does not decode ({reason}); expected PNG, JPEG, GIF or BMP."


def _read(files, names):
    """What `files.read` needs of the names, the names that can be had, and why others cannot.

    Of a .zip these are the bytes. Files of a folder are read when they are decoded.
    """
    try:
        return files.tensor(names), names, {}
    except _BROKEN_ZIP:
        problems = {}
    for name in names:
        try:
            files.bytes(name)
        except _BROKEN_ZIP as error:
            problems[name] = f"cannot be unpacked ({error})."
    readable = [name for name in names if name not in problems]
    return files.tensor(readable), readable, problems


def _walk(directory):
    """(folders, files) below a folder or in a .zip, as names relative to it."""
    if not os.path.isdir(directory):
        with zipfile.ZipFile(directory) as archive:
            names = [name for name in archive.namelist() if _visible(name)]
        folders = [name.rstrip("/") for name in names if name.endswith("/")]
        return folders, [name for name in names if not name.endswith("/")]
    folders, files = [], []
    for folder, inner, names in os.walk(directory, followlinks=True):
        inner[:] = [name for name in inner if _visible(name)]
        place = os.path.relpath(folder, directory).replace(os.sep, "/")
        place = "" if place == "." else place
        folders += [posixpath.join(place, name) for name in inner]
        files += [posixpath.join(place, name) for name in names if _visible(name)]
    return folders, files


def _visible(name):
    return not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _is_picture(name):
    return name.lower().endswith(_READ + _NOT_READ)


def _parents(name):
    while name := posixpath.dirname(name):
        yield name
