"""Reads a user's images, given as arrays or files, in the form that a model expects.

Files are PNG, JPEG, GIF, BMP, WebP or TIFF, see `zoo.images.decode`. Arrays are uint8, uint16, or
float in [-1, 1] (see `zoo.images.arrays`: floats that may be in [0, 1] are an error), of shape
(h, w), (h, w, channels) or (n, h, w, channels) with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB,
alpha) channels. 16-bit values keep their upper 8 bits. Transparency is composited over white.
Pillow images are read like files. For a model with three channels, grayscale is repeated; for a
model with one channel, color is converted to Pillow's grayscale. An image of another size is
resized to the model's square with Pillow's bicubic filter, as in training, ignoring the aspect
ratio. Floats that already have the model's shape stay floats; others are first rounded to bytes.

In a graph, `fit_image` gives the same numbers.
"""

import os

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError
from zoo.images.arrays import shape_advice, to_bytes, to_signed
from zoo.images.convert import to_float, to_uint8
from zoo.images.decode import EXTENSIONS, pixel_limit, read_image, to_rgb
from zoo.images.resample import grayscale, resize
from zoo.listing import LIMITS, open_regular, open_tree

FORMS = (
    "an image as an array (h, w, channels), several as (n, h, w, channels) or a list, a file, a "
    "list of files, or a folder"
)


def read_images(images, size, channels, value_range=None):
    """Reads all of a user's images in order.

    Args:
        images: array, path of a file or folder (its image files by name), or a list of arrays
            and paths.
        size: int. Side of the images, pixels.
        channels: int. 1 or 3, for a model of grayscale or color images.
        value_range: None, or the range of float arrays: (-1, 1), (0, 1) or (0, 255).

    Returns:
        uint8 in 0...255 or, if any image has floats, float32 in [-1, 1]: (n, size, size,
        channels).

    Raises:
        ZooError: no images, a file that cannot be read, or an array of another form; the message
            names the file, or the image's index in the list.
    """
    fitted = [_fit(image, size, channels) for image in _arrays(images, value_range)]
    if not fitted:
        raise ZooError(f"There are no images: expected {FORMS}.")
    if any(image.dtype == np.float32 for image in fitted):
        fitted = [to_float(image) for image in fitted]
    return np.stack(fitted)


def image_files(path):
    """The image files directly in a folder, sorted by name; or the file itself.

    Raises:
        ZooError: a folder without images.
    """
    path = os.fspath(path)
    return _files_of(path) if os.path.isdir(path) else [path]


def fit_image(image, size, channels):
    """Converts an image: uint8 (h, w, 1 to 4) -> uint8 tensor (size, size, channels)."""
    image = to_rgb(image)
    if channels == 1:
        image = grayscale(image)
    return tf.ensure_shape(resize(image, size, size, "bicubic"), [size, size, channels])


def _arrays(images, value_range, name="The image"):
    """Yields each image: uint8 or float in [-1, 1], (h, w, channels)."""
    if isinstance(images, str | os.PathLike):
        yield from map(_read, image_files(images))
    elif isinstance(images, list | tuple):
        for i, image in enumerate(images):
            yield from _arrays(image, value_range, f"Image {i}")
    else:
        array = _array(images, name, value_range)
        yield from array if array.ndim == 4 else [array]


def _files_of(folder):
    tree = open_tree(folder)
    names = tree.images(recursive=False)
    if not names:
        inside = tree.images()
        hint = f"; images in subfolders are not read, such as {inside[0]}" if inside else ""
        raise ZooError(
            f"The folder {folder} has no image; expected files that end in "
            f"{', '.join(EXTENSIONS)} directly in it{hint}."
        )
    return [tree.disk_path(name) for name in names]


def _read(path):
    try:
        with open_regular(path) as file:
            data = file.read(LIMITS.file_bytes + 1)
        if len(data) > LIMITS.file_bytes:
            raise ZooError(f"more than {LIMITS.file_bytes:,} bytes")
        return read_image(data)
    except (OSError, ValueError) as error:  # ValueError: also an impossible file name
        reason = error.strerror if isinstance(error, OSError) else error
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else reason
        raise ZooError(f"{path} cannot be read as an image: {reason}.") from None


def _array(image, name, value_range):
    """An array of one or several images with a channel axis: uint8 or float in [-1, 1]."""
    from PIL import Image

    if isinstance(image, Image.Image):
        return _of_pillow(image, name)
    try:
        array = np.asarray(image)
    except (TypeError, ValueError):
        raise ZooError(f"{name} has the type {type(image).__name__}, expected {FORMS}.") from None
    if array.dtype == object or not array.ndim:
        raise ZooError(f"{name} has the type {type(image).__name__}, expected {FORMS}.")
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim == 4 and not len(array):
        return array
    if array.ndim not in (3, 4) or array.shape[-1] not in (1, 2, 3, 4) or not array.size:
        raise ZooError(
            f"{name} must have the shape (h, w, channels) with 1 to 4 channels, or (n, h, w, "
            f"channels) for several, got {array.shape}.{shape_advice(array.shape)}"
        )
    if array.dtype.kind == "f":
        return to_signed(array, name, value_range)
    return to_bytes(array, name)


def _of_pillow(image, name):
    """A Pillow image as an array, with its palette applied."""
    from zoo.images.pillow import rgb

    if image.width * image.height > pixel_limit():
        raise ZooError(f"{name} has more than {pixel_limit()} pixels (ZOO_MAX_PIXELS).")
    try:
        return rgb(image, "a Pillow image")
    except (ZooError, OSError) as error:
        raise ZooError(f"{name} cannot be read: {error}.") from None


def _fit(array, size, channels):
    """One image in the model's size and channels, uint8 or float32."""
    if array.dtype == np.uint8:
        return fit_image(array, size, channels).numpy()
    if array.shape == (size, size, channels):
        return array.astype(np.float32)
    return fit_image(to_uint8(array), size, channels).numpy()
