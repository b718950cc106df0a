"""DRIT's generators.

Paper: DRIT, arXiv 1808.00948. Checked against HelenMao/MSGAN DRIT-Mode-Seeking/networks.py
    (`G_concat` and, feature-wise, `G`).
"""

import keras
from keras import ops

from zoo.layers.concat import concat_vector
from zoo.models.drit.blocks import (
    ConditionalResidualBlock,
    DRITResidualBlock,
    UpsampleBlock,
    convolution,
    linear,
)
from zoo.models.drit.domains import DomainNetwork
from zoo.precision import at_least_float32_dtype


def image_head(inputs, layer):
    """1x1 convolution to colors, in at least float32."""
    return convolution(inputs, 3, 1, name="image", dtype=at_least_float32_dtype(layer))


@keras.saving.register_keras_serializable("zoo")
class ConcatDecoder(keras.layers.Layer):
    """Shared features and a code -> images of one domain; each stage gets the code."""

    def __init__(self, filters, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.latent_dim = latent_dim
        own = {"dtype": self.dtype_policy}
        wide = 4 * filters + latent_dim
        middle = (wide + latent_dim) // 2
        narrow = (middle + latent_dim) // 2
        self.blocks = [DRITResidualBlock(name=f"residual_{i}", **own) for i in (1, 2, 3)]
        self.up_1 = UpsampleBlock(middle, name="up_1", **own)
        self.up_2 = UpsampleBlock(narrow, name="up_2", **own)
        self.image = image_head(narrow + latent_dim, self)

    def call(self, features, code):
        x = concat_vector(features, code)  # (batch, h, w, 4 x filters + latent)
        for block in self.blocks:
            x = block(x)
        x = self.up_1(concat_vector(x, code))
        x = self.up_2(concat_vector(x, code))
        return ops.tanh(self.image(concat_vector(x, code)))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "latent_dim": self.latent_dim,
        }


@keras.saving.register_keras_serializable("zoo")
class FeatureWiseDecoder(keras.layers.Layer):
    """Features and a code -> images of one domain; an MLP computes each residual block's code."""

    def __init__(self, filters, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.latent_dim = latent_dim
        own = {"dtype": self.dtype_policy}
        wide = 4 * filters
        self.blocks = [ConditionalResidualBlock(name=f"residual_{i}", **own) for i in (1, 2, 3, 4)]
        sizes = [latent_dim, wide, wide, wide * len(self.blocks)]
        self.mlp = [
            linear(sizes[i], sizes[i + 1], name=f"mlp_{i + 1}", **own) for i in range(3)
        ]
        self.up_1 = UpsampleBlock(2 * filters, name="up_1", **own)
        self.up_2 = UpsampleBlock(filters, name="up_2", **own)
        self.image = image_head(filters, self)

    def call(self, features, code):
        for layer in self.mlp[:-1]:
            code = ops.relu(layer(code))
        codes = ops.split(self.mlp[-1](code), len(self.blocks), axis=-1)
        x = features
        for block, own in zip(self.blocks, codes, strict=True):
            x = block(x, own)
        return ops.tanh(self.image(self.up_2(self.up_1(x))))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "latent_dim": self.latent_dim,
        }


@keras.saving.register_keras_serializable("zoo")
class DRITGenerator(DomainNetwork):
    """Content features and attribute codes -> images of both domains.

    Args:
        filters: int. Equal to the encoders', 64.
        latent_dim: int. Size of the code, 8.
        concat: bool. True: the code is concatenated with the features before every stage, and the
            domains share a residual block before the decoders; False: the feature-wise variant.

    Shapes: dict of domain -> dict of `content` (batch, h, w, 4 x filters) and `attributes` (batch,
        latent_dim) -> dict of domain -> images (batch, 4h, 4w, 3) in [-1, 1], at least float32.
    """

    def __init__(self, filters=64, latent_dim=8, concat=True, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.latent_dim = latent_dim
        self.concat = concat
        if concat:
            self.shared = DRITResidualBlock(name="shared", dtype=self.dtype_policy)
        decoder = ConcatDecoder if concat else FeatureWiseDecoder
        self.add_parts(lambda **own: decoder(filters, latent_dim, **own))

    def run(self, domain, inputs):
        features = self.shared(inputs["content"]) if self.concat else inputs["content"]
        return self.part(domain)(features, inputs["attributes"])

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "latent_dim": self.latent_dim,
            "concat": self.concat,
        }
