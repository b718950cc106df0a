"""Bilinear resizing in float64 with half-pixel centers, as in the official metric scripts.

Without anti-aliasing it equals PyTorch's `interpolate(align_corners=False)` and `tf.image.resize`;
with it, `jax.image.resize` and, except for the rounding to bytes, Pillow.
"""

import numpy as np


def resize(images, height, width, antialias=False):
    """Resizes arrays (..., h, w, channels) to float64 (..., height, width, channels).

    Args:
        antialias: bool. Widens the triangle kernel along an axis that shrinks.
    """
    x = np.asarray(images, np.float64)
    for axis, after in ((-3, height), (-2, width)):
        if antialias and after < x.shape[axis]:
            shares = weights(x.shape[axis], after, antialias)
            x = np.moveaxis(np.tensordot(shares, x, (1, axis)), 0, axis)
        else:
            x = _between_two(x, after, axis)
    return x


def _between_two(x, after, axis):
    """Equal to a product with `weights`, whose rows have two entries here; several times faster."""
    points = _centers(x.shape[axis], after)
    left = points.astype(int)
    right = np.minimum(left + 1, x.shape[axis] - 1)
    share = (points - left).reshape(-1, *[1] * (-axis - 1))
    y, z = np.take(x, left, axis), np.take(x, right, axis)
    z -= y  # in place: these arrays are large
    z *= share
    y += z
    return y


def _centers(before, after):
    """Positions of the new pixels between the old ones, clipped to the outer pixels' centers."""
    return np.clip((np.arange(after) + 0.5) * (before / after) - 0.5, 0, before - 1)


def weights(before, after, antialias=False):
    """The weight of each old pixel in each new one: float64 (after, before); rows sum to 1."""
    ratio = before / after
    stretch = max(ratio, 1.0) if antialias else 1.0
    centers = (np.arange(after) + 0.5) * ratio - 0.5 if antialias else _centers(before, after)
    shares = np.maximum(1 - np.abs(centers[:, None] - np.arange(before)) / stretch, 0)
    return shares / shares.sum(1, keepdims=True)
