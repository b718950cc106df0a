"""Conversion between bytes and floats in [-1, 1], for all images that enter or leave a model.

    float = byte / 127.5 - 1        byte = round((float + 1) * 127.5), half to even

The round trip preserves bytes. There are two conversions to floats, which differ in the rounding of
some bytes; both are kept because results must be bit-exact:

* `to_float`, for a user's images, is equal in NumPy and in a graph, where it uses a table, because
  a graph optimizer may replace the division with a product with 1 / 127.5.
* `to_float_in_pipeline`, for training batches, is the plain formula. It is fast, and its rounding
  is that of `tf.data`'s graph optimizer.

For arrays whose value range is unknown see `zoo.images.arrays`.
"""

import numpy as np
import tensorflow as tf


def to_float(images):
    """uint8 to float32 in [-1, 1], array or tensor; floats are returned unchanged."""
    if images.dtype != np.uint8:
        return images
    if tf.is_tensor(images):
        return tf.gather(to_float(np.arange(256, dtype=np.uint8)), tf.cast(images, tf.int32))
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_float_in_pipeline(images):
    """uint8 tensor to float32 in [-1, 1], by the formula."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def to_uint8(images):
    """Floats in [-1, 1] to bytes, clipped to 0...255; array or tensor."""
    if tf.is_tensor(images):
        scaled = tf.clip_by_value((images + 1.0) * 127.5, 0.0, 255.0)
        return tf.cast(tf.round(scaled), tf.uint8)
    return np.round(np.clip((images + 1) * 127.5, 0, 255)).astype(np.uint8)
