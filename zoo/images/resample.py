"""Resizing and grayscale conversion in Pillow's integer arithmetic, bit-exact.

`tf.image.resize` with anti-aliasing differs by up to three gray levels from Pillow's bicubic
filter, which the official image-to-image code trains on. Checked against Pillow 13.0
(src/libImaging/Resample.c, Convert.c). Known deviations: none. Older versions of Pillow always
resize the width first; for tall images they differ by up to three gray levels.
"""

import functools

import tensorflow as tf

_BITS = 22
_ONE = 1 << _BITS
_CURVE = -0.5  # Pillow's parameter of the cubic
_COLUMNS, _ROWS = 8, 512  # of a block of the output; the fastest for photos of 12 megapixels


def _triangle(x):
    return tf.maximum(1.0 - x, 0.0)


def _cubic(x):
    near = ((_CURVE + 2.0) * x - (_CURVE + 3.0)) * x * x + 1.0
    far = (((x - 5.0) * x + 8.0) * x - 4.0) * _CURVE
    return tf.where(x < 1.0, near, tf.where(x < 2.0, far, tf.zeros_like(x)))


_KERNELS = {"bilinear": (_triangle, 1), "bicubic": (_cubic, 2)}  # weight at a distance, support


@tf.autograph.experimental.do_not_convert  # a pipeline that calls it is traced sooner
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
        first, second = (height, width) if tall else (width, height)
    else:
        first, second = tf.where(tall, height, width), tf.where(tall, width, height)
    image = _along_width(_transposed_if(image, tall), first, method)
    image = _along_width(_transposed_if(image, True), second, method)
    still = not tall if isinstance(tall, bool) else ~tall
    return _transposed_if(image, still)


def _transposed_if(image, condition):
    """The image, with height and width exchanged if the condition (bool or tensor) is true."""
    if condition is False:
        return image
    rank = len(image.shape)
    order = [*range(rank - 3), rank - 2, rank - 3, rank - 1]
    if condition is not True:
        order = tf.where(condition, order, list(range(rank)))
    return tf.transpose(image, order)


def _side(image, axis):
    """Length of an axis: an int if it is static, else a tensor."""
    return tf.shape(image)[axis] if image.shape[axis] is None else image.shape[axis]


def _along_width(image, length, method):
    """Resizes axis -2 to `length`."""
    before, channels = _side(image, -2), _side(image, -1)
    if isinstance(before, int) and isinstance(length, int) and before == length:
        return image
    lead = tf.shape(image)[:-2]
    rows = tf.reshape(image, [-1, before, channels])
    scaled = tf.cond(
        tf.equal(before, length), lambda: rows, lambda: _row_scaler(method)(rows, length)
    )
    scaled = tf.reshape(scaled, tf.concat([lead, [length, channels]], 0))
    static = [*image.shape[:-2], length if isinstance(length, int) else None, image.shape[-1]]
    return tf.ensure_shape(scaled, static)


@functools.cache
def _row_scaler(method):
    """`_scale_rows` with the kernel of a method, traced once for images of every shape."""

    def scale(image, length):
        return _scale_rows(image, length, *_KERNELS[method])

    shapes = tf.TensorSpec([None, None, None], tf.uint8), tf.TensorSpec([], tf.int32)
    return tf.function(scale, shapes, autograph=False)


def _scale_rows(image, length, kernel, support):
    """Resizes axis 1 of uint8 [rows, before, channels] to `length`.

    A matrix product per block of output columns and of rows: a block of columns reads a window of
    the input that is a few times wider than itself, so most of its weights are not zero, and a
    block of rows stays in the processor's cache. Products and sums are integers below 2^53, so
    float64 is exact in any order of summation.
    """
    rows, before, channels = tf.unstack(tf.shape(image))
    first, weights = _weights(before, length, kernel, support)
    row_blocks, column_blocks = -(-rows // _ROWS), -(-length // _COLUMNS)
    padding = column_blocks * _COLUMNS - length  # the last block has as many columns, too
    weights = tf.pad(weights, [[0, padding], [0, 0]])
    first = tf.pad(first, [[0, padding]], constant_values=first[-1])
    start = tf.clip_by_value(first[::_COLUMNS], 0, before - 1)
    stop = tf.clip_by_value(first[_COLUMNS - 1 :: _COLUMNS] + tf.shape(weights)[1], 1, before)

    def add(index, blocks):
        column, row = index // row_blocks, index % row_blocks
        low, high = start[column], stop[column]
        part = slice(column * _COLUMNS, (column + 1) * _COLUMNS)
        matrix = _window_matrix(first[part] - low, weights[part], high - low, channels)
        window = image[row * _ROWS : (row + 1) * _ROWS, low:high]
        window = tf.reshape(window, [-1, (high - low) * channels])
        total = tf.matmul(tf.cast(window, tf.float64), matrix)
        pixels = tf.floor((total + _ONE // 2) * (1 / _ONE))
        pixels = tf.cast(tf.clip_by_value(pixels, 0, 255), tf.uint8)  # the cubic overshoots
        return index + 1, blocks.write(index, pixels)

    count = row_blocks * column_blocks
    blocks = tf.TensorArray(tf.uint8, count, infer_shape=False, element_shape=[None, None])
    _, blocks = tf.while_loop(
        lambda index, _: index < count, add, (0, blocks), parallel_iterations=2
    )
    scaled = tf.reshape(blocks.concat(), [column_blocks, rows, _COLUMNS, channels])
    scaled = tf.reshape(tf.transpose(scaled, [1, 0, 2, 3]), [rows, -1, channels])
    return scaled[:, :length]


def _window_matrix(first, weights, window, channels):
    """The weights of a block as a matrix from a window's values to the block's values.

    Args:
        first: int32 [columns], the position in the window of each column's first weight.
        weights: float64 [columns, taps].
        window: int, input pixels of the window.
        channels: int.

    Returns:
        float64 [window * channels, columns * channels].
    """
    taps = tf.shape(weights)[1]
    tap = tf.range(window)[None, :] - first[:, None]
    inside = (tap >= 0) & (tap < taps)
    dense = tf.gather(weights, tf.clip_by_value(tap, 0, taps - 1), batch_dims=1)
    dense = tf.transpose(tf.where(inside, dense, 0.0))
    each = dense[:, None, :, None] * tf.eye(channels, dtype=tf.float64)[None, :, None, :]
    return tf.reshape(each, [window * channels, -1])


def _weights(before, length, kernel, support):
    """The input pixels of each output pixel.

    Returns:
        (the first one, int32 [length], negative if the kernel begins outside of the image; the
        weights from there on, whole numbers in float64 [length, taps], 0 outside of the image).
    """
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
    return first, weights


@tf.autograph.experimental.do_not_convert
def grayscale(image):
    """Luma as in Pillow's mode L: uint8 [..., 3] to uint8 [..., 1]."""
    weighted = tf.cast(image, tf.int32) * tf.constant([19595, 38470, 7471])
    total = tf.reduce_sum(weighted, axis=-1, keepdims=True) + 0x8000
    return tf.cast(tf.bitwise.right_shift(total, 16), tf.uint8)
