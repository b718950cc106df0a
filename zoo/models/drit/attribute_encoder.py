"""DRIT's attribute encoders.

Paper: DRIT, arXiv 1808.00948. Checked against HelenMao/MSGAN DRIT-Mode-Seeking/networks.py
    (`E_attr_concat` and, feature-wise, `E_attr`).
"""

import keras
from keras import ops

from zoo.models.drit.blocks import DownsampleBlock, convolution, linear
from zoo.models.drit.domains import DomainNetwork
from zoo.precision import at_least_float32


@keras.saving.register_keras_serializable("zoo")
class GaussianAttributeEncoder(keras.layers.Layer):
    """Images of one domain -> mean and log-variance of their attribute code."""

    def __init__(self, filters, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.latent_dim = latent_dim
        own = {"dtype": self.dtype_policy}
        self.stem = convolution(3, filters, 4, 2, 1, name="stem", **own)
        self.blocks = [
            DownsampleBlock(i * filters, name=f"block_{i - 1}", **own) for i in (2, 3, 4)
        ]
        self.mean = linear(4 * filters, latent_dim, name="mean", **own)
        self.log_var = linear(4 * filters, latent_dim, name="log_var", **own)

    def call(self, images):
        x = self.stem(images)
        for block in self.blocks:
            x = block(x)
        x = ops.mean(ops.leaky_relu(x, 0.2), axis=(1, 2))  # (batch, 4 x filters)
        return {
            "mu": at_least_float32(self.mean(x)),
            "log_var": at_least_float32(self.log_var(x)),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "latent_dim": self.latent_dim,
        }


@keras.saving.register_keras_serializable("zoo")
class DeterministicAttributeEncoder(keras.layers.Layer):
    """Images of one domain -> their attribute code, without a variance."""

    def __init__(self, filters, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.latent_dim = latent_dim
        own = {"dtype": self.dtype_policy}
        self.stem = convolution(3, filters, 7, pad=3, name="stem", **own)
        widths = [filters, 2 * filters, *[4 * filters] * 3]
        self.downs = [
            convolution(widths[i], widths[i + 1], 4, 2, 1, name=f"down_{i + 1}", **own)
            for i in range(4)
        ]
        self.mean = convolution(4 * filters, latent_dim, 1, name="mean", **own)

    def call(self, images):
        x = ops.relu(self.stem(images))
        for down in self.downs:
            x = ops.relu(down(x))
        x = ops.mean(x, axis=(1, 2), keepdims=True)  # (batch, 1, 1, 4 x filters)
        return {"mu": at_least_float32(self.mean(x)[:, 0, 0])}

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "latent_dim": self.latent_dim,
        }


@keras.saving.register_keras_serializable("zoo")
class AttributeEncoder(DomainNetwork):
    """Images of both domains -> attribute codes, with one attribute space per domain.

    Args:
        filters: int. Channels of the first convolution, 64.
        latent_dim: int. Size of the code, 8.
        concat: bool. True: a Gaussian (mean and log-variance), for the variant that concatenates
            the code; False: a point, for the feature-wise variant.

    Shapes: dict of domain -> images (batch, h, w, 3) in [-1, 1] -> dict of domain -> dict of `mu`
        and, with `concat`, `log_var`, each (batch, latent_dim).
    """

    def __init__(self, filters=64, latent_dim=8, concat=True, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.latent_dim = latent_dim
        self.concat = concat
        branch = GaussianAttributeEncoder if concat else DeterministicAttributeEncoder
        self.add_parts(lambda **own: branch(filters, latent_dim, **own))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "latent_dim": self.latent_dim,
            "concat": self.concat,
        }
