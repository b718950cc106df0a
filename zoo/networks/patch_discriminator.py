"""Discriminators of overlapping image patches, at one or several scales.

Papers: pix2pix, arXiv 1611.07004; BicycleGAN, arXiv 1711.11586. Checked against junyanz/BicycleGAN
    models/networks.py (`D_NLayers`, `D_NLayersMulti`) and HelenMao/MSGAN Pix2Pix-Mode-Seeking.
Known deviations: a single scale gives a list of maps too; the official loss then mistakes the batch
    for the scales and sums over it.
"""

import keras
from keras import ops

from zoo.layers import initializers
from zoo.layers.normalization import make_normalization
from zoo.layers.padded_convolution import PaddedConv2D, half_size
from zoo.precision import at_least_float32_dtype


def map_size(size, layers):
    """Height and width of the map of logits of a size x size image, which is too small below 1."""
    return size // 2**layers - 2


@keras.saving.register_keras_serializable("zoo")
class PatchDiscriminator(keras.layers.Layer):
    """4x4 convolutions: `layers` of stride 2, one of stride 1, and one with a logit per patch.

    Channels double from `filters` up to 8 x `filters`; all convolutions but the first and the last
    are normalized; LeakyReLU 0.2.

    Args:
        filters: int. Channels of the first convolution (ndf): 64.
        layers: int. 3 (`basic_256`), or 2 (`basic_128`).
        normalization: see `make_normalization`.

    Shapes: (batch, h, w, any) -> logits, at least float32, (batch, h', w', 1).
    """

    def __init__(self, filters=64, layers=3, normalization="instance", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.layers_count = layers
        self.normalization = normalization
        self.convs, self.norms = [], []
        common = {"kernel_initializer": initializers.xavier_normal()}
        for i in range(layers + 1):
            conv = PaddedConv2D(
                filters * min(2**i, 8),
                4,
                2 if i < layers else 1,
                pad=1,
                name=f"conv_{i}",
                dtype=self.dtype_policy,
                **common,
            )
            kind = normalization if i else "none"
            self.convs.append(conv)
            self.norms.append(make_normalization(kind, f"norm_{i}", dtype=self.dtype_policy))
        head = at_least_float32_dtype(self)
        self.logit = PaddedConv2D(1, 4, pad=1, name="logit", dtype=head, **common)

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
        }


@keras.saving.register_keras_serializable("zoo")
class MultiScalePatchDiscriminator(keras.layers.Layer):
    """A `PatchDiscriminator` per scale; each scale has half the size of the previous one.

    Scale i has round(filters / 2^i) filters. Downsampling takes 3x3 means at every second pixel.

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
