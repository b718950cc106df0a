"""Blocks of the generators and discriminators of StackGAN++ and the AttnGAN family.

Checked against taoxugit/AttnGAN code/model.py (conv3x3, GLU, upBlock, Block3x3_relu, ResBlock,
Block3x3_leakRelu, downBlock) and, for spectral normalization, MinfengZhu/DM-GAN code/model.py. All
are channels last.
"""

import math

import keras
import tensorflow as tf
from keras import ops

from zoo.errors import check_choice
from zoo.layers import initializers
from zoo.layers.batch_normalization import BatchNormalization
from zoo.layers.spectral_normalization import SpectralConv2D
from zoo.layers.upsampling import upsampled_conv3x3
from zoo.precision import at_least_float32

LARGE_KERNEL = 1 << 20  # weights, from which reading them takes longer than concatenating inputs


def glu(x):
    """Gated linear unit: first half of the channels x sigmoid(second); (..., 2c) -> (..., c)."""
    values, gates = ops.split(x, 2, axis=-1)
    # on a CPU the sigmoid in bfloat16 takes longer than both casts and the sigmoid in float32
    return values * ops.cast(ops.sigmoid(at_least_float32(gates)), values.dtype)


def conv3x3(filters, name="conv", **kwargs):
    """3x3 convolution, stride 1, padding 1, no bias, orthogonal weights."""
    return keras.layers.Conv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        kernel_initializer=initializers.orthogonal(),
        name=name,
        **kwargs,
    )


@keras.saving.register_keras_serializable("zoo")
class UpsampledConv3x3(keras.layers.Layer):
    """Nearest-neighbor x2, then `conv3x3`: (batch, h, w, any) -> (batch, 2h, 2w, filters).

    Both at once, see `upsampled_conv3x3`.
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape):
        shape = (3, 3, input_shape[-1], self.filters)
        initializer = initializers.orthogonal()
        self.kernel = self.add_weight(shape, initializer, name="kernel", autocast=False)

    def call(self, x):
        return upsampled_conv3x3(x, ops.convert_to_tensor(self.kernel))

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        return batch, *(None if n is None else 2 * n for n in (height, width)), self.filters

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


def batch_norm(name="norm", **kwargs):
    """Batch normalization whose scale starts at N(1, 0.02)."""
    return BatchNormalization(gamma_initializer=initializers.gamma(), name=name, **kwargs)


@keras.saving.register_keras_serializable("zoo")
class ConvGLU(keras.layers.Layer):
    """conv3x3 -> batch norm -> GLU: (batch, h, w, any) -> (batch, h, w, filters).

    With `upsample=True` the input is first upsampled x2 with nearest neighbor (the paper's
    up-block): (batch, h, w, any) -> (batch, 2h, 2w, filters).
    """

    def __init__(self, filters, upsample=False, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.upsample = upsample
        make = UpsampledConv3x3 if upsample else conv3x3
        self.conv = make(2 * filters, name="conv", dtype=self.dtype_policy)
        self.norm = batch_norm(dtype=self.dtype_policy)

    def call(self, x, training=False):
        return glu(self.norm(self.conv(x), training=training))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "upsample": self.upsample}


@keras.saving.register_keras_serializable("zoo")
class ResidualBlock(keras.layers.Layer):
    """x + BN(conv(GLU(BN(conv(x))))), no activation after the sum; (batch, h, w, c) to the same."""

    def build(self, input_shape):
        channels = input_shape[-1]
        self.gated = ConvGLU(channels, name="gated", dtype=self.dtype_policy)
        self.conv = conv3x3(channels, dtype=self.dtype_policy)
        self.norm = batch_norm(dtype=self.dtype_policy)

    def call(self, x, training=False):
        return x + self.norm(self.conv(self.gated(x, training=training)), training=training)


@keras.saving.register_keras_serializable("zoo")
class ConvLeakyReLU(keras.layers.Layer):
    """Normalized convolution -> LeakyReLU(0.2), the block of the discriminators.

    `stride=1`: 3x3, padding 1. `stride=2`: 4x4, padding 1, which halves height and width.

    Args:
        filters: int. Output channels.
        stride: 1 or 2.
        normalize: bool. False leaves the normalization out (first layer of a discriminator with
            batch norm).
        normalization: "batch": batch norm after a convolution without bias; "spectral": spectral
            normalization of the convolution, which has a bias.
    """

    def __init__(self, filters, stride=1, normalize=True, normalization="batch", **kwargs):
        super().__init__(**kwargs)
        check_choice("`normalization`", normalization, ("batch", "spectral"))
        self.filters = filters
        self.stride = stride
        self.normalize = normalize
        self.normalization = normalization
        size, common = {1: 3, 2: 4}[stride], {"name": "conv", "dtype": self.dtype_policy}
        self.norm = None
        if normalize and normalization == "spectral":
            self.conv = SpectralConv2D(filters, size, stride, **common)
            return
        self.conv = keras.layers.Conv2D(
            filters,
            size,
            strides=stride,
            padding="same",
            use_bias=False,
            kernel_initializer=initializers.orthogonal(),
            **common,
        )
        if normalize:
            self.norm = batch_norm(dtype=self.dtype_policy)

    def call(self, x, training=False):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return ops.leaky_relu(x, negative_slope=0.2)

    def call_on_each(self, batches, training=False):
        """list of the results of separate calls on several batches, in this order.

        Each has its own batch statistics, or its own step of power iteration. Only a convolution
        with a large kernel runs on all together: the kernel is then read, and its gradient summed,
        only once.
        """
        if self.normalization == "spectral" or not self.conv.built:
            return [self(x, training=training) for x in batches]
        if math.prod(self.conv.kernel.shape) < LARGE_KERNEL:
            batches = [self.conv(x) for x in batches]
        else:
            sizes = [x.shape[0] or tf.shape(x)[0] for x in batches]
            batches = tf.split(self.conv(tf.concat(batches, 0)), sizes)
        if self.norm is not None:
            batches = [self.norm(x, training=training) for x in batches]
        return [ops.leaky_relu(x, negative_slope=0.2) for x in batches]

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "stride": self.stride,
            "normalize": self.normalize,
            "normalization": self.normalization,
        }
