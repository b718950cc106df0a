"""The images of a source for text-to-image batches: cached as uint8, or decoded every time."""

import numpy as np
import tensorflow as tf

from zoo.data.batches.first_use_cache import FirstUseCache
from zoo.data.batches.image_cache import square_loader
from zoo.images import crop as ops
from zoo.images.convert import to_float_in_pipeline


def image_store(source, sizes, crop, cache):
    """A store of a source's images.

    Args:
        source: images (see `zoo.data`).
        sizes: tuple of int, pixels, smallest first.
        crop: "paper", "none" or "unfiltered", see `zoo.data.batches.text_to_image`.
        cache: keep decoded images in memory: square ones from their first use on.

    Returns:
        an object with `batched`. If True, `batch(index, flip)` returns the pyramids of images;
        otherwise `one(index, position, flip)` returns one. A pyramid is a tuple of float32
        [..., s, s, 3] in [-1, 1]. Both give equal images.
    """
    with tf.device("CPU:0"):
        if not cache:
            return _Loaded(source, sizes, crop)
        if crop == "paper":
            return _CachedScaled(source, sizes)
        return _CachedSquares(source, sizes, crop)


class _Loaded:
    """Images that are decoded every time."""

    batched = False

    def __init__(self, source, sizes, crop):
        self._source, self._sizes, self._crop = source, sizes, crop

    def scaled(self, index):
        image, size = self._source.load(index), self._sizes[-1]
        if self._crop == "paper":
            return ops.scale(image, size)
        if self._crop == "unfiltered":
            return ops.unfiltered(image, size)
        return tf.ensure_shape(ops.resize(image, size, size), [size, size, 3])

    def one(self, index, position, flip):
        """The pyramid of one image, cropped at `position` in [0, 1)^2, or at the center if -1."""
        image, size = self.scaled(index), self._sizes[-1]
        if self._crop != "paper":
            return _floats(ops.pyramid_uint8(image, self._sizes), flip)
        center = (tf.shape(image)[:2] - size) // 2
        offset = tf.where(position < 0, center, ops.random_offset(image, size, position))
        return ops.pyramid(ops.crop(image, size, offset, flip), self._sizes)


class _CachedScaled(_Loaded):
    """Scaled, uncropped images of many shapes, concatenated in one uint8 array."""

    def __init__(self, source, sizes):
        super().__init__(source, sizes, "paper")
        self._flat = None
        shapes, flat = [], []
        for image in _all(self.scaled, len(source)):
            shapes.append(image.shape)
            flat.append(image.reshape(-1))
        shapes = np.array(shapes, np.int64)
        ends = np.cumsum(shapes.prod(axis=1))
        self._shapes, self._starts = tf.constant(shapes), tf.constant(ends - shapes.prod(1))
        self._flat = tf.constant(np.concatenate(flat))

    def scaled(self, index):
        if self._flat is None:
            return super().scaled(index)
        shape = tf.gather(self._shapes, index)
        start = tf.gather(self._starts, index)
        flat = tf.slice(self._flat, start[None], tf.reduce_prod(shape)[None])
        return tf.reshape(flat, shape)


class _CachedSquares:
    """Square images at every size, kept from their first use on."""

    batched = True

    def __init__(self, source, sizes, crop):
        scaled = _Loaded(source, sizes, crop).scaled
        load, shapes = square_loader(source, scaled, sizes[-1]), [(size, size, 3) for size in sizes]
        self._cache = FirstUseCache(
            lambda index: ops.pyramid_uint8(load(index), sizes), len(source), shapes
        )

    def batch(self, index, flip):
        """The pyramids of the images of a batch."""
        return _floats(self._cache(index), flip[:, None, None, None])


@tf.autograph.experimental.do_not_convert
def _floats(levels, flip):
    return tuple(
        to_float_in_pipeline(tf.where(flip, images[..., ::-1, :], images)) for images in levels
    )


def _all(load, count):
    """An iterator over all images in order, decoded in parallel."""
    data = tf.data.Dataset.range(count)
    data = data.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return data.prefetch(64).as_numpy_iterator()
