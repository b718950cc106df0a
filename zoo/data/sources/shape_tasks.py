"""Procedural shapes for label-to-image and image-to-image systems; they need no files.

Three sources based on `zoo.data.sources.shapes`: images with one attribute as the label, pairs of a
flat map and an image, and two domains that differ in one property.
"""

import itertools

import numpy as np
import tensorflow as tf

from zoo.data.sources.paired_folders import check_direction, directed
from zoo.data.sources.shapes import ATTRIBUTES, BACKGROUNDS, VALUES, Shapes, cover, draw, paint
from zoo.errors import ZooError, check_choice

MAP_COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255))
DIFFERENCES = ("background", "fill")
_HOLE = 0.7  # radius of an outline's hole, relative to the shape's radius


class ShapeClasses(Shapes):
    """Images of shapes whose label is one of their attributes; the other four are open.

    Example:
        source = ShapeClasses(size=32, count=1000, attribute="color")
        source.class_names  # ["red", "green", ...]
        source.labels[0]    # the color of source.load(0)

    Args:
        attribute: "shape", "color", "size", "position" or "background".
        other arguments: as in `Shapes`.

    Raises:
        ZooError: an invalid setting.
    """

    def __init__(self, size=32, count=10000, seed=0, split="train", attribute="shape"):
        check_choice("attribute", attribute, ATTRIBUTES)
        super().__init__(size, count, seed, split)
        self.attribute = attribute
        self.class_names = list(VALUES[attribute])
        self.labels = self.attributes[:, ATTRIBUTES.index(attribute)]


class ShapePairs:
    """Pairs of a label map (A) and an image (B).

    The map shows the shape flat and with hard edges on black, in a color that encodes its kind (see
    `MAP_COLORS`). Color and background of the image are open: `modes` lists them.

    Args:
        direction: "a2b" from map to image, or "b2a".
        other arguments: as in `Shapes`.

    Attributes:
        attributes: int64 [count, 5], as in `Shapes`.

    Raises:
        ZooError: an invalid setting.
    """

    def __init__(self, size=64, count=10000, seed=0, split="train", direction="a2b"):
        check_direction(direction)
        self.direction, self._world = direction, Shapes(size, count, seed, split)
        self.attributes, self.image_size = self._world.attributes, size

    def __len__(self):
        return len(self._world)

    @tf.autograph.experimental.do_not_convert
    def load(self, index):
        """Pair `index`: source and target, both uint8 [size, size, 3]; `index` may be a tensor."""
        row = tf.gather(self._world.table, index)[None]
        inside = tf.round(cover(row, self.image_size))
        color = tf.gather(tf.constant(MAP_COLORS, tf.float32), tf.cast(row[:, 0], tf.int32))
        flat = tf.cast(inside * color[:, None, None], tf.uint8)
        return directed(flat[0], draw(row, self.image_size)[0], self.direction)

    def modes(self, index):
        """All combinations of attributes with the same map as pair `index`: int64 [m, 5]."""
        shape, _, size, position, _ = self.attributes[index].tolist()
        colors, backgrounds = range(len(VALUES["color"])), range(len(VALUES["background"]))
        rows = itertools.product([shape], colors, [size], [position], backgrounds)
        return np.array(list(rows), np.int64)


class ShapeDomains:
    """Two domains of shapes that differ in one property; their images are not paired.

    Example:
        source = ShapeDomains(size=64, count=1000, difference="background")
        source.a.load(0)  # on white, uint8 (64, 64, 3)
        source.b.load(0)  # another shape, on black

    Args:
        count: int, images of domain A.
        count_b: int, images of domain B; None is `count`.
        difference: "background", white in A and black in B; or "fill", filled shapes in A and
            outlines in B.
        other arguments: as in `Shapes`.

    Attributes:
        a, b: sources with `len()`, `attributes`, `load` and `load_batch`.

    Raises:
        ZooError: an invalid setting.
    """

    def __init__(
        self, size=64, count=10000, seed=0, split="train", difference="background", count_b=None
    ):
        check_choice("difference", difference, DIFFERENCES)
        self.difference, self.image_size = difference, size
        counts = {"count": count, "count_b": count if count_b is None else count_b}
        for name, value in counts.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ZooError(f"{name} must be a whole number of at least 1, got {value!r}.")
        world = Shapes(size, sum(counts.values()), seed, split)
        kinds = ("white", "black") if difference == "background" else ("filled", "outline")
        self.a = _Domain(world, slice(0, count), kinds[0])
        self.b = _Domain(world, slice(count, None), kinds[1])


class _Domain:
    """Some images of a `Shapes`, all of them on white, on black, filled or outlined."""

    def __init__(self, world, rows, kind):
        self.image_size, self._outline = world.image_size, kind == "outline"
        self.attributes, table = world.attributes[rows].copy(), world.table.numpy()[rows].copy()
        if kind in VALUES["background"]:
            background = VALUES["background"].index(kind)
            self.attributes[:, ATTRIBUTES.index("background")] = background
            table[:, 9:] = BACKGROUNDS[background]
        with tf.device("CPU:0"):
            self._table = tf.constant(table)

    def __len__(self):
        return len(self.attributes)

    @tf.autograph.experimental.do_not_convert
    def load(self, index):
        """Image `index` as uint8 [size, size, 3]; `index` may be a scalar int tensor."""
        return self.load_batch(tf.reshape(index, [1]))[0]

    @tf.autograph.experimental.do_not_convert
    def load_batch(self, indices):
        """Images as uint8 [B, size, size, 3] for indices of shape [B]."""
        table = tf.gather(self._table, indices)
        covered = cover(table, self.image_size)
        if self._outline:
            hole = tf.concat([table[:, :3], table[:, 3:4] * _HOLE, table[:, 4:]], axis=1)
            covered = tf.maximum(covered - cover(hole, self.image_size), 0.0)
        return paint(table, covered)
