"""Finds generated images that are flat, or hardly depend on anything, while a model is trained."""

import numpy as np

SHARE = 0.1  # of the data's own figure, below which a figure is worth a word


def batch_images(batch):
    """The largest real images of a training batch, in the order of the generated ones.

    Returns:
        tuple of float (batch, h, w, channels) in [-1, 1]: one array; of two domains B, then A,
        which a2b and b2a generate.
    """
    if "images_b" in batch:
        return np.asarray(batch["images_b"]), np.asarray(batch["images_a"])
    images = batch["images" if "images" in batch else "target"]
    return (np.asarray(images[-1] if isinstance(images, tuple | list) else images),)


def contrast(images):
    """Mean standard deviation of the pixels of an image, for images in [-1, 1]."""
    return float(images.std(axis=(1, 2, 3)).mean())


def spread(images):
    """Mean absolute difference of each image and the one half the array away."""
    return float(np.abs(images - np.roll(images, len(images) // 2, axis=0)).mean())


def warning_of(generated, real):
    """A sentence about generated images that are flat or collapsed, else "".

    Args:
        generated: uint8 (n, h, w, channels), the images of a condition one after another.
        real: float (m, h, w, channels) in [-1, 1], real images.
    """
    generated = np.asarray(generated, np.float32) / 127.5 - 1
    for figure, text in (
        (contrast, "are flat: their pixels deviate by"),
        (spread, "are nearly the same for all conditions and noises: they differ by"),
    ):
        found, expected = figure(generated), figure(real)
        if len(generated) > 1 and found < SHARE * expected:
            return f"warning: the generated images {text} {found:.3f}, real ones by {expected:.3f}"
    return ""
