"""Captioned pictures in a folder or a zip file, described by `metadata.jsonl`."""

import io
import json
import os
import posixpath
import zipfile

import numpy as np
import tensorflow as tf

from zoo.data.embedding_store import as_embeddings
from zoo.errors import ZooError
from zoo.pictures import decode_picture

METADATA = "metadata.jsonl"
EMBEDDINGS = "embeddings.npy"


class CaptionFolder:
    """Pictures with a `metadata.jsonl` beside them, one JSON object a line.

    A line has `file_name` (relative to the folder of the metadata) and the captions: `text`, one
    string, or `texts` or `captions`, a list of strings. Other keys are kept in `records`. The
    metadata is searched at `directory/split/metadata.jsonl`, then at `directory/metadata.jsonl`;
    `directory` may also be a .zip file of the same layout, which is read into memory. How
    grey, transparent and 16-bit pictures become RGB: see `zoo.pictures.decode_picture`.

    Pictures with the same captions share a label.

    Example:
        source = CaptionFolder("emoji.zip", split="test")
        source.captions[0]     # ["keycap: 6"]
        source.load(0).shape   # (128, 128, 3)

    Args:
        directory: path of the folder or .zip file.
        split: name of the sub-folder.
        on_error: "raise" stops at the first bad line or picture; "skip" leaves it out and adds
            the message to `skipped`.
        check: decodes every picture once, so that a broken one is found now and not in the
            middle of a training. Without it only missing files are found.
        embeddings: also read `embeddings.npy`, which lies beside the metadata, into `embeddings`,
            float32 (pictures, captions, features). The file has an array of that shape or
            (pictures, features), a row for each line of the metadata in order; rows of lines that
            were skipped are left out. Otherwise `embeddings` is None.

    Raises:
        ZooError: the folder, the metadata, a line (not JSON, a missing key, no caption, a path
            that leaves the folder) or a picture (missing, does not decode) is bad; names the
            file and the line. The embeddings are missing or do not fit.
    """

    def __init__(self, directory, split="train", on_error="raise", check=True, embeddings=False):
        if on_error not in ("raise", "skip"):
            raise ZooError(f'on_error must be "raise" or "skip", but {on_error!r} came.')
        self.directory = os.fspath(directory)
        self.split = split
        self.on_error = on_error
        self.skipped = []
        self._files = open_files(self.directory)
        self._metadata = self._find_metadata()
        rows = [row for row in self._parse_lines() if row is not None]
        if check and rows:
            rows = self._check_pictures(rows)
        if not rows:
            raise ZooError(
                f"{self._metadata}: no usable picture is left"
                + (
                    f" ({len(self.skipped)} skipped, first: {self.skipped[0]})"
                    if self.skipped
                    else "; it has no lines"
                )
                + "."
            )
        self.file_names = [row["file_name"] for row in rows]
        self.captions = [row["captions"] for row in rows]
        self.records = [row["record"] for row in rows]
        self.labels = labels_of(self.captions)
        self.embeddings = self._read_embeddings()[[r["row"] for r in rows]] if embeddings else None
        self._data = self._files.tensor([row["path"] for row in rows])
        self.image_size = int(min(self.load(0).shape[:2]))

    def __len__(self):
        return len(self.captions)

    def load(self, index):
        """Picture `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return decode_picture(self._files.read(self._data[index]))

    def _find_metadata(self):
        tried = [posixpath.join(self.split, METADATA), METADATA] if self.split else [METADATA]
        for prefix in self._files.prefixes:
            for name in (posixpath.join(prefix, candidate) for candidate in tried):
                if self._files.exists(name):
                    self._root = posixpath.dirname(name)
                    return self._files.describe(name)
        raise ZooError(
            f"{self.directory}: expected {' or '.join(tried)} there (one JSON object a line with "
            f'"file_name" and "text"), but found neither.'
        )

    def _parse_lines(self):
        data = self._files.bytes(posixpath.join(self._root, METADATA))
        self._lines = 0  # with something in them
        for number, line in enumerate(data.split(b"\n"), start=1):
            if line.strip():
                try:
                    yield {"row": self._lines, **self._parse_line(line, number)}
                except ZooError as error:
                    self._fail(error)
                self._lines += 1

    def _parse_line(self, line, number):
        where = f"{self._metadata}, line {number}"
        try:
            record = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise ZooError(f"{where}: not JSON ({error}); expected one object a line.") from None
        if not isinstance(record, dict):
            raise ZooError(f"{where}: expected a JSON object, but a {type(record).__name__} came.")
        name = record.get("file_name")
        if not isinstance(name, str) or not name:
            raise ZooError(f'{where}: expected "file_name", a string, but {_came(name)}.')
        captions = _captions(record, where)
        path = posixpath.normpath(posixpath.join(self._root, name))
        inside = self._root == "" or path.startswith(self._root + "/")
        if (
            name.startswith("/")
            or "\\" in name
            or "\0" in name
            or path.startswith("..")
            or (not inside or os.path.isabs(name))
        ):
            raise ZooError(
                f'{where}: "{name}" leaves the folder; expected a path below it with "/".'
            )
        if not self._files.exists(path):
            raise ZooError(f'{where}: the picture "{name}" is missing.')
        return {
            "file_name": name,
            "path": path,
            "captions": captions,
            "record": record,
            "where": where,
        }

    def _check_pictures(self, rows):
        """Decodes every picture in parallel; returns the rows whose picture is good."""
        data = self._files.tensor([row["path"] for row in rows])

        def size(index):
            return index, tf.shape(decode_picture(self._files.read(data[index])))

        checked = tf.data.Dataset.range(len(rows)).map(size, num_parallel_calls=tf.data.AUTOTUNE)
        checked = checked.ignore_errors(log_warning=False).prefetch(256)
        good = {int(index) for index, _ in checked.as_numpy_iterator()}
        for row in (row for index, row in enumerate(rows) if index not in good):
            self._fail(self._decode_error(row))
        return [row for index, row in enumerate(rows) if index in good]

    def _read_embeddings(self):
        """(lines, captions, features): a row for each line, also for those that were skipped."""
        name = posixpath.join(self._root, EMBEDDINGS)
        where = self._files.describe(name)
        if not self._files.exists(name):
            raise ZooError(f"{where}: no such file; it is needed with embeddings=True.")
        try:
            array = np.load(io.BytesIO(self._files.bytes(name)), allow_pickle=False)
        except Exception as error:  # a broken file can fail in any way
            reason = str(error).split("\n")[0]
            raise ZooError(
                f"{where}: not an array of numbers in NumPy's .npy format ({reason})."
            ) from None
        return as_embeddings(array, self._lines, where)

    def _decode_error(self, row):
        reason = "it changed while it was read"
        try:
            decode_picture(tf.constant(self._files.bytes(row["path"])))
        except (tf.errors.OpError, OSError) as error:
            reason = str(getattr(error, "message", error)).split("\n")[0][:120]
        return ZooError(
            f'{row["where"]}: the picture "{row["file_name"]}" does not decode ({reason}); '
            "expected PNG, JPEG, GIF or BMP."
        )

    def _fail(self, error):
        if self.on_error == "raise":
            raise ZooError(f'{error} Pass on_error="skip" to leave such lines out.') from None
        self.skipped.append(str(error))


def labels_of(captions):
    """Label of each picture: int64 [n], equal where the whole list of captions is equal.

    Labels count from 0 in order of first appearance.
    """
    known = {}
    return np.array([known.setdefault(tuple(entry), len(known)) for entry in captions], np.int64)


def _captions(record, where):
    for key in ("text", "texts", "captions"):
        if key in record:
            value = record[key]
            captions = [value] if key == "text" else value
            if (
                not isinstance(captions, list)
                or not captions
                or not all(isinstance(caption, str) and caption.strip() for caption in captions)
            ):
                kind = "a caption" if key == "text" else "a list of captions"
                raise ZooError(f'{where}: expected {kind} in "{key}", but {_came(value)}.')
            return captions
    raise ZooError(
        f'{where}: expected a caption in "text" (or a list in "texts" or "captions"), but the '
        f"line has only {', '.join(map(repr, record)) or 'nothing'}."
    )


def _came(value):
    if value is None:
        return "it is missing"
    text = json.dumps(value)
    return f"{text if len(text) <= 60 else text[:59] + '…'} came"


def open_files(directory):
    if os.path.isdir(directory):
        return _Folder(directory)
    if not os.path.exists(directory):
        raise ZooError(f"{directory}: no such folder or .zip file.")
    if zipfile.is_zipfile(directory):
        return _Zip(directory)
    raise ZooError(f"{directory}: expected a folder or a .zip file of the same layout.")


class _Folder:
    """Files below a folder; the paths are kept and pictures are read when they are needed."""

    prefixes = ("",)

    def __init__(self, directory):
        self._directory = directory

    def describe(self, name):
        return os.path.join(self._directory, *name.split("/"))

    def exists(self, name):
        return os.path.isfile(self.describe(name))

    def bytes(self, name):
        with open(self.describe(name), "rb") as file:
            return file.read()

    def tensor(self, names):
        with tf.device("CPU:0"):
            return tf.constant([self.describe(name) for name in names])

    def read(self, path):
        return tf.io.read_file(path)


class _Zip:
    """Files in a .zip, also of one packed folder; all pictures' bytes are held in memory."""

    def __init__(self, path):
        self._path = path
        with zipfile.ZipFile(path) as archive:
            self._archive = {
                info.filename: info for info in archive.infolist() if not info.is_dir()
            }
        tops = {name.split("/")[0] for name in self._archive if "/" in name}
        self.prefixes = ["", *(tops if len(tops) == 1 else [])]
        self._zip = zipfile.ZipFile(path)

    def describe(self, name):
        return f"{self._path}:{name}"

    def exists(self, name):
        return name in self._archive

    def bytes(self, name):
        return self._zip.read(name)

    def tensor(self, names):
        with tf.device("CPU:0"):
            return tf.constant([self.bytes(name) for name in names])

    def read(self, data):
        return tf.identity(data)
