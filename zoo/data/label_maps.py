"""Classes of the pixels and cells of label maps, images with one color per class.

Maps that were stored as JPEG or resized have other colors next to those of the classes: the class
of a pixel is that of the nearest color. A map is divided into a grid of equal cells; the class of a
cell is the most frequent one of its pixels.
"""

import tensorflow as tf

from zoo.errors import ZooError

FAR = 60.0  # of 255, Euclidean: a pixel farther than this from every color has none of them


def cells_of(maps, colors, grid):
    """The most frequent class of each cell of label maps; the first of equally frequent ones.

    Args:
        maps: uint8, or float from 0 to 255, [B, s, s, 3].
        colors: [r, g, b] of each class, 0 to 255.
        grid: int, cells per side.

    Returns:
        int64 [B, grid, grid].

    Raises:
        ZooError: the grid does not divide the side.
    """
    height, width = maps.shape[1:3]
    if height % grid or width % grid:
        raise ZooError(f"A label map of {width} x {height} pixels has no grid of {grid} cells.")
    pixels = tf.one_hot(tf.argmin(squared_distances(maps, colors), -1), len(colors))
    shape = [-1, grid, height // grid, grid, width // grid, len(colors)]
    return tf.argmax(tf.reduce_sum(tf.reshape(pixels, shape), (2, 4)), -1)


def far_share(maps, colors):
    """The share of the pixels that are farther than `FAR` from all colors, a scalar in [0, 1]."""
    nearest = tf.reduce_min(squared_distances(maps, colors), -1)
    return tf.reduce_mean(tf.cast(nearest > FAR**2, tf.float32))


def squared_distances(maps, colors):
    """Squared Euclidean distances of pixels and colors, float32 [B, h, w, colors]."""
    maps, colors = tf.cast(maps, tf.float32), tf.constant(colors, tf.float32)
    products = tf.einsum("bhwc,kc->bhwk", maps, colors)
    own = tf.reduce_sum(maps**2, -1, keepdims=True)
    return own - 2 * products + tf.reduce_sum(colors**2, -1)
