"""The images of a listing: read, checked, decoded on demand."""

import contextlib
import os

import tensorflow as tf

from zoo.errors import ZooError, check_choice
from zoo.images.decode import EXTENSIONS, KNOWN_UNREAD, decode_image, read_image

ON_ERROR = ("raise", "skip")
_FEW = 32  # so few images are decoded faster without building a graph
KEEP_GOING = 'Pass on_error="skip" to leave out such images.'


def check_on_error(on_error):
    check_choice("on_error", on_error, ON_ERROR)


class StoredImages:
    """The bytes of a tree's images: in memory for a .zip, on disk for a folder.

    Args:
        tree: `zoo.listing.Tree`.
        names: images of the tree.
        check: decode every image once. The first one is always decoded.
        rule: further condition for a checked image: (height, width) -> None or the problem.

    Attributes:
        problems: index into `names` -> a sentence with this image's problem.
        good: indices of the other images.
    """

    def __init__(self, tree, names, check=True, rule=None):
        self._tree, self._names, self.problems = tree, names, {}
        stored = [self._stored(index) for index in range(len(names))]
        with tf.device("CPU:0"):
            self._data = tf.constant(stored, tf.string)
        readable = [index for index in range(len(names)) if index not in self.problems]
        checked = readable if check else readable[:1]
        few = len(checked) <= _FEW
        sizes = self._sizes_one_by_one(checked) if few else self._sizes(checked)
        for index in checked:
            problem = rule(*sizes[index]) if rule and index in sizes else None
            if index not in sizes or problem:
                self.problems[index] = problem or self._why_not(self._names[index])
        self.good = [index for index in readable if index not in self.problems]

    @property
    def stamps(self):
        """`zoo.listing.Tree.stamp` of each image."""
        return [self._tree.stamp(name) for name in self._names]

    def keep(self, indices):
        """Makes these entries of `names` the images 0, 1, ... of `load`."""
        self._names = [self._names[index] for index in indices]
        if len(indices) == len(self._data):
            return
        with tf.device("CPU:0"):
            self._data = tf.gather(self._data, tf.constant(indices, tf.int64))

    def load(self, index):
        """Image `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return decode_image(self._bytes(index))

    def _bytes(self, index):
        data = self._data[index]
        return tf.identity(data) if self._tree.in_memory else tf.io.read_file(data)

    def _stored(self, index):
        """An image's bytes or path, for `_bytes`; b"" and an entry in `problems` if it fails."""
        name = self._names[index]
        extension = "." + name.rsplit(".", 1)[-1].lower()
        if extension in KNOWN_UNREAD:
            self.problems[index] = (
                f"images that end in {extension} are not read; expected {', '.join(EXTENSIONS)}."
            )
            return b""
        try:
            if self._tree.in_memory:
                return self._tree.bytes(name)
            self._tree.check_size(name)
            return os.fsencode(self._tree.disk_path(name))
        except ZooError as error:
            self.problems[index] = str(error).removeprefix(f"{self._tree.describe(name)}: ")
            return b""

    def _sizes(self, indices):
        """Decodes images in parallel: dict of index to (height, width) of the valid ones."""

        def size(index):
            return index, tf.shape(self.load(index))[:2]

        sizes = tf.data.Dataset.from_tensor_slices(tf.constant(indices, tf.int64))
        sizes = sizes.map(size, num_parallel_calls=tf.data.AUTOTUNE)
        sizes = sizes.ignore_errors(log_warning=False).batch(256).prefetch(2)
        return {
            index: tuple(shape)
            for indices, shapes in sizes.as_numpy_iterator()
            for index, shape in zip(indices.tolist(), shapes.tolist(), strict=True)
        }

    def _sizes_one_by_one(self, indices):
        """`_sizes` for a few images."""
        sizes = {}
        for index in indices:
            with contextlib.suppress(tf.errors.OpError, ValueError):
                sizes[index] = tuple(self.load(index).shape[:2])
        return sizes

    def _why_not(self, name):
        reason = "it changed while it was read"
        try:
            read_image(self._tree.bytes(name))
        except ZooError as error:
            reason = str(error).removeprefix(f"{self._tree.describe(name)}: ").rstrip(".")
        return f"does not decode ({reason})."


class ImageFiles:
    """Some images of a tree: a source with `len()` and `load`, but no labels.

    Args:
        tree: `zoo.listing.Tree`.
        names: images of the tree.
        on_error: "raise" stops at the first bad image, "skip" leaves it out.
        check: decode every image once, so that a broken one is found immediately and not during
            training.
        rule: further condition for a checked image: (height, width) -> None or the problem.
        advice: str, the last sentence of an error about an image.

    Attributes:
        file_names: names of the valid images.
        kept: their indices into `names`.
        skipped: messages about the images that were left out.
        image_size: the shorter side of the first image, pixels; None without an image.

    Raises:
        ZooError: an image cannot be read, does not decode or violates the rule; the message names
            it.
    """

    def __init__(
        self, tree, names, on_error="raise", check=True, rule=None, advice=KEEP_GOING
    ):
        check_on_error(on_error)
        self._images = StoredImages(tree, names, check, rule)
        self.kept = self._images.good
        self.skipped = left_out(tree, names, self._images.problems, on_error, advice)
        self.file_names = [names[index] for index in self.kept]
        self._images.keep(self.kept)
        self.image_size = int(min(self.load(0).shape[:2])) if self.kept else None

    def __len__(self):
        return len(self.file_names)

    @property
    def stamps(self):
        return self._images.stamps

    def load(self, index):
        """Image `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return self._images.load(index)


def left_out(tree, names, problems, on_error, advice=KEEP_GOING):
    """The messages about images with a problem; with `on_error="raise"` the first one is raised.

    Args:
        problems: index into `names` -> problem.
    """
    messages = [f"{tree.describe(names[index])}: {problems[index]}" for index in sorted(problems)]
    if messages and on_error == "raise":
        raise ZooError(f"{messages[0]} {advice}")
    return messages
