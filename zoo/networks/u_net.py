"""The U-Net of Pix2Pix and BicycleGAN, with a latent at the input or at every level.

Papers: pix2pix, arXiv 1611.07004; BicycleGAN, arXiv 1711.11586. Checked against junyanz/BicycleGAN
    models/networks.py (`G_Unet_add_all`, `G_Unet_add_input`, `UnetBlock_with_z`, `UnetBlock`) and
    its older copy in HelenMao/MSGAN Pix2Pix-Mode-Seeking.
Known deviations: fewer levels than the official minimum of 6 are allowed, with the same structure.
"""

import keras
from keras import ops

from zoo.errors import ZooError, check_choice
from zoo.layers import initializers
from zoo.layers.concat import concat_vector
from zoo.layers.normalization import make_normalization
from zoo.layers.padded_convolution import PaddedConv2D, double_size
from zoo.precision import at_least_float32_dtype

MOST_DOWNS = 8
WHERE = ("all", "input")
UPSAMPLINGS = ("basic", "bilinear")
ACTIVATIONS = {"relu": 0.0, "lrelu": 0.2}  # slope below zero, in the up path


def leaky(x):
    return ops.leaky_relu(x, negative_slope=0.2)


def skip_connection(x, latents):
    """The skip connection of a level: its input, or LeakyReLU of it if no latents are concatenated.

    The official activation is in place: on a copy if latents are concatenated, otherwise on the
    skip connection's tensor.
    """
    return leaky(x) if latents is None else x


@keras.saving.register_keras_serializable("zoo")
class DownBlock(keras.layers.Layer):
    """[LeakyReLU] -> 4x4 convolution, stride 2 -> [norm]: (b, h, w, any) -> (b, h/2, w/2, filters).

    Args:
        filters: int.
        activate: bool. False for the first level, whose input is the image.
        normalization: see `make_normalization`.
    """

    def __init__(self, filters, activate=True, normalization="instance", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.activate = activate
        self.normalization = normalization
        common = {"dtype": self.dtype_policy}
        self.conv = PaddedConv2D(
            filters,
            4,
            2,
            pad=1,
            kernel_initializer=initializers.xavier_normal(),
            name="conv",
            **common,
        )
        self.norm = make_normalization(normalization, **common)

    def call(self, x, training=False):
        x = self.conv(leaky(x) if self.activate else x)
        return x if self.norm is None else self.norm(x, training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "activate": self.activate,
            "normalization": self.normalization,
        }


@keras.saving.register_keras_serializable("zoo")
class UpBlock(keras.layers.Layer):
    """Activation -> upsampling -> [norm]: (batch, h, w, any) -> (batch, 2h, 2w, filters).

    Args:
        filters: int.
        upsample: "basic": transposed 4x4 convolution; "bilinear": bilinear x2, then a 3x3
            convolution with reflection padding. With instance norm the latter gives zeros at 2x2.
        activation: "relu" or "lrelu" (slope 0.2).
        normalization: see `make_normalization`.
    """

    def __init__(
        self,
        filters,
        upsample="basic",
        activation="relu",
        normalization="instance",
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_choice("`upsample`", upsample, UPSAMPLINGS)
        check_choice("`activation`", activation, ACTIVATIONS)
        self.filters = filters
        self.upsample = upsample
        self.activation = activation
        self.normalization = normalization
        common = {
            "kernel_initializer": initializers.xavier_normal(),
            "name": "conv",
            "dtype": self.dtype_policy,
        }
        if upsample == "basic":
            self.conv = keras.layers.Conv2DTranspose(
                filters, 4, strides=2, padding="same", **common
            )
        else:
            self.conv = PaddedConv2D(filters, 3, pad=1, mode="reflect", **common)
        self.norm = make_normalization(normalization, dtype=self.dtype_policy)

    def call(self, x, training=False):
        x = ops.leaky_relu(x, negative_slope=ACTIVATIONS[self.activation])
        x = self.conv(double_size(x) if self.upsample == "bilinear" else x)
        return x if self.norm is None else self.norm(x, training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "upsample": self.upsample,
            "activation": self.activation,
            "normalization": self.normalization,
        }


@keras.saving.register_keras_serializable("zoo")
class UNet(keras.layers.Layer):
    """Image and latent -> image, through `num_downs` downsamplings and as many upsamplings.

    Level i downsamples to `filters` x min(2^i, 8) channels; in the up path, each level's result is
    concatenated before the skip connection. The first and the last downsampling have no norm.

    Args:
        output_channels: int.
        filters: int. Channels of the first level (ngf): 64.
        num_downs: int, at least 2. 8 for 256 pixels, 7 for 128.
        where_add: "all" concatenates the latent with the input of every level (`G_Unet_add_all`),
            "input" with the image only (`G_Unet_add_input`).
        upsample, activation, normalization: see `UpBlock`.
        dropout: float. Rate in training, in the up path's levels with 8 x `filters` channels except
            the innermost: 0.5 in BicycleGAN's scripts.

    Inputs: dict of `source` float (batch, h, w, any) in [-1, 1], both sizes multiples of
    2^num_downs; `latents` float (batch, any), absent for a model without latent; in training with
    dropout `dropout`, a list of factors with the shapes of `dropout_shapes`.

    Outputs: dict of `images` float (batch, h, w, output_channels) in [-1, 1], at least float32.

    Raises:
        ZooError: an option is unknown, or the image size does not fit.
    """

    def __init__(
        self,
        output_channels=3,
        filters=64,
        num_downs=8,
        where_add="all",
        upsample="basic",
        activation="relu",
        normalization="instance",
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_choice("`where_add`", where_add, WHERE)
        if num_downs < 2:
            raise ZooError(f"`num_downs` must be at least 2, got {num_downs}.")
        self.output_channels = output_channels
        self.filters = filters
        self.num_downs = num_downs
        self.where_add = where_add
        self.upsample = upsample
        self.activation = activation
        self.normalization = normalization
        self.dropout = dropout
        self.widths = [filters * min(2**i, 8) for i in range(num_downs)]
        self.downs, self.ups = [], []
        common = {"upsample": upsample, "activation": activation}
        for i, width in enumerate(self.widths):
            ends = i in (0, num_downs - 1)
            down = {"activate": i > 0, "normalization": "none" if ends else normalization}
            self.downs.append(DownBlock(width, **down, name=f"down_{i}", dtype=self.dtype_policy))
            if i == 0:
                head = at_least_float32_dtype(self)
                up = UpBlock(
                    output_channels, normalization="none", **common, name="up_0", dtype=head
                )
            else:
                up = UpBlock(
                    self.widths[i - 1],
                    normalization=normalization,
                    **common,
                    name=f"up_{i}",
                    dtype=self.dtype_policy,
                )
            self.ups.append(up)

    @property
    def dropped(self):
        """Levels with dropout, deepest first."""
        return range(self.num_downs - 2, 3, -1) if self.dropout else range(0)

    def dropout_shapes(self, batch, height, width):
        """Shapes (batch, h, w, channels) of the factors of dropout, for images of this size."""
        return [(batch, height // 2**i, width // 2**i, self.widths[i - 1]) for i in self.dropped]

    def call(self, inputs, training=False):
        x, latents = inputs["source"], inputs.get("latents")
        factors = dict(zip(self.dropped, self._factors(inputs, training), strict=False))
        skips = []
        for i, down in enumerate(self.downs):
            added = latents if i == 0 or self.where_add == "all" else None
            skips.append(skip_connection(x, added) if i > 0 else None)
            x = down(x if added is None else concat_vector(x, added), training=training)
        for i in reversed(range(self.num_downs)):
            x = self.ups[i](x, training=training)
            if i in factors:
                x = x * ops.cast(factors[i], x.dtype)
            if i > 0:
                x = ops.concatenate([x, skips[i]], axis=-1)
        return {"images": ops.tanh(x)}

    def _factors(self, inputs, training):
        sizes, step = inputs["source"].shape[1:3], 2**self.num_downs
        if any(size is not None and size % step for size in sizes):
            raise ZooError(
                f"Height and width of an image must be multiples of {step}, for {self.num_downs} "
                f"downsamplings, got {sizes[0]} x {sizes[1]}."
            )
        if not (training and self.dropout):
            return []
        if "dropout" not in inputs:
            raise ZooError("In training, a U-Net with dropout needs the input `dropout`, got none.")
        return inputs["dropout"]

    def get_config(self):
        return {
            **super().get_config(),
            "output_channels": self.output_channels,
            "filters": self.filters,
            "num_downs": self.num_downs,
            "where_add": self.where_add,
            "upsample": self.upsample,
            "activation": self.activation,
            "normalization": self.normalization,
            "dropout": self.dropout,
        }


def most_downs(size):
    """How often a size in pixels can be halved, at most 8 times."""
    return min(MOST_DOWNS, (size & -size).bit_length() - 1)
