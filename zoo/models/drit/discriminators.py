"""DRIT's discriminators, of images and of content features.

Paper: DRIT, arXiv 1808.00948. Checked against HelenMao/MSGAN DRIT-Mode-Seeking/networks.py
    (`MultiScaleDis`, `Dis`, `Dis_content`).
Known deviation: `normalization` has an effect (see `blocks.py`); the official networks have none,
    whatever `--dis_norm` is, not even the content discriminator, which requests one.
"""

import keras

from zoo.errors import ZooError
from zoo.layers.padded_convolution import half_size
from zoo.models.drit.blocks import ReflectConvLeakyReLU, discriminator_conv
from zoo.precision import at_least_float32_dtype


@keras.saving.register_keras_serializable("zoo")
class ConvDiscriminator(keras.layers.Layer):
    """`ReflectConvLeakyReLU` blocks and a 1x1 convolution to logits.

    Args:
        blocks: list of dicts, arguments of the blocks.
        spectral: bool. Whether every convolution is spectrally normalized.

    Shapes: (batch, h, w, any) -> a map of logits (batch, new h, new w, 1), at least float32.
    """

    def __init__(self, blocks, spectral=False, **kwargs):
        super().__init__(**kwargs)
        self.block_settings = [dict(block) for block in blocks]
        self.spectral = spectral
        self.blocks = [
            ReflectConvLeakyReLU(
                **block, spectral=spectral, name=f"block_{i + 1}", dtype=self.dtype_policy
            )
            for i, block in enumerate(self.block_settings)
        ]
        self.logit = discriminator_conv(
            spectral,
            self.block_settings[-1]["filters"],
            1,
            1,
            name="logit",
            dtype=at_least_float32_dtype(self),
        )

    def call(self, x, training=False):
        for block in self.blocks:
            x = block(x, training=training)
        return self.logit(x, training=training) if self.spectral else self.logit(x)

    def check_size(self, size, what):
        """Raises `ZooError` if size x size inputs are too small for the layers or their padding."""
        pixels = size
        for block in self.block_settings:
            padded = pixels + 2 * block["pad"]
            if block["pad"] >= pixels or padded < block["kernel_size"]:
                raise ZooError(
                    f"{what} of {size} pixels are too small for {len(self.blocks)} layers of the "
                    f"discriminator {self.name}. Use larger images, or fewer layers or scales."
                )
            pixels = (padded - block["kernel_size"]) // block["strides"] + 1

    def get_config(self):
        return {
            **super().get_config(),
            "blocks": self.block_settings,
            "spectral": self.spectral,
        }


@keras.saving.register_keras_serializable("zoo")
class MultiScaleDiscriminator(keras.layers.Layer):
    """Networks of equal width on an image pyramid, each level half the size of the previous one.

    Args:
        filters: int. Channels of the first layer, doubled by each later one; 64.
        scales: int. Levels of the pyramid, 3.
        layers: int. 4x4 convolutions with stride 2 of each network, 4.
        normalization: "none" (official) or "instance".
        spectral: bool. Whether convolutions are spectrally normalized.

    Shapes: images (batch, h, w, 3) in [-1, 1] -> list of logit maps (batch, any, any, 1), largest
        first.
    """

    def __init__(
        self, filters=64, scales=3, layers=4, normalization="none", spectral=False, **kwargs
    ):
        super().__init__(**kwargs)
        self.settings = {
            "filters": filters,
            "scales": scales,
            "layers": layers,
            "normalization": normalization,
            "spectral": spectral,
        }
        blocks = doubling_blocks(filters, layers, 4, normalization)
        self.scales = [
            ConvDiscriminator(blocks, spectral, name=f"scale_{i + 1}", dtype=self.dtype_policy)
            for i in range(scales)
        ]

    def call(self, images, training=False):
        logits = []
        for i, network in enumerate(self.scales):
            images = half_size(images) if i else images
            logits.append(network(images, training=training))
        return logits

    def check_size(self, size, what="Images"):
        for network in self.scales:
            network.check_size(size, what)
            size = (size + 1) // 2

    def get_config(self):
        return {**super().get_config(), **self.settings}


@keras.saving.register_keras_serializable("zoo")
class SingleScaleDiscriminator(ConvDiscriminator):
    """One network of 3x3 convolutions with stride 2 (official `--dis_scale 1`).

    Args:
        filters: int. Channels of the first layer, doubled by each later one; 64.
        layers: int. 6.
        normalization, spectral: see `MultiScaleDiscriminator`.

    Shapes: images (batch, h, w, 3) in [-1, 1] -> list of one logit map (batch, any, any, 1).
    """

    def __init__(self, filters=64, layers=6, normalization="none", spectral=False, **kwargs):
        blocks = doubling_blocks(filters, layers, 3, normalization)
        super().__init__(blocks, spectral, **kwargs)
        self.settings = {
            "filters": filters,
            "layers": layers,
            "normalization": normalization,
            "spectral": spectral,
        }

    def call(self, images, training=False):
        return [super().call(images, training=training)]

    def check_size(self, size, what="Images"):
        super().check_size(size, what)

    def get_config(self):
        return {**keras.layers.Layer.get_config(self), **self.settings}


@keras.saving.register_keras_serializable("zoo")
class ContentDiscriminator(ConvDiscriminator):
    """Content features -> logits of the domain that they come from.

    Args:
        filters: int. Channels of all layers, those of the features; 256.
        layers: int. 7x7 convolutions with stride 2; 3 need features of 53 pixels.
        normalization: of these; "none" is official.

    Shapes: (batch, h, w, filters) -> list of one logit map: one logit for 53 to 60 pixels.
    """

    def __init__(self, filters=256, layers=3, normalization="none", **kwargs):
        large = {"kernel_size": 7, "strides": 2, "pad": 1, "normalization": normalization}
        last = {"kernel_size": 4, "strides": 1, "pad": 0}
        super().__init__([{"filters": filters, **b} for b in [large] * layers + [last]], **kwargs)
        self.settings = {"filters": filters, "layers": layers, "normalization": normalization}

    def call(self, content, training=False):
        return [super().call(content, training=training)]

    def check_size(self, size, what="Content features"):
        super().check_size(size, what)

    def get_config(self):
        return {**keras.layers.Layer.get_config(self), **self.settings}


def doubling_blocks(filters, layers, kernel_size, normalization):
    return [
        {
            "filters": filters * 2**i,
            "kernel_size": kernel_size,
            "strides": 2,
            "pad": 1,
            "normalization": normalization,
        }
        for i in range(layers)
    ]
