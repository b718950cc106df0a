"""Captioned images in a folder or a .zip file, described by `metadata.jsonl`."""

import io
import posixpath

import numpy as np

from zoo.data.batches.embedding_store import as_embeddings
from zoo.data.sources.caption_layout import metadata_place
from zoo.data.sources.image_tree import StoredImages, check_on_error
from zoo.data.sources.metadata import leaves, lines_of, parse_line
from zoo.errors import ZooError
from zoo.listing import EMBEDDINGS, LIMITS, METADATA, is_hidden, open_tree, shown


class CaptionFolder:
    """Images with a `metadata.jsonl` next to them, one JSON object per line.

    A line has `file_name` (relative to the folder of the metadata) and the captions: `text`, one
    string, or `texts` or `captions`, a list of strings. Other keys are kept in `records`. The
    metadata is `directory/split/metadata.jsonl`, or `directory/metadata.jsonl` in a folder without
    splits. `directory` may also be a .zip file of the same layout, which is read into memory, or
    contain all of this in a single subfolder. Anything ambiguous is an error, see docs/data.md.
    For the conversion of grayscale, transparent and 16-bit images to RGB see `zoo.images.decode`.

    Images with the same captions share a label.

    Example:
        source = CaptionFolder("emoji.zip", split="test")
        source.captions[0]     # ["keycap: 6"]
        source.load(0).shape   # (128, 128, 3)

    Args:
        directory: path of the folder or .zip file.
        split: "train", "val", "test", or the name of another folder; "train" also reads a folder
            without splits, and so does None.
        on_error: "raise" stops at the first bad line or image; "skip" leaves it out and adds the
            message to `skipped`.
        check: decode every image once, so that a broken one is found immediately and not during
            training. Otherwise only the first image is decoded.
        embeddings: also read `embeddings.npy`, which is next to the metadata, into `embeddings`,
            float32 (images, captions, features). The file has an array of that shape or (images,
            features), with one row per line of the metadata in order; rows of skipped lines are
            left out. Otherwise `embeddings` is None.
        follow_links: bool. Follow links in the folder, even out of it.
        limits: `zoo.listing.Limits` of the folder or .zip file.

    Attributes:
        split: "train", "val", "test" or another name; None for a folder without splits.
        file_names, captions, records, labels: one entry per image, in the order of the lines.
        skipped: list of str.

    Raises:
        MissingSplit: the folder has other splits; or it has none, and the split is not "train".
        ZooError: the folder, the metadata, a line (not JSON, a missing key, no caption, a path
            that leaves the folder) or an image (missing, does not decode) is bad; the message names
            the file and the line. Or the embeddings are missing or do not match.
    """

    def __init__(
        self, directory, split="train", on_error="raise", check=True, embeddings=False,
        follow_links=False, limits=LIMITS,
    ):
        check_on_error(on_error)
        self._tree = open_tree(directory, limits=limits, follow_links=follow_links)
        self.directory, self.on_error, self.skipped = self._tree.path, on_error, []
        place = metadata_place(self._tree, split)
        self.split, self._root = place.split, place.folder
        self._metadata = self._tree.describe(posixpath.join(self._root, METADATA))
        rows = self._with_images(self._selected(list(self._parse_lines())), check)
        if not rows:
            reason = f" ({len(self.skipped)} skipped" if self.skipped else "; it has no lines"
            reason += f", first: {self.skipped[0]})" if self.skipped else ""
            raise ZooError(f"{self._metadata}: no usable image is left{reason}.")
        self.file_names = [row["file_name"] for row in rows]
        self.captions = [row["captions"] for row in rows]
        self.records = [row["record"] for row in rows]
        self.labels = labels_of(self.captions)
        self.embeddings = self._read_embeddings()[[r["row"] for r in rows]] if embeddings else None
        self.image_size = int(min(self.load(0).shape[:2]))

    def __len__(self):
        return len(self.captions)

    @property
    def stamps(self):
        """`zoo.listing.Tree.stamp` of each image."""
        return self._images.stamps

    def load(self, index):
        """Image `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return self._images.load(index)

    def _parse_lines(self):
        """Yields the valid lines as dicts."""
        limits = self._tree.limits
        name = posixpath.join(self._root, METADATA)
        data = self._tree.bytes(name, limits.metadata_bytes)
        self._lines = 0  # number of lines that are not blank
        for number, line in lines_of(data, self._metadata, limits.line_bytes):
            where = f"{self._metadata}, line {number}"
            try:
                yield {"row": self._lines, "where": where, **self._row(line, where)}
            except ZooError as error:
                self._fail(error)
            self._lines += 1

    def _selected(self, rows):
        """The rows of this source; the images of others are not read."""
        return rows

    def _row(self, line, where):
        record, name, captions = parse_line(line, where)
        path = posixpath.normpath(posixpath.join(self._root, name))
        if path.split("/")[0] == ".." or (self._root and not path.startswith(self._root + "/")):
            raise leaves(where, name)
        if not self._tree.exists(path):
            hidden = any(map(is_hidden, path.split("/")))
            raise ZooError(
                f'{where}: the image "{shown(name)}" is '
                f"{'hidden, and hidden files are not read' if hidden else 'missing'}."
            )
        return {"file_name": name, "path": path, "captions": captions, "record": record}

    def _with_images(self, rows, check):
        """The rows whose image can be read, which `_images` then holds."""
        self._images = StoredImages(self._tree, [row["path"] for row in rows], check)
        for index in sorted(self._images.problems):
            row, problem = rows[index], self._images.problems[index]
            self._fail(ZooError(f'{row["where"]}: the image "{shown(row["file_name"])}" {problem}'))
        self._images.keep(self._images.good)
        return [rows[index] for index in self._images.good]

    def _read_embeddings(self):
        """(lines, captions, features): one row per line, including skipped lines."""
        name = posixpath.join(self._root, EMBEDDINGS)
        where = self._tree.describe(name)
        if not self._tree.exists(name):
            raise ZooError(f"{where}: no such file; it is needed with embeddings=True.")
        data = self._tree.bytes(name, self._tree.limits.archive_bytes)
        try:
            array = np.load(io.BytesIO(data), allow_pickle=False)
        except Exception as error:  # a broken file can fail in any way
            reason = shown(str(error).split("\n")[0])[:160]
            raise ZooError(
                f"{where}: not an array of numbers in NumPy's .npy format ({reason})."
            ) from None
        return as_embeddings(array, self._lines, where)

    def _fail(self, error):
        if self.on_error == "raise":
            raise ZooError(f'{error} Pass on_error="skip" to leave out such lines.') from None
        self.skipped.append(str(error))


def labels_of(captions):
    """Label of each image: int64 [n]; images with equal lists of captions have equal labels.

    Labels count from 0 in order of first appearance.
    """
    known = {}
    return np.array([known.setdefault(tuple(entry), len(known)) for entry in captions], np.int64)
