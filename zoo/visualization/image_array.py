"""Images that a notebook shows: `ImageArray`, the result of `generate`, and `show`. Needs Pillow.

An `ImageArray` is a NumPy array in every respect; a cell that ends with one shows its grid.
"""

import os
import sys
from pathlib import Path

import numpy as np

from zoo.errors import ZooError
from zoo.images.arrays import shape_advice, to_bytes
from zoo.visualization.grid import png_bytes, rows_grid, save_png

COLUMNS = 8  # of a grid whose number of columns is not known
MOST = 256  # images in a notebook's grid; the others are not drawn
SMALLEST = 96  # pixels up to which small images are enlarged by repeating pixels


class ImageArray(np.ndarray):
    """uint8 (n, h, w, channels), or one image (h, w, channels), that a notebook shows.

    Slices are `ImageArray`s too. The result of arithmetic is a plain array.

    Attributes:
        columns: int or None. Images per row of the grid: of `generate`, the images of a condition.
        seeds: int64 (n,) or None. Of a result of `generate`, the seed of each image; None for
            slices and copies.
    """

    columns = seeds = None

    def __array_finalize__(self, source):
        self.columns = getattr(source, "columns", None)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def _repr_png_(self):
        return png_bytes(layout(self)) if _is_shown(self) else None


def image_array(images, columns=None, seeds=None):
    """An `ImageArray` view of uint8 images (n, h, w, channels); arguments as its attributes."""
    result = images.view(ImageArray)
    result.columns, result.seeds = columns, seeds
    return result


def show(images, columns=None, labels=None, path=None, value_range=None):
    """Shows images as a grid in a notebook, or writes the grid to a file.

    Args:
        images: what `generate` returns; an array (h, w, channels) or (n, h, w, channels) or a list
            of arrays of one size, uint8, uint16 or float in [-1, 1], 1 or 3 channels.
        columns: int or None. Images per row; by default those of one condition, at most 8 else.
        labels: list of str or None, one per row, written above it.
        path: str or path or None. A PNG file to write instead. It has all images; a notebook shows
            at most the first 256.
        value_range: None, or the range of floats: (-1, 1), (0, 1) or (0, 255).

    Raises:
        ZooError: these are no images, an argument is invalid, or there is neither a notebook nor a
            `path`.
    """
    if path is not None and not isinstance(path, str | os.PathLike):
        raise ZooError(f"path must be the name of a PNG file, got {path!r}.")
    most = MOST if path is None else None
    canvas = layout(_stacked(images, value_range), columns, labels, most)
    if path is not None:
        save_png(Path(path), canvas)
        return
    if not in_notebook():
        raise ZooError(
            'zoo.show draws in a notebook, and there is none here: zoo.show(images, path="grid.png"'
            ") writes a file."
        )
    from IPython.display import Image, display

    display(Image(data=png_bytes(canvas)))


def layout(images, columns=None, labels=None, most=MOST):
    """The grid of uint8 images (n, h, w, channels) or (h, w, channels): uint8 (H, W, 3).

    Args:
        columns, labels: see `show`.
        most: int or None, the number of images that are drawn; None draws all.

    Raises:
        ZooError: `columns` or `labels` do not fit the images.
    """
    if columns is None:
        columns = getattr(images, "columns", None)
    images = np.asarray(images if images.ndim == 4 else images[None])
    columns = _columns(columns, len(images))
    if labels is not None:
        labels = _row_labels(labels, -(-len(images) // columns), columns)
    images = images[:most]
    columns = min(columns, len(images))
    images = _whole_rows(images, columns)
    labels = labels and labels[:len(images) // columns]
    scale = max(1, SMALLEST // max(images.shape[1:3]))
    images = images.repeat(scale, axis=1).repeat(scale, axis=2)
    return rows_grid(images, columns, labels=labels)


def in_notebook():
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return getattr(shell, "kernel", None) is not None


def _columns(columns, count):
    if columns is None:
        return min(COLUMNS, count)
    if isinstance(columns, bool) or not isinstance(columns, int | np.integer) or columns < 1:
        raise ZooError(f"columns must be an integer of at least 1, got {columns!r}.")
    return min(int(columns), count)


def _row_labels(labels, rows, columns):
    """The labels as a list of str, one per row."""
    texts = list(labels) if isinstance(labels, list | tuple | np.ndarray) else []
    if len(texts) != rows or not all(isinstance(text, str) for text in texts):
        raise ZooError(
            f"labels must be a list of {rows} strings, one per row of {columns} images, got "
            f"{labels!r}."
        )
    return texts


def _whole_rows(images, columns):
    """The images, followed by white ones until the last row is full."""
    missing = -len(images) % columns
    return np.concatenate([images, np.full((missing, *images.shape[1:]), 255, np.uint8)])


def _is_shown(array):
    return array.dtype == np.uint8 and array.ndim in (3, 4) and array.shape[-1] in (1, 3) and (
        array.size > 0
    )


def _stacked(images, value_range):
    """Images in one of the forms of `show` as an `ImageArray` (n, h, w, 1 or 3), or one image."""
    if not (hasattr(images, "__array__") or isinstance(images, list | tuple)):
        found = repr(images) if isinstance(images, str) else f"a {type(images).__name__}"
        raise ZooError(
            f"zoo.show expects images, arrays such as generate returns, got {found}."
        )
    try:
        array = np.asarray(images)
    except ValueError as error:
        raise ZooError("zoo.show expects images of one size, got several sizes.") from error
    if array.ndim not in (3, 4) or array.shape[-1] not in (1, 3) or not array.size:
        raise ZooError(
            "zoo.show expects images (n, height, width, channels) with 1 or 3 channels, got an "
            f"array of shape {array.shape}.{shape_advice(array.shape, (1, 3))}"
        )
    shown = np.ascontiguousarray(to_bytes(array, "The array of images", value_range))
    return image_array(shown, getattr(images, "columns", None))
