"""DRIT's content encoder.

Paper: DRIT, arXiv 1808.00948. Checked against HelenMao/MSGAN DRIT-Mode-Seeking/networks.py
    (`E_content`).
Known deviation: the noise that the official encoder adds to its output in training mode is added in
    the forward pass (`forward.encode_content`), where it is keyed.
"""

import keras

from zoo.models.drit.blocks import ConvInstanceNorm, DRITResidualBlock, ReflectConvLeakyReLU
from zoo.models.drit.domains import DomainNetwork


@keras.saving.register_keras_serializable("zoo")
class ContentBranch(keras.layers.Layer):
    """Images of one domain -> features of a quarter of their size, 4 x filters channels."""

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        own = {"dtype": self.dtype_policy}
        self.blocks = [
            ReflectConvLeakyReLU(filters, 7, 1, 3, name="stem", **own),
            ConvInstanceNorm(2 * filters, 2, name="down_1", **own),
            ConvInstanceNorm(4 * filters, 2, name="down_2", **own),
            *(DRITResidualBlock(name=f"residual_{i}", **own) for i in (1, 2, 3)),
        ]

    def call(self, images):
        x = images
        for block in self.blocks:
            x = block(x)
        return x

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


@keras.saving.register_keras_serializable("zoo")
class ContentEncoder(DomainNetwork):
    """Images of both domains -> features in one space: a branch per domain, then a shared block.

    Args:
        filters: int. Channels of the first convolution, 64.

    Shapes: dict of domain -> images (batch, h, w, 3) in [-1, 1] -> dict of domain -> (batch, h / 4,
        w / 4, 4 x filters), rounded up.
    """

    def __init__(self, filters=64, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.add_parts(lambda **own: ContentBranch(filters, **own))
        self.shared = DRITResidualBlock(name="shared", dtype=self.dtype_policy)

    def run(self, domain, inputs):
        return self.shared(self.part(domain)(inputs))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}
