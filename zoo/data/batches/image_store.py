"""The images of a source for batches: decoded on every visit, or once into memory as uint8."""

import itertools

import numpy as np
import tensorflow as tf

from zoo.images import crop as ops
from zoo.images.convert import to_float_in_pipeline

_CHUNK = 256


def image_store(source, sizes, crop, cache):
    """How the images of a source are reached.

    Args:
        source: images (see `zoo.data`).
        sizes: tuple of int, pixels, lowest first.
        crop: "paper" or "none", see `zoo.data.batches.text_to_image`.
        cache: keep decoded images in memory.

    Returns:
        an object with `batched`. If True, `batch(index, flip)` gives the pyramids of images;
        otherwise `one(index, place, flip)` gives one. A pyramid is a tuple of float32
        [..., s, s, 3] in [-1, 1]. Both ways give equal images.
    """
    with tf.device("CPU:0"):
        if not cache:
            return _Loaded(source, sizes, crop)
        return _CachedSquares(source, sizes) if crop == "none" else _CachedScaled(source, sizes)


class _Loaded:
    """Pictures that are decoded on every visit."""

    batched = False

    def __init__(self, source, sizes, crop):
        self._source, self._sizes, self._crop = source, sizes, crop

    def scaled(self, index):
        image, size = self._source.load(index), self._sizes[-1]
        if self._crop == "paper":
            return ops.scale(image, size)
        return tf.ensure_shape(ops.resize(image, size, size), [size, size, 3])

    def one(self, index, place, flip):
        """The pyramid of one image, cropped at `place` in [0, 1)^2, or at the centre if -1."""
        image, size = self.scaled(index), self._sizes[-1]
        if self._crop == "none":
            return _floats(ops.pyramid_uint8(image, self._sizes), flip)
        centre = (tf.shape(image)[:2] - size) // 2
        offset = tf.where(place < 0, centre, ops.random_offset(image, size, place))
        return ops.pyramid(ops.crop(image, size, offset, flip), self._sizes)


class _CachedScaled(_Loaded):
    """Scaled, uncropped images of many shapes, end to end in one uint8 array."""

    def __init__(self, source, sizes):
        super().__init__(source, sizes, "paper")
        self._flat = None
        shapes, flat = [], []
        for picture in _all(self.scaled, len(source)):
            shapes.append(picture.shape)
            flat.append(picture.reshape(-1))
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
    """Square images at every size, one uint8 array [n, s, s, 3] for each."""

    batched = True

    def __init__(self, source, sizes):
        arrays = [np.empty([len(source), size, size, 3], np.uint8) for size in sizes]
        shrink = tf.function(lambda images: ops.pyramid_uint8(images, sizes), reduce_retracing=True)
        start = 0
        for chunk in _square_chunks(source, sizes):
            for array, pictures in zip(arrays, shrink(chunk), strict=True):
                array[start : start + len(chunk)] = pictures
            start += len(chunk)
        self._arrays = tuple(tf.constant(array) for array in arrays)

    def batch(self, index, flip):
        """The pyramids of some images."""
        pictures = (tf.gather(array, index) for array in self._arrays)
        return _floats(pictures, flip[:, None, None, None])


def _floats(pictures, flip):
    return tuple(
        to_float_in_pipeline(tf.where(flip, picture[..., ::-1, :], picture)) for picture in pictures
    )


def _square_chunks(source, sizes):
    """Every image in order at the largest size, uint8 [b, S, S, 3] at a time."""
    size = sizes[-1]
    if hasattr(source, "load_batch") and source.image_size == size:  # drawn, not decoded
        load = tf.function(source.load_batch, reduce_retracing=True)
        for start in range(0, len(source), _CHUNK):
            yield load(tf.range(start, min(start + _CHUNK, len(source))))
        return
    loaded = _all(_Loaded(source, sizes, "none").scaled, len(source))
    while chunk := list(itertools.islice(loaded, _CHUNK)):
        yield tf.constant(np.stack(chunk))


def _all(load, count):
    """Every image in order, decoded in parallel."""
    data = tf.data.Dataset.range(count)
    data = data.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return data.prefetch(64).as_numpy_iterator()
