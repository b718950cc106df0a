"""Nearest-neighbor upsampling, alone and before a convolution, with fast gradients on a CPU."""

import tensorflow as tf
from keras import ops


def upsample_nearest(x, factor=2):
    """Nearest neighbor: (batch, h, w, c) -> (batch, factor h, factor w, c).

    As the gradient of average pooling, which hands every pixel to the factor x factor pixels that
    it would be the mean of: on a CPU its own gradient, average pooling, takes a fraction of the
    time of the sums that copies have as gradients.
    """
    if factor == 1:
        return x
    x = tf.convert_to_tensor(x)
    batch, height, width, channels = ops.shape(x)
    window = [1, factor, factor, 1]
    return factor**2 * tf.raw_ops.AvgPoolGrad(
        orig_input_shape=[batch, factor * height, factor * width, channels], grad=x, ksize=window,
        strides=window, padding="VALID",
    )


def upsampled_conv3x3(x, kernel):
    """Nearest-neighbor x2, then a 3x3 convolution with zeros outside the image.

    Four neighboring outputs depend on the same 2x2 inputs through sums of the kernel's elements, so
    both steps are one transposed convolution with a 4x4 kernel of those sums: 16 products per input
    instead of 36, and the same result up to rounding. On a CPU this takes half the time from 8
    pixels on; below, computing the sums costs what it saves, and two steps are used.

    Shapes: x (batch, h, w, c), kernel (3, 3, c, filters), in the precision in which elements are
        summed -> (batch, 2h, 2w, filters) like x.
    """
    if min(x.shape[1:3]) < 8:
        return ops.conv(upsample_nearest(x), ops.cast(kernel, x.dtype), padding="same")
    for axis in (0, 1):  # each output's three taps, summed where they share an input
        none, one = [(0, 0)] * 4, [(0, 0)] * 4
        none[axis], one[axis] = (0, 1), (1, 0)
        kernel = ops.pad(kernel, none) + ops.pad(kernel, one)
    kernel = ops.transpose(ops.flip(kernel, (0, 1)), (0, 1, 3, 2))  # (4, 4, filters, c)
    return ops.conv_transpose(x, ops.cast(kernel, x.dtype), strides=2, padding="same")
