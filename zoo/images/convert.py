"""Bytes to floats in [-1, 1] and back: every image that enters or leaves a model passes here.

    float = byte / 127.5 - 1        byte = round((float + 1) * 127.5), half to even

Bytes survive the way there and back. There are two ways to floats, which differ by one rounding of
some bytes, and both are kept because results were promised bit by bit:

* `to_float`, of what a user gives, is the same in NumPy and in a graph, for which it takes a table:
  a graph's optimizer may turn the division into a product with 1 / 127.5.
* `to_float_in_pipeline`, of training batches, is the plain formula, which is fast, and has whatever
  rounding the optimizer of `tf.data`'s graph leaves.

Arrays whose range of numbers is not known yet are the matter of `zoo.images.arrays`.
"""

import numpy as np
import tensorflow as tf


def to_float(images):
    """uint8 to float32 in [-1, 1], array or tensor; floats stay as they are."""
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
