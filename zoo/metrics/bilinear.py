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
    rows = weights(x.shape[-3], height, antialias)
    columns = weights(x.shape[-2], width, antialias)
    x = np.einsum("Hh,...hwc->...Hwc", rows, x, optimize=True)
    return np.einsum("Ww,...Hwc->...HWc", columns, x, optimize=True)


def weights(before, after, antialias=False):
    """Which share of each old pixel makes a new one: float64 (after, before), rows of sum 1."""
    ratio = before / after
    stretch = max(ratio, 1.0) if antialias else 1.0
    centres = (np.arange(after) + 0.5) * ratio - 0.5
    if not antialias:  # beyond the outer pixels' centres these go on
        centres = np.clip(centres, 0, before - 1)
    shares = np.maximum(1 - np.abs(centres[:, None] - np.arange(before)) / stretch, 0)
    return shares / shares.sum(1, keepdims=True)
