"""Bilinear resizing in float64 with half-pixel centres, as the scripts of the metrics do it.

Without anti-aliasing it is PyTorch's `interpolate(align_corners=False)` and `tf.image.resize`; with
it, `jax.image.resize` and, up to its rounding to bytes, Pillow.
"""

import numpy as np


def resize(images, height, width, antialias=False):
    """Resizes arrays (..., h, w, channels) to float64 (..., height, width, channels).

    Args:
        antialias: bool. Widens the triangle of weights where an axis shrinks.
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
    """The same as by `weights`, whose rows have two shares here: several times faster."""
    points = _centres(x.shape[axis], after)
    left = points.astype(int)
    right = np.minimum(left + 1, x.shape[axis] - 1)
    share = (points - left).reshape(-1, *[1] * (-axis - 1))
    y, z = np.take(x, left, axis), np.take(x, right, axis)
    z -= y  # in place: these arrays are large
    z *= share
    y += z
    return y


def _centres(before, after):
    """Where new pixels lie between the old; beyond the outer pixels' centres these go on."""
    return np.clip((np.arange(after) + 0.5) * (before / after) - 0.5, 0, before - 1)


def weights(before, after, antialias=False):
    """Which share of each old pixel makes a new one: float64 (after, before), rows of sum 1."""
    ratio = before / after
    stretch = max(ratio, 1.0) if antialias else 1.0
    centres = (np.arange(after) + 0.5) * ratio - 0.5 if antialias else _centres(before, after)
    shares = np.maximum(1 - np.abs(centres[:, None] - np.arange(before)) / stretch, 0)
    return shares / shares.sum(1, keepdims=True)
