"""Convolution, pooling and upsampling with the padding of the papers' framework.

Checked against PyTorch's `Conv2d`, `AvgPool2d` and `Upsample` as junyanz/BicycleGAN uses them.
"""

import keras
import tensorflow as tf
from keras import ops

from zoo.errors import check_choice

PADDINGS = ("zeros", "reflect")
FEW_ROWS = 16  # pixels up to which mirrored edges are put together row by row on a CPU


@keras.saving.register_keras_serializable("zoo")
class PaddedConv2D(keras.layers.Conv2D):
    """2D convolution with the same padding on every side.

    "same" padding adds more at the bottom and right if the total is odd, which differs for an even
    kernel with stride 1 and for odd sizes.

    Args:
        filters, kernel_size, strides: see `keras.layers.Conv2D`.
        pad: int. Padding in pixels on every side.
        mode: "zeros" or "reflect".

    Shapes: (batch, h, w, any) -> (batch, new h, new w, filters), new = (old + 2 pad - kernel) //
    stride + 1.
    """

    def __init__(self, filters, kernel_size, strides=1, pad=0, mode="zeros", **kwargs):
        check_choice("`mode`", mode, PADDINGS)
        super().__init__(filters, kernel_size, strides=strides, padding="valid", **kwargs)
        self.pad = pad
        self.mode = mode

    def convolution_op(self, inputs, kernel):
        """Never uses explicit padding, which lacks TensorFlow's fast CPU gradients."""
        x, padding = tf.convert_to_tensor(inputs), "VALID"
        if self.pad and self.mode == "zeros" and self._pads_as_same(x.shape[1:3]):
            padding = "SAME"
        elif self.pad:
            x = zero_pad(x, self.pad) if self.mode == "zeros" else reflect_pad(x, self.pad)
        return tf.nn.conv2d(x, tf.convert_to_tensor(kernel), list(self.strides), padding)

    def _pads_as_same(self, size):
        """Whether TensorFlow's "SAME" has the same windows for images of this (height, width)."""
        for n, kernel, stride in zip(size, self.kernel_size, self.strides, strict=True):
            if n is None:
                return False
            windows = -(-n // stride)
            before = max((windows - 1) * stride + kernel - n, 0) // 2
            if (windows, before) != ((n + 2 * self.pad - kernel) // stride + 1, self.pad):
                return False
        return True

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        padded = [None if n is None else n + 2 * self.pad for n in (height, width)]
        return super().compute_output_shape((batch, *padded, channels))

    def get_config(self):
        config = {**super().get_config(), "pad": self.pad, "mode": self.mode}
        del config["padding"]
        return config


def zero_pad(x, pad):
    """(batch, h, w, c) with `pad` rows and columns of zeros on every side."""
    return tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]])


def reflect_pad(x, pad):
    """(batch, h, w, c) with `pad` rows and columns on every side that mirror the image's own,
    without its edge.

    Parts put together, which with their gradients take half to two thirds of the time of `tf.pad`
    on a CPU. Images of unknown size, and smaller than twice the padding, are left to it.
    """
    if None in x.shape[1:3] or min(x.shape[1:3]) < 2 * pad + 2:
        return tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]], "REFLECT")
    for axis in (1, 2):
        few = x.shape[axis] <= FEW_ROWS
        x = _mirror_rows(x, pad, axis) if few else _mirror_parts(x, pad, axis)
    return x


def _mirror_rows(x, pad, axis):
    """As `_mirror_parts`; with the gradient a third of its operations, and none of its slices."""
    rows = tf.unstack(x, axis=axis)
    return tf.stack([*rows[pad:0:-1], *rows, *rows[-2 : -pad - 2 : -1]], axis)


def _mirror_parts(x, pad, axis):
    """`x` between `pad` mirrored rows of its own on both sides of an axis."""
    inner = x.shape[axis] - 2 * pad - 2
    first, before, middle, after, last = tf.split(x, [1, pad, inner, pad, 1], axis)
    mirrored = [part if pad == 1 else tf.reverse(part, [axis]) for part in (before, after)]
    return tf.concat([mirrored[0], first, before, middle, after, last, mirrored[1]], axis)


def half_size(x):
    """Mean of the 3x3 pixels around every second pixel; pixels outside the image do not count.

    Shapes: (batch, h, w, c) -> (batch, (h + 1) // 2, (w + 1) // 2, c).
    """
    x = tf.convert_to_tensor(x)

    def pooled(values):
        return tf.nn.avg_pool2d(zero_pad(values, 1), 3, strides=2, padding="VALID")

    return pooled(x) / pooled(tf.ones_like(x[:1, :, :, :1]))


def double_size(x):
    """Bilinear x2 with half-pixel centers: (batch, h, w, c) -> (batch, 2h, 2w, c).

    The same as repeating each pixel and weighting neighbors 1 : 2 : 1, with edges repeated.
    """
    x = ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
    p = ops.pad(x, [(0, 0), (1, 1), (0, 0), (0, 0)], mode="symmetric")
    x = (p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]) / 4
    p = ops.pad(x, [(0, 0), (0, 0), (1, 1), (0, 0)], mode="symmetric")
    return (p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:]) / 4
