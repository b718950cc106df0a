"""Images of one size for batches: cached in memory as uint8, or decoded every time."""

import tensorflow as tf

from zoo.data.batches.first_use_cache import FirstUseCache
from zoo.images.convert import to_float_in_pipeline
from zoo.images.resample import resize


class SquareImageCache:
    """Square images, from which batches are cropped and flipped.

    Args:
        load_batch: indices [B] -> uint8 [B, side, side, channels], in a graph.
        count: int, number of images.
        side: int, pixels.
        channels: int.
        cache: decodes every image once, at its first use, and keeps it in memory.
    """

    def __init__(self, load_batch, count, side, channels=3, cache=False):
        self._side, self._shape = side, [side, side, channels]
        self._load_batch, self._cache = load_batch, None
        if cache:
            self._cache = FirstUseCache(lambda index: (load_batch(index),), count, [self._shape])

    def views(self, index, size, position=None, flip=None):
        """Cropped and flipped images.

        Args:
            index: ints [B].
            size: int, side of the crop, pixels.
            position: float [B, 2] in [0, 1), of the crop, all positions equally likely; None crops
                the center as torchvision does (half a pixel is rounded to even).
            flip: bool [B], whether to flip each image horizontally; None flips none.

        Returns:
            float32 [B, size, size, channels] in [-1, 1].
        """
        return self._moved(self._batch(index), size, position, flip)

    @tf.autograph.experimental.do_not_convert
    def _moved(self, images, size, position, flip):
        free, count = self._side - size, tf.shape(images)[0]
        if position is None:
            offset = tf.fill([count, 2], round(free / 2))
        else:
            offset = tf.minimum(tf.cast(position * (free + 1), tf.int32), free)
        rows, columns = tf.unstack(offset[:, None] + tf.range(size)[:, None], axis=-1)  # [B, size]
        if flip is not None:
            columns = tf.where(flip[:, None], columns[:, ::-1], columns)
        if free:
            images = tf.gather(images, rows, axis=1, batch_dims=1)
        if free or flip is not None:
            images = tf.gather(images, columns, axis=2, batch_dims=1)
        shape = [images.shape[0], size, size, self._shape[-1]]
        return to_float_in_pipeline(tf.ensure_shape(images, shape))

    def _batch(self, index):
        if self._cache:
            (images,) = self._cache(index)
            return images
        return tf.ensure_shape(self._load_batch(index), [index.shape[0], *self._shape])


def one_by_one(load, side, channels=3):
    """`load_batch` from `load`: index -> uint8 [side, side, channels]."""
    spec = tf.TensorSpec([side, side, channels], tf.uint8)
    return lambda index: tf.map_fn(load, index, fn_output_signature=spec)


def square_loader(source, load, side):
    """The source's own `load_batch` if its images have this size (drawn, not decoded); otherwise
    `one_by_one` of `load`."""
    at_once = hasattr(source, "load_batch") and source.image_size == side
    return source.load_batch if at_once else one_by_one(load, side)


def source_squares(source, side, method, cache, pad=0):
    """`SquareImageCache` of a source, whose images are resized to a square.

    Args:
        source: has `len()` and `load(index)`, uint8 [H, W, 3]; its `load_batch`, if any, is used
            when its images already have this size.
        side: int, pixels.
        method: "bilinear" or "bicubic".
        cache: bool.
        pad: int, pixels of `side` on each edge that mirror the image next to them.
    """
    inner = side - 2 * pad

    def load(index):
        image = tf.ensure_shape(resize(source.load(index), inner, inner, method), [inner, inner, 3])
        return tf.pad(image, [[pad, pad], [pad, pad], [0, 0]], "SYMMETRIC") if pad else image

    load_batch = one_by_one(load, side) if pad else square_loader(source, load, side)
    return SquareImageCache(load_batch, len(source), side, cache=cache)
