"""Resizing and grayscale conversion in Pillow's integer arithmetic, bit-exact.

`tf.image.resize` with anti-aliasing differs by up to three gray levels from Pillow's bicubic
filter, which the official image-to-image code trains on. Checked against Pillow 13.0
(src/libImaging/Resample.c, Convert.c). Known deviations: none. Older versions of Pillow always
resize the width first; for tall images they differ by up to three gray levels.
"""

import tensorflow as tf

_BITS = 22
_ONE = 1 << _BITS
_CURVE = -0.5  # Pillow's parameter of the cubic


def _triangle(x):
    return tf.maximum(1.0 - x, 0.0)


def _cubic(x):
    near = ((_CURVE + 2.0) * x - (_CURVE + 3.0)) * x * x + 1.0
    far = (((x - 5.0) * x + 8.0) * x - 4.0) * _CURVE
    return tf.where(x < 1.0, near, tf.where(x < 2.0, far, tf.zeros_like(x)))


_KERNELS = {"bilinear": (_triangle, 1), "bicubic": (_cubic, 2)}  # weight at a distance, support


def resize(image, height, width, method="bilinear"):
    """Resizes images with anti-aliasing.

    Each axis in turn, the width first unless the height loses more than twice as many pixels. The
    kernel is stretched by the ratio of the lengths but never shrunk, its weights are rounded to 22
    bits, and the result is rounded to uint8 after each axis.

    Args:
        image: uint8 [..., H, W, channels].
        height, width: int, pixels.
        method: "bilinear" or "bicubic".

    Returns:
        uint8 [..., height, width, channels].
    """
    lost, lost_width = _side(image, -3) - height, _side(image, -2) - width
    tall = (lost > 0) & (lost > 2 * lost_width)
    if isinstance(tall, bool):
        first, second = ((height, -3), (width, -2)) if tall else ((width, -2), (height, -3))
        return _along(_along(image, *first, method), *second, method)
    # With unknown sizes, a tall image is transposed temporarily: half the operations.
    image = _transposed_if(image, tall)
    image = _along(image, tf.where(tall, height, width), -2, method)
    image = _along(image, tf.where(tall, width, height), -3, method)
    return _transposed_if(image, tall)


def _transposed_if(image, condition):
    """The image, with height and width exchanged if the condition is true."""
    order = tf.range(tf.rank(image))
    exchanged = tf.concat([order[:-3], [order[-2], order[-3], order[-1]]], 0)
    return tf.transpose(image, tf.where(condition, exchanged, order))


def _side(image, axis):
    """Length of an axis: an int if it is static, else a tensor."""
    return tf.shape(image)[axis] if image.shape[axis] is None else image.shape[axis]


def _along(image, length, axis, method):
    """Resizes one axis (-2 or -3) to `length`."""
    before = _side(image, axis)
    static = isinstance(before, int) and isinstance(length, int)
    if static and before == length:
        return image
    indices, weights = _weights(before, length, *_KERNELS[method])

    def add(tap, total):
        pixels = tf.cast(tf.gather(image, indices[:, tap], axis=axis), tf.int32)
        column = weights[:, tap, None] if axis == -2 else weights[:, tap, None, None]
        return tap + 1, total + pixels * column

    if static:
        total = _ONE // 2
        for tap in range(_taps(before, length, _KERNELS[method][1])):
            _, total = add(tap, total)
    else:
        shape = tf.shape(tf.gather(image, indices[:, 0], axis=axis))
        start, taps = (0, tf.fill(shape, _ONE // 2)), tf.shape(weights)[1]
        _, total = tf.while_loop(lambda tap, _: tap < taps, add, start)
    total = tf.bitwise.right_shift(total, _BITS)
    return tf.cast(tf.clip_by_value(total, 0, 255), tf.uint8)  # the cubic overshoots


def _taps(before, length, support):
    """Maximum number of input pixels that contribute to an output pixel."""
    return 2 * (-(-support * before // length) if before > length else support) + 1


def _weights(before, length, kernel, support):
    """The input pixels of each output pixel: int32 indices and weights, both [length, taps]."""
    ratio = tf.cast(before, tf.float64) / tf.cast(length, tf.float64)
    stretch = tf.maximum(ratio, 1.0)
    reach = support * stretch
    center = (tf.range(length, dtype=tf.float64) + 0.5) * ratio
    taps = 2 * tf.cast(tf.math.ceil(reach), tf.int32) + 1
    first = tf.cast(tf.floor(center - reach + 0.5), tf.int32)
    indices = first[:, None] + tf.range(taps)[None, :]
    distance = tf.abs(tf.cast(indices, tf.float64) + 0.5 - center[:, None]) / stretch
    inside = (indices >= 0) & (indices < before)
    weights = tf.where(inside, kernel(distance), 0.0)
    weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
    weights = tf.sign(weights) * tf.floor(tf.abs(weights) * _ONE + 0.5)
    return tf.clip_by_value(indices, 0, before - 1), tf.cast(weights, tf.int32)


def grayscale(image):
    """Luma as in Pillow's mode L: uint8 [..., 3] to uint8 [..., 1]."""
    weighted = tf.cast(image, tf.int32) * tf.constant([19595, 38470, 7471])
    total = tf.reduce_sum(weighted, axis=-1, keepdims=True) + 0x8000
    return tf.cast(tf.bitwise.right_shift(total, 16), tf.uint8)
