"""`Shapes`, a procedural data set of captioned images whose true modes are known.

An image shows one shape on a plain background. Five attributes describe it; a caption names some
of them and leaves at least one open, so that many images match a caption. Position, size and angle
also vary slightly within each attribute value.
"""

import itertools
import math

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError, check_choice
from zoo.text.tokenization import tokenize

ATTRIBUTES = ("shape", "color", "size", "position", "background")
VALUES = {
    "shape": ("circle", "square", "triangle", "star", "ring", "cross"),
    "color": ("red", "green", "blue", "yellow", "purple", "orange"),
    "size": ("small", "medium", "large"),
    "position": ("left", "right", "top", "bottom", "center"),
    "background": ("white", "gray", "black"),
}
COLORS = (
    (220, 40, 40),
    (40, 165, 70),
    (45, 90, 220),
    (240, 205, 40),
    (140, 60, 180),
    (240, 135, 30),
)
BACKGROUNDS = ((255, 255, 255), (150, 150, 150), (20, 20, 20))
_RADII = (0.11, 0.165, 0.23)  # relative to the image's side
_CENTERS = ((-0.22, 0.0), (0.22, 0.0), (0.0, -0.22), (0.0, 0.22), (0.0, 0.0))
_PLACES = ("on the left", "on the right", "at the top", "at the bottom", "in the center")
_FILLERS = frozenset("a an shape there is on the at in background".split())
_OWNER = {
    word: (i, VALUES[name].index(word))
    for i, name in enumerate(ATTRIBUTES)
    for word in VALUES[name]
}
OPEN = -1


class Shapes:
    """Images of one shape each, drawn on demand; they need no files.

    Images whose captions name the same attributes with the same values share a label, whatever
    their open attributes are.

    Example:
        source = Shapes(size=64, count=1000, seed=0)
        source.captions[0]   # three wordings of one description
        source.load(0)       # uint8 [64, 64, 3]
        source.modes("a red circle on the left")  # (9, 5): size and background are open

    Args:
        size: int, side of an image in pixels, 8 or more.
        count: int, number of images.
        seed: int, 0 or more; the same seed gives the same images and captions.
        split: "train" or "test", independent draws from the same distribution.

    Attributes:
        attributes: int64 [count, 5], the value of each of `ATTRIBUTES`, an index into `VALUES`.
        named: int64 [count, 5], the same for attributes that the captions name, -1 if open.

    Raises:
        ZooError: an invalid size, count, seed or split.
    """

    def __init__(self, size=64, count=10000, seed=0, split="train"):
        for name, value, least in (("size", size, 8), ("count", count, 1), ("seed", seed, 0)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ZooError(f"{name} must be a whole number of at least {least}, got {value!r}.")
        check_choice("split", split, ("train", "test"))
        self.image_size = size
        random = np.random.RandomState([seed % 2**32, seed >> 32, split == "test"])
        sizes = [len(VALUES[name]) for name in ATTRIBUTES]
        self.attributes = (random.random_sample([count, 5]) * sizes).astype(np.int64)
        self.named = np.where(_draw_named(random, count), self.attributes, OPEN)
        jitter = random.random_sample([count, 4]) * 2.0 - 1.0
        self.captions = [describe(row) for row in self.named]
        self.labels = np.unique(self.named, axis=0, return_inverse=True)[1].reshape(-1)
        self.labels = self.labels.astype(np.int64)
        with tf.device("CPU:0"):
            self._table = tf.constant(tabulate(self.attributes, jitter), tf.float32)

    @property
    def table(self):
        """The drawing parameters of every image, float32 [count, 12]: see `tabulate`."""
        return self._table

    def __len__(self):
        return len(self.captions)

    @tf.autograph.experimental.do_not_convert
    def load(self, index):
        """Image `index` as uint8 [size, size, 3]; `index` may be a scalar int tensor."""
        return self.load_batch(tf.reshape(index, [1]))[0]

    @tf.autograph.experimental.do_not_convert
    def load_batch(self, indices):
        """Images as uint8 [B, size, size, 3] for indices of shape [B]."""
        return draw(tf.gather(self._table, indices), self.image_size)

    def modes(self, caption):
        """All combinations of attributes that match a caption.

        Args:
            caption: str in the vocabulary of the shapes, such as "a small star".

        Returns:
            int64 [m, 5], one row per combination, in the order of `ATTRIBUTES`.

        Raises:
            ZooError: an unknown word, or two values of one attribute.
        """
        named = parse(caption)
        choices = [
            range(len(VALUES[name])) if value == OPEN else [value]
            for name, value in zip(ATTRIBUTES, named, strict=True)
        ]
        return np.array(list(itertools.product(*choices)), np.int64)


def describe(named):
    """Three wordings of one description.

    Args:
        named: 5 ints, each an index into `VALUES`, or -1 for an open attribute.

    Returns:
        list of 3 str.
    """
    shape, color, size, position, background = (
        None if value == OPEN else VALUES[name][value]
        for name, value in zip(ATTRIBUTES, named, strict=True)
    )
    words = [word for word in (size, color, shape or "shape") if word]
    thing = f"{'an' if words[0][0] in 'aeiou' else 'a'} {' '.join(words)}"
    place = _PLACES[VALUES["position"].index(position)] if position else ""
    ground = f"on a {background} background" if background else ""
    wordings = ([thing, place, ground], ["there is", thing, place, ground], [ground, place, thing])
    if not place and not ground:
        wordings = ([thing], ["there is", thing], [thing, "is there"])
    return [" ".join(part for part in parts if part) for parts in wordings]


def parse(caption):
    """The attributes that a caption names: int64 [5], -1 for open ones."""
    named = np.full([5], OPEN, np.int64)
    words = tokenize(caption)
    unknown = [word for word in words if word not in _OWNER and word not in _FILLERS]
    if unknown or not words:
        known = ", ".join(word for name in ATTRIBUTES for word in VALUES[name])
        problem = f"has unknown words: {', '.join(unknown)}" if unknown else "has no words"
        raise ZooError(f"The caption {caption!r} {problem}. The shapes know {known}.")
    for word in words:
        if word in _OWNER:
            attribute, value = _OWNER[word]
            if named[attribute] not in (OPEN, value):
                raise ZooError(
                    f"The caption {caption!r} names two kinds of {ATTRIBUTES[attribute]}."
                )
            named[attribute] = value
    return named


def _draw_named(random, count):
    """bool [count, 5]: whether each attribute is named; at least one is named and one open."""
    patterns = [p for p in itertools.product((False, True), repeat=5) if 0 < sum(p) < 5]
    weights = np.array([3.0 if p[0] else 1.0 for p in patterns])  # most captions name the shape
    edges = np.cumsum(weights) / weights.sum()
    return np.array(patterns)[np.searchsorted(edges, random.random_sample([count]))]


def tabulate(attributes, jitter):
    """The drawing parameters of each image.

    Args:
        attributes: ints [B, 5], indices into `VALUES`.
        jitter: float [B, 4] in [-1, 1], of the center's x and y, the radius and the angle.

    Returns:
        float64 [B, 12]: shape, center x and y, radius, cosine and sine of the angle, 6 color
        values.
    """
    shape, color, size, position, background = attributes.T
    center = np.array(_CENTERS)[position] + 0.02 * jitter[:, :2]
    radius = np.array(_RADII)[size] * (1.0 + 0.07 * jitter[:, 2])
    angle = math.pi / 15 * jitter[:, 3]
    columns = [shape, center[:, 0], center[:, 1], radius, np.cos(angle), np.sin(angle)]
    return np.concatenate(
        [np.stack(columns, 1), np.array(COLORS)[color], np.array(BACKGROUNDS)[background]], 1
    )


def draw(table, size):
    """Draws rows of the table: float32 [B, 12] to uint8 [B, size, size, 3]."""
    return paint(table, cover(table, size))


def paint(table, covered):
    """Colors the covered part of each pixel, float32 [B, size, size, 1] to uint8 [..., 3]."""
    front, back = table[:, None, None, 6:9], table[:, None, None, 9:]
    return tf.cast(tf.floor(back + (front - back) * covered + 0.5), tf.uint8)


def cover(table, size):
    """The share of each pixel that a shape covers: float32 [B, 12] to [B, size, size, 1] in [0, 1].

    The edge of a shape is anti-aliased over one pixel by its distance from the pixel's center.
    """
    steps = (tf.range(size, dtype=tf.float32) + 0.5) / size - 0.5
    column = [part[:, None, None] for part in tf.unstack(table[:, :6], axis=1)]
    kind, center_x, center_y, radius, cosine, sine = column
    dx, dy = steps[None, None, :] - center_x, steps[None, :, None] - center_y
    x, y = (dx * cosine + dy * sine) / radius, (dy * cosine - dx * sine) / radius
    distances = tf.stack([_DISTANCES[name](x, y) for name in VALUES["shape"]], axis=-1)
    chosen = tf.gather(distances, tf.cast(kind[:, 0, 0], tf.int32), axis=-1, batch_dims=1)
    return tf.clip_by_value(0.5 - chosen * radius * size, 0.0, 1.0)[..., None]


def _circle(x, y):
    return tf.sqrt(x * x + y * y) - 1.0


def _box(x, y, half_width, half_height):
    return tf.maximum(tf.abs(x) - half_width, tf.abs(y) - half_height)


def _square(x, y):
    return _box(x, y, 0.88, 0.88)


def _triangle(x, y):
    sides = tf.abs(x) * math.cos(math.pi / 6) - (y - 0.2) * 0.5
    return tf.maximum(sides, y - 0.2) - 0.52


def _ring(x, y):
    return tf.abs(tf.sqrt(x * x + y * y) - 0.78) - 0.22


def _cross(x, y):
    return tf.minimum(_box(x, y, 1.0, 0.33), _box(x, y, 0.33, 1.0))


def _star(x, y):
    """Five points: the plane is folded onto half of one point, whose boundary is a straight edge.
    """
    sector = math.pi / 5
    angle = tf.math.floormod(tf.atan2(x, -y) + sector, 2 * sector) - sector
    reach = tf.sqrt(x * x + y * y)
    along, across = reach * tf.cos(angle), tf.abs(reach * tf.sin(angle))
    outer, inner = 1.05, 0.46
    tip_x, notch_x, notch_y = outer, inner * math.cos(sector), inner * math.sin(sector)
    length = math.hypot(tip_x - notch_x, notch_y)
    return ((along - tip_x) * notch_y + across * (tip_x - notch_x)) / length


_DISTANCES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "ring": _ring,
    "cross": _cross,
}
