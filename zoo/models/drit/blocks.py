"""Blocks of DRIT's networks; reflection padding, and a bias in every convolution.

Checked against HelenMao/MSGAN DRIT-Mode-Seeking/networks.py (`LeakyReLUConv2d`, `ReLUINSConv2d`,
`INSResBlock`, `MisINSResBlock`, `ReLUINSConvTranspose2d`, `LayerNorm`, `BasicBlock`) and the same
file of HsinYingLee/DRIT.
Known deviations: the official `LeakyReLUConv2d` ignores its norm argument (it compares the literal
'norm' with 'Instance'); here `normalization` has an effect, and "none" is the official behavior.
"""

import keras
import tensorflow as tf
from keras import ops

from zoo.layers import initializers
from zoo.layers.concat import concat_vector
from zoo.layers.instance_normalization import InstanceNormalization
from zoo.layers.normalization import make_normalization
from zoo.layers.padded_convolution import PaddedConv2D
from zoo.layers.spectral_normalization import TorchSpectralConv2D
from zoo.precision import at_least_float32


def weights(inputs, kernel_size=1):
    """Initializers of a convolution with so many input channels: N(0, 0.02), PyTorch's own bias."""
    return {
        "kernel_initializer": initializers.normal(0.02),
        "bias_initializer": initializers.uniform((inputs * kernel_size**2) ** -0.5),
    }


def convolution(inputs, filters, kernel_size, strides=1, pad=0, **kwargs):
    """Convolution of so many input channels, with reflection padding and the official weights."""
    start = weights(inputs, kernel_size)
    return PaddedConv2D(filters, kernel_size, strides, pad, "reflect", **start, **kwargs)


def linear(inputs, units, **kwargs):
    """Linear layer with PyTorch's own initial weights, which the official code keeps."""
    limit = initializers.uniform(inputs**-0.5)
    return keras.layers.Dense(units, kernel_initializer=limit, bias_initializer=limit, **kwargs)


@keras.saving.register_keras_serializable("zoo")
class ReflectConvLeakyReLU(keras.layers.Layer):
    """Reflection padding, convolution, optional normalization, LeakyReLU with slope 0.01.

    Args:
        filters, kernel_size, strides: ints.
        pad: int. Pixels at each edge.
        normalization: "none" or "instance".
        spectral: bool. Whether the weight is divided by its largest singular value.

    Shapes: (batch, h, w, any) -> (batch, new h, new w, filters).
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        pad=0,
        normalization="none",
        spectral=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.pad = pad
        self.normalization = normalization
        self.spectral = spectral
        self.norm = make_normalization(normalization, dtype=self.dtype_policy)

    def build(self, input_shape):
        self.conv = discriminator_conv(
            self.spectral,
            input_shape[-1],
            self.filters,
            self.kernel_size,
            self.strides,
            self.pad,
            name="conv",
            dtype=self.dtype_policy,
        )

    def call(self, x, training=False):
        x = self.conv(x, training=training) if self.spectral else self.conv(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return ops.leaky_relu(x, negative_slope=0.01)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "pad": self.pad,
            "normalization": self.normalization,
            "spectral": self.spectral,
        }


def discriminator_conv(spectral, inputs, filters, kernel_size, strides=1, pad=0, **kwargs):
    """The convolution of a discriminator, with or without spectral normalization."""
    if spectral:
        return TorchSpectralConv2D(filters, kernel_size, strides, pad, **kwargs)
    return convolution(inputs, filters, kernel_size, strides, pad, **kwargs)


@keras.saving.register_keras_serializable("zoo")
class ConvInstanceNorm(keras.layers.Layer):
    """Reflection padding 1, 3x3 convolution, instance norm, and ReLU if `activate`.

    Shapes: (batch, h, w, any) -> (batch, h / strides, w / strides, filters), rounded up.
    """

    def __init__(self, filters, strides=1, activate=True, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.strides = strides
        self.activate = activate
        self.norm = InstanceNormalization(name="norm", dtype=self.dtype_policy)

    def build(self, input_shape):
        self.conv = convolution(
            input_shape[-1],
            self.filters,
            3,
            self.strides,
            1,
            name="conv",
            dtype=self.dtype_policy,
        )

    def call(self, x):
        x = self.norm(self.conv(x))
        return ops.relu(x) if self.activate else x

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "strides": self.strides,
            "activate": self.activate,
        }


@keras.saving.register_keras_serializable("zoo")
class DRITResidualBlock(keras.layers.Layer):
    """x + two `ConvInstanceNorm`, the second without ReLU; keeps the shape."""

    def build(self, input_shape):
        channels = input_shape[-1]
        self.first = ConvInstanceNorm(channels, name="first", dtype=self.dtype_policy)
        self.second = ConvInstanceNorm(
            channels, activate=False, name="second", dtype=self.dtype_policy
        )

    def call(self, x):
        return x + self.second(self.first(x))


@keras.saving.register_keras_serializable("zoo")
class ConditionalResidualBlock(keras.layers.Layer):
    """A residual block with a code concatenated at every pixel after each normalized convolution.

    conv3x3, instance norm, [features, code] through two 1x1 convolutions with ReLU; the same
    again; plus the input. Shapes: features (batch, h, w, c), code (batch, any) -> like features.
    """

    def build(self, features_shape, code_shape):
        channels, code = features_shape[-1], code_shape[-1]
        for half in ("first", "second"):
            norm = ConvInstanceNorm(channels, activate=False, name=half, dtype=self.dtype_policy)
            setattr(self, half, norm)
            for step, filters in (("wide", channels + code), ("narrow", channels)):
                name = f"{half}_{step}"
                layer = convolution(
                    channels + code, filters, 1, name=name, dtype=self.dtype_policy
                )
                setattr(self, name, layer)

    def call(self, features, code):
        x = self.first_wide(concat_vector(self.first(features), code))
        x = ops.relu(self.first_narrow(ops.relu(x)))
        x = self.second_wide(concat_vector(self.second(x), code))
        return features + ops.relu(self.second_narrow(ops.relu(x)))


@keras.saving.register_keras_serializable("zoo")
class ImageLayerNorm(keras.layers.Layer):
    """Layer norm of each image over height, width and channels, with an affine map per channel.

    Biased variance, epsilon 1e-5. Shapes: (batch, h, w, c) -> the same.
    """

    def build(self, input_shape):
        channels = (input_shape[-1],)
        self.gamma = self.add_weight(channels, "ones", name="gamma", autocast=False)
        self.beta = self.add_weight(channels, "zeros", name="beta", autocast=False)

    def call(self, x):
        wide = at_least_float32(x)
        mean, variance = ops.moments(wide, axes=(1, 2, 3), keepdims=True)
        scale = ops.rsqrt(variance + 1e-5) * self.gamma
        return ops.cast((wide - mean) * scale + self.beta, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable("zoo")
class UpsampleBlock(keras.layers.Layer):
    """Transposed 3x3 convolution to twice the size, `ImageLayerNorm`, ReLU.

    PyTorch's padding 1 and output_padding 1 are TensorFlow's "valid" without its first row and
    column; "same" would be shifted by a pixel.

    Shapes: (batch, h, w, any) -> (batch, 2h, 2w, filters).
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.norm = ImageLayerNorm(name="norm", dtype=self.dtype_policy)

    def build(self, input_shape):
        self.conv = keras.layers.Conv2DTranspose(
            self.filters,
            3,
            2,
            "valid",
            **weights(input_shape[-1], 3),
            name="conv",
            dtype=self.dtype_policy,
        )

    def call(self, x):
        # whose gradient takes a third of the time of that of [:, 1:, 1:]
        cut = tf.slice(self.conv(x), [0, 1, 1, 0], [-1, -1, -1, -1])
        return ops.relu(self.norm(cut))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


@keras.saving.register_keras_serializable("zoo")
class DownsampleBlock(keras.layers.Layer):
    """Residual block that downsamples by 2, without normalization.

    LeakyReLU 0.2, conv3x3, LeakyReLU 0.2, conv3x3, 2x2 mean; plus 2x2 mean, conv1x1 of the raw
    input. A last odd row or column is left out of the means.

    Shapes: (batch, h, w, any) -> (batch, h // 2, w // 2, filters).
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape):
        channels = input_shape[-1]
        for name, filters, size in (
            ("first", channels, 3),
            ("second", self.filters, 3),
            ("shortcut", self.filters, 1),
        ):
            pad = size // 2
            layer = convolution(
                channels, filters, size, pad=pad, name=name, dtype=self.dtype_policy
            )
            setattr(self, name, layer)

    def call(self, x):
        y = self.second(ops.leaky_relu(self.first(ops.leaky_relu(x, 0.2)), 0.2))
        return ops.average_pool(y, 2) + self.shortcut(ops.average_pool(x, 2))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}
