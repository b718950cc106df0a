"""Pictures that a user gives, as arrays or files, in the one form that a model reads.

The rules. Files: PNG, JPEG, BMP or GIF, see `zoo.pictures.decode_picture`. Arrays: uint8, uint16,
or float in [-1, 1], of shape (h, w), (h, w, channels) or (n, h, w, channels) with 1 (grey), 2
(grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels. Of 16 bits the upper 8 are kept. What is
transparent is laid over white. For a model of three channels grey becomes three equal ones; for a
model of one, colour becomes Pillow's grey. A picture of another size is scaled to the model's
square by Pillow's bicubic filter, as in training, whatever its aspect. Floats of the model's form
stay floats; others are rounded to bytes first.

In a graph `fit_picture` and `to_float` give the same numbers.
"""

import os

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError
from zoo.pictures import decode_picture, to_rgb
from zoo.resampling import grayscale, resize

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
FORMS = (
    "a picture as an array (h, w, channels), several as (n, h, w, channels) or a list, a file, a "
    "list of files, or a folder"
)


def read_pictures(images, size, channels):
    """Every picture that `images` names or holds, in order.

    Args:
        images: array, path of a file or folder (its picture files by name), or a list of arrays
            and paths.
        size: int. Pixels of a side.
        channels: int. 1 or 3 of a model that reads grey or colour.

    Returns:
        uint8 in 0...255 or, if any picture was of floats, float32 in [-1, 1]: (n, size, size,
        channels).

    Raises:
        ZooError: nothing there, a file that cannot be read, or an array of another form; the
            message names the file, or the picture's place in the list.
    """
    pictures = [_fit(*named, size, channels) for named in _named_arrays(images)]
    if not pictures:
        raise ZooError(f"There are no pictures: expected {FORMS}.")
    if any(p.dtype == np.float32 for p in pictures):
        pictures = [to_float(p) for p in pictures]
    return np.stack(pictures)


def picture_files(path):
    """The picture files of a folder, by name; or the file itself.

    Raises:
        ZooError: a folder without pictures.
    """
    path = os.fspath(path)
    return _files_of(path) if os.path.isdir(path) else [path]


def to_float(pictures):
    """uint8 to float32 in [-1, 1], array or tensor; floats stay as they are."""
    if pictures.dtype != np.uint8:
        return pictures
    if tf.is_tensor(pictures):  # a table: in a graph a division may become a product, and round
        return tf.gather(to_float(np.arange(256, dtype=np.uint8)), tf.cast(pictures, tf.int32))
    return pictures.astype(np.float32) / np.float32(127.5) - np.float32(1)


def fit_picture(picture, size, channels):
    """A picture by the rules above: uint8 (h, w, 1 to 4) -> uint8 tensor (size, size, channels)."""
    picture = to_rgb(picture)
    if channels == 1:
        picture = grayscale(picture)
    return tf.ensure_shape(resize(picture, size, size, "bicubic"), [size, size, channels])


def _named_arrays(images):
    """Yields (name, array (h, w, channels) or (h, w)) of each picture."""
    if isinstance(images, str | os.PathLike):
        yield from ((path, _read(path)) for path in picture_files(images))
    elif isinstance(images, list | tuple):
        for i, image in enumerate(images):
            if isinstance(image, str | os.PathLike):
                yield from _named_arrays(image)
            else:
                yield f"Picture {i}", _array(image, f"Picture {i}")
    else:
        array = _array(images, "The picture")
        if array.ndim == 4:
            yield from ((f"Picture {i}", one) for i, one in enumerate(array))
        else:
            yield "The picture", array


def _files_of(folder):
    names = sorted(n for n in os.listdir(folder) if n.lower().endswith(EXTENSIONS))
    if not names:
        raise ZooError(
            f"The folder {folder} holds no picture; expected files that end in "
            f"{', '.join(EXTENSIONS)}."
        )
    return [os.path.join(folder, name) for name in names]


def _read(path):
    try:
        return decode_picture(tf.io.read_file(path)).numpy()
    except (tf.errors.OpError, ValueError) as error:
        reason = "it does not exist" if not os.path.exists(path) else str(error).splitlines()[0]
        raise ZooError(
            f"{path} cannot be read as a picture (PNG, JPEG, BMP or GIF): {reason}."
        ) from None


def _array(image, name):
    try:
        return np.asarray(image)
    except (TypeError, ValueError):
        raise ZooError(f"{name} is a {type(image).__name__}: expected {FORMS}.") from None


def _fit(name, array, size, channels):
    """One picture in the model's size and channels, uint8 or float32."""
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[-1] not in (1, 2, 3, 4) or 0 in array.shape:
        raise ZooError(
            f"{name} has the shape {array.shape}: expected (h, w, channels) with 1 to 4 channels, "
            "or (n, h, w, channels) for several."
        )
    if array.dtype == np.uint16:
        array = (array >> 8).astype(np.uint8)
    if array.dtype == np.uint8:
        return fit_picture(array, size, channels).numpy()
    if array.dtype.kind != "f":
        raise ZooError(f"{name} is of {array.dtype}: expected uint8, uint16, or float in [-1, 1].")
    if not np.abs(array).max() <= 1 + 1e-6:  # also where there is a NaN
        raise ZooError(f"{name} is of floats that leave [-1, 1]: scale it, or give uint8.")
    if array.shape == (size, size, channels):
        return np.clip(array, -1, 1).astype(np.float32)
    return fit_picture(np.uint8(np.round((array + 1) * 127.5)), size, channels).numpy()
