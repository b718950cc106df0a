"""BicycleGAN's encoders: an image -> the Gaussian of its latent.

Paper: BicycleGAN, arXiv 1711.11586. Checked against junyanz/BicycleGAN models/networks.py
    (`E_ResNet`, `E_NLayers`, `BasicBlock`).
Known deviations: none.
"""

import keras
import tensorflow as tf
from keras import ops

from zoo.errors import ZooError
from zoo.layers import initializers
from zoo.layers.normalization import make_normalization
from zoo.layers.padded_convolution import PaddedConv2D
from zoo.networks.build import build_on, symbolic_input
from zoo.precision import at_least_float32_dtype

MOST_WIDTHS = 4  # channels grow up to 4 x filters
POOL = 8  # height and width in pixels that the last mean is taken over


def leaky(x):
    return ops.leaky_relu(x, negative_slope=0.2)


def _conv(filters, size, name, dtype, strides=1, pad=0):
    return PaddedConv2D(
        filters,
        size,
        strides,
        pad=pad,
        kernel_initializer=initializers.xavier_normal(),
        name=name,
        dtype=dtype,
    )


@keras.saving.register_keras_serializable("zoo")
class BasicBlock(keras.layers.Layer):
    """Residual block with the activation first: (batch, h, w, c) -> (batch, h/2, w/2, filters).

    norm, LeakyReLU, 3x3 convolution, twice, then a mean over 2x2; plus the input's mean over 2x2
    through a 1x1 convolution. Without a norm the official activation is in place, and so also
    changes the input of the shortcut.

    Args:
        filters: int.
        normalization: see `make_normalization`.
    """

    def __init__(self, filters, normalization="instance", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.normalization = normalization

    def build(self, input_shape):
        policy = self.dtype_policy
        self.norm_1 = make_normalization(self.normalization, "norm_1", dtype=policy)
        self.conv_1 = _conv(input_shape[-1], 3, "conv_1", policy, pad=1)
        self.norm_2 = make_normalization(self.normalization, "norm_2", dtype=policy)
        self.conv_2 = _conv(self.filters, 3, "conv_2", policy, pad=1)
        self.shortcut = _conv(self.filters, 1, "shortcut", policy)

    def call(self, x, training=False):
        if self.norm_1 is None:
            x = leaky(x)
            y = self.conv_2(leaky(self.conv_1(x)))
        else:
            y = self.conv_1(leaky(self.norm_1(x, training=training)))
            y = self.conv_2(leaky(self.norm_2(y, training=training)))
        return ops.average_pool(y, 2, 2) + self.shortcut(ops.average_pool(x, 2, 2))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "normalization": self.normalization,
        }


class GaussianEncoder(keras.layers.Layer):
    """Base class of both encoders: `features`, a mean over 8x8 pixels, and two linear heads.

    Args:
        latent_dim: int. nz, 8.
        filters: int. nef, 64.
        normalization: see `make_normalization`.

    Shapes: images float (batch, h, w, any) -> dict of `mu`, `log_var` (batch, latent_dim), at
    least float32.

    Raises:
        ZooError: the image size is not 8 times the total downsampling.
    """

    def __init__(self, latent_dim=8, filters=64, normalization="instance", **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.filters = filters
        self.normalization = normalization
        output_dtype = at_least_float32_dtype(self)
        self.mu, self.log_var = (
            keras.layers.Dense(
                latent_dim,
                kernel_initializer=initializers.xavier_normal(),
                name=name,
                dtype=output_dtype,
            )
            for name in ("mu", "log_var")
        )

    def features(self, x, training):
        """(batch, h, w, any) -> (batch, 8, 8, channels), after LeakyReLU."""
        raise NotImplementedError

    def call(self, x, training=False):
        side = POOL * 2**self.num_downsamples
        if tuple(x.shape[1:3]) != (side, side):
            raise ZooError(
                f"This encoder downsamples {self.num_downsamples} times to {POOL} x {POOL} pixels: "
                f"expected images of {side} x {side}, got {x.shape[1]} x {x.shape[2]}."
            )
        code = tf.reduce_mean(self.features(x, training), [1, 2])  # (batch, channels)
        return {"mu": self.mu(code), "log_var": self.log_var(code)}

    def get_config(self):
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "normalization": self.normalization,
        }


@keras.saving.register_keras_serializable("zoo")
class ResNetEncoder(GaussianEncoder):
    """4x4 convolution of stride 2, then `blocks` - 1 `BasicBlock`s of increasing width.

    Args:
        blocks: int. 5 for 256 pixels (`resnet_256`), 4 for 128: images of 8 x 2^blocks pixels.
        **kwargs: see `GaussianEncoder`.
    """

    def __init__(self, blocks=5, **kwargs):
        super().__init__(**kwargs)
        self.blocks = blocks
        self.stem = _conv(self.filters, 4, "stem", self.dtype_policy, strides=2, pad=1)
        self.residuals = [
            BasicBlock(
                self.filters * min(MOST_WIDTHS, i + 1),
                self.normalization,
                name=f"residual_{i}",
                dtype=self.dtype_policy,
            )
            for i in range(1, blocks)
        ]

    @property
    def num_downsamples(self):
        return self.blocks

    def features(self, x, training):
        x = self.stem(x)
        for block in self.residuals:
            x = block(x, training=training)
        return leaky(x)

    def get_config(self):
        return {**super().get_config(), "blocks": self.blocks}


@keras.saving.register_keras_serializable("zoo")
class ConvEncoder(GaussianEncoder):
    """4x4 convolutions of stride 2 (`conv_*`), each followed by norm (except the first) and
    LeakyReLU.

    Args:
        layers: int. 5 for 256 pixels: images of 8 x 2^layers pixels.
        **kwargs: see `GaussianEncoder`.
    """

    def __init__(self, layers=5, **kwargs):
        super().__init__(**kwargs)
        self.num_downsamples = layers
        self.convs, self.norms = [], []
        for i in range(layers):
            width = self.filters * min(MOST_WIDTHS, 2**i)
            self.convs.append(_conv(width, 4, f"conv_{i}", self.dtype_policy, strides=2, pad=1))
            kind = self.normalization if i else "none"
            self.norms.append(make_normalization(kind, f"norm_{i}", dtype=self.dtype_policy))

    def features(self, x, training):
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(x)
            x = leaky(x if norm is None else norm(x, training=training))
        return x

    def get_config(self):
        return {**super().get_config(), "layers": self.num_downsamples}


ENCODERS = {"resnet": (ResNetEncoder, "blocks"), "conv": (ConvEncoder, "layers")}


def make_encoder(model):
    """The built encoder of a `BicycleGAN`, as deep as its `image_size` requires.

    Raises:
        ZooError: the size is not `POOL` times a power of two.
    """
    make, depth = ENCODERS[model.encoder_config]
    num_downsamples = (model.image_size // POOL).bit_length() - 1
    if num_downsamples < 1 or model.image_size != POOL * 2**num_downsamples:
        raise ZooError(
            f"`image_size` must be {POOL} times a power of two, for the encoder, "
            f"got {model.image_size}."
        )
    network = make(
        latent_dim=model.latent_dim,
        filters=model.encoder_filters,
        normalization=model.normalization,
        name="encoder",
        **{depth: num_downsamples},
    )
    size = model.image_size
    return build_on(network, symbolic_input(2, size, size, model.target_channels))
