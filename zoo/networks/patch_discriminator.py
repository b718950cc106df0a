"""Discriminators that judge overlapping patches of a picture, at one size or several.

Papers: pix2pix, arXiv 1611.07004; BicycleGAN, arXiv 1711.11586. Checked against junyanz/BicycleGAN
    models/networks.py (`D_NLayers`, `D_NLayersMulti`) and HelenMao/MSGAN Pix2Pix-Mode-Seeking.
Known deviations: one scale, too, gives a list of maps; the official loss then takes the batch for
    the scales and sums over it.
"""

import keras
from keras import ops

from zoo.layers import initializers
from zoo.layers.normalization import make_normalization
from zoo.layers.padded_convolution import PaddedConv2D, half_size
from zoo.precision import at_least_float32_dtype


def map_size(size, layers, last_pad=1):
    """Logits of a side that a picture of so many pixels gives; below 1, it is too small."""
    return size // 2**layers - 2 - 2 * (1 - last_pad)


@keras.saving.register_keras_serializable("zoo")
class PatchDiscriminator(keras.layers.Layer):
    """4x4 convolutions: `layers` of stride 2, one of stride 1, and one that gives a logit a patch.

    Channels double from `filters` up to 8 x `filters`; all convolutions but the first and the last
    are normalised; LeakyReLU 0.2.

    Args:
        filters: int. Channels of the first convolution (ndf): 64.
        layers: int. 3 (`basic_256`), or 2 (`basic_128`).
        normalization: see `make_normalization`.
        last_pad: 0 or 1. Padding of the last convolution: 1, but 0 in the single-scale class of
            MSGAN's code.
        middle_bias: bool. Whether normalised convolutions have a bias: False in BicycleGAN's
            single-scale class with batch norm.

    Shapes: (batch, h, w, any) -> logits, at least float32, (batch, h', w', 1).
    """

    def __init__(
        self,
        filters=64,
        layers=3,
        normalization="instance",
        last_pad=1,
        middle_bias=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.layers_count = layers
        self.normalization = normalization
        self.last_pad = last_pad
        self.middle_bias = middle_bias
        self.convs, self.norms = [], []
        common = {"kernel_initializer": initializers.xavier_normal()}
        for i in range(layers + 1):
            middle = i > 0
            conv = PaddedConv2D(
                filters * min(2**i, 8),
                4,
                2 if i < layers else 1,
                pad=1,
                use_bias=middle_bias if middle else True,
                name=f"conv_{i}",
                dtype=self.dtype_policy,
                **common,
            )
            kind = normalization if middle else "none"
            self.convs.append(conv)
            self.norms.append(make_normalization(kind, f"norm_{i}", dtype=self.dtype_policy))
        head = at_least_float32_dtype(self)
        self.logit = PaddedConv2D(1, 4, pad=last_pad, name="logit", dtype=head, **common)

    def call(self, x, training=False):
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(x)
            if norm is not None:
                x = norm(x, training=training)
            x = ops.leaky_relu(x, negative_slope=0.2)
        return self.logit(x)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "layers": self.layers_count,
            "normalization": self.normalization,
            "last_pad": self.last_pad,
            "middle_bias": self.middle_bias,
        }


@keras.saving.register_keras_serializable("zoo")
class MultiScalePatchDiscriminator(keras.layers.Layer):
    """A `PatchDiscriminator` on the picture, and one on each smaller copy, half the size each.

    Scale i has round(filters / 2^i) filters. The copies are 3x3 means of every second pixel.

    Args:
        filters: int. 64.
        scales: int. 2.
        layers, normalization: see `PatchDiscriminator`.

    Shapes: (batch, h, w, any) -> list of logits (batch, h', w', 1), the full size first.
    """

    def __init__(self, filters=64, scales=2, layers=3, normalization="instance", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.scales = scales
        self.layers_count = layers
        self.normalization = normalization
        self.parts = [
            PatchDiscriminator(
                round(filters / 2**i),
                layers,
                normalization,
                name=f"scale_{i}",
                dtype=self.dtype_policy,
            )
            for i in range(scales)
        ]

    def call(self, x, training=False):
        maps = []
        for i, part in enumerate(self.parts):
            x = half_size(x) if i else x
            maps.append(part(x, training=training))
        return maps

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "scales": self.scales,
            "layers": self.layers_count,
            "normalization": self.normalization,
        }
