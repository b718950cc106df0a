"""Images of a tree: read, checked, decoded on demand."""

import contextlib
import os

import tensorflow as tf

from zoo.errors import ZooError, check_choice
from zoo.images.decode import EXTENSIONS, KNOWN_UNREAD, decode_image, read_image

ON_ERROR = ("raise", "skip")
_FEW = 32  # images that are decoded sooner than a graph is made
_KEEP_GOING = 'Pass on_error="skip" to leave such images out.'


def check_on_error(on_error):
    check_choice("on_error", on_error, ON_ERROR)


class StoredImages:
    """The bytes of images that a tree lists: in memory of a .zip, on the disk of a folder.

    Args:
        tree: `zoo.listing.Tree`.
        names: images of the tree.
        check: decodes every image once. The first one is decoded in any case.
        rule: what else a checked image must fulfil: (height, width) -> None or what is wrong.

    Attributes:
        problems: position in `names` -> what is wrong with this image, a sentence.
        good: positions of the others.
    """

    def __init__(self, tree, names, check=True, rule=None):
        self._tree, self._names, self.problems = tree, names, {}
        stored = [self._stored(place) for place in range(len(names))]
        with tf.device("CPU:0"):
            self._data = tf.constant(stored, tf.string)
        readable = [place for place in range(len(names)) if place not in self.problems]
        checked = readable if check else readable[:1]
        few = len(checked) <= _FEW
        found = self._sizes_one_by_one(checked) if few else self._sizes(checked)
        for place in checked:
            problem = rule(*found[place]) if rule and place in found else None
            if place not in found or problem:
                self.problems[place] = problem or self._why_not(self._names[place])
        self.good = [place for place in readable if place not in self.problems]

    @property
    def stamps(self):
        """See `zoo.listing.Tree.stamp`, of each image."""
        return [self._tree.stamp(name) for name in self._names]

    def keep(self, places):
        """Makes these positions of `names` the images 0, 1, ... of `load`."""
        self._names = [self._names[place] for place in places]
        if len(places) == len(self._data):
            return
        with tf.device("CPU:0"):
            self._data = tf.gather(self._data, tf.constant(places, tf.int64))

    def load(self, index):
        """Image `index` as uint8 [H, W, 3]; `index` may be a scalar int tensor in a graph."""
        return decode_image(self._bytes(index))

    def _bytes(self, index):
        data = self._data[index]
        return tf.identity(data) if self._tree.in_memory else tf.io.read_file(data)

    def _stored(self, place):
        """What `_bytes` needs of an image; of one that cannot be had, nothing and a problem."""
        name = self._names[place]
        ending = "." + name.rsplit(".", 1)[-1].lower()
        if ending in KNOWN_UNREAD:
            self.problems[place] = (
                f"images that end in {ending} are not read; expected {', '.join(EXTENSIONS)}."
            )
            return b""
        try:
            if self._tree.in_memory:
                return self._tree.bytes(name)
            self._tree.check_size(name)
            return os.fsencode(self._tree.place(name))
        except ZooError as error:
            self.problems[place] = str(error).removeprefix(f"{self._tree.describe(name)}: ")
            return b""

    def _sizes(self, places):
        """Decodes images in parallel: place -> (height, width) of the good ones."""

        def size(place):
            return place, tf.shape(self.load(place))[:2]

        sizes = tf.data.Dataset.from_tensor_slices(tf.constant(places, tf.int64))
        sizes = sizes.map(size, num_parallel_calls=tf.data.AUTOTUNE)
        sizes = sizes.ignore_errors(log_warning=False).prefetch(256)
        return {int(place): tuple(map(int, shape)) for place, shape in sizes.as_numpy_iterator()}

    def _sizes_one_by_one(self, places):
        """The same for a few images."""
        found = {}
        for place in places:
            with contextlib.suppress(tf.errors.OpError, ValueError):
                found[place] = tuple(self.load(place).shape[:2])
        return found

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
        check: decodes every image once, so that a broken one is found now and not in the middle
            of a training.
        rule: what else a checked image must fulfil: (height, width) -> None or what is wrong.

    Attributes:
        file_names: names of the good images.
        kept: their indices into `names`.
        skipped: messages of those that were left out.
        image_size: the shorter side of the first image, pixels; None without an image.

    Raises:
        ZooError: an image that cannot be read, does not decode or breaks the rule; names it.
    """

    def __init__(self, tree, names, on_error="raise", check=True, rule=None):
        check_on_error(on_error)
        self._images = StoredImages(tree, names, check, rule)
        self.kept = self._images.good
        self.skipped = left_out(tree, names, self._images.problems, on_error)
        self.file_names = [names[place] for place in self.kept]
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


def left_out(tree, names, problems, on_error):
    """The messages of images with a problem; the first is raised if so asked.

    Args:
        problems: position in `names` -> what is wrong.
    """
    messages = [f"{tree.describe(names[place])}: {problems[place]}" for place in sorted(problems)]
    if messages and on_error == "raise":
        raise ZooError(f"{messages[0]} {_KEEP_GOING}")
    return messages
