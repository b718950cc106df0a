"""The residual blocks of XMC-GAN's generator and discriminator.

Paper: XMC-GAN, arXiv 2101.04702, section 4. Checked against google-research/xmcgan_image_generation
    xmcgan/libml/layers.py (`ConditionalBatchNorm`, `LocalConditionalBatchNorm`) and
    xmcgan/nets/common.py (`GenBlock`, `GenSpatialBlock`, `DiscOptimizedBlock`, `DiscBlock`).
The same results with less work: 1x1 convolutions are applied before upsampling and after pooling;
    scale and shift are computed at the size of the condition, then repeated.
"""

import keras
from keras import ops

from zoo.layers.batch_normalization import FlaxBatchNorm
from zoo.layers.spectral_normalization import SpectralLinear
from zoo.layers.upsampling import upsample_nearest


def downsample_mean(x):
    """Mean of 2x2 pixels: (batch, h, w, c) -> (batch, h / 2, w / 2, c)."""
    return ops.average_pool(x, 2, strides=2, padding="valid")


class _Spectral(keras.layers.Layer):
    """A layer whose linear maps may be spectrally normalized."""

    def __init__(self, spectral=False, **kwargs):
        super().__init__(**kwargs)
        self.spectral = spectral

    def linear(self, units, size, name, **options):
        return SpectralLinear(
            units, size, spectral=self.spectral, name=name, dtype=self.dtype_policy, **options
        )

    def get_config(self):
        return {**super().get_config(), "spectral": self.spectral}


@keras.saving.register_keras_serializable("zoo")
class ModulatedNorm(_Spectral):
    """Batch norm whose scale and shift come from a condition: BN(x) (1 + gamma(c)) + beta(c).

    gamma and beta are linear along the channels: of one vector per sample (self-modulation), or of
    one per position (attentional self-modulation), whose map is upsampled to the size of x.

    Args:
        spectral: bool. Whether gamma and beta are spectrally normalized.
        synchronized: bool. See `FlaxBatchNorm`, also for the call argument `update`.

    Shapes: x (batch, s, s, c), condition (batch, any) or (batch, k, k, any), s a multiple of k ->
        (batch, s, s, c).
    """

    def __init__(self, spectral=False, synchronized=False, **kwargs):
        super().__init__(spectral, **kwargs)
        self.synchronized = synchronized

    def build(self, x_shape, condition_shape):
        size = 1 if len(condition_shape) == 4 else None
        self.norm = FlaxBatchNorm(
            synchronized=self.synchronized, name="norm", dtype=self.dtype_policy
        )
        self.gamma, self.beta = (
            self.linear(x_shape[-1], size, name) for name in ("gamma", "beta")
        )

    def call(self, x, condition, training=False, update=None):
        update = training if update is None else update
        x = self.norm(x, training=training, update=update)
        gamma, beta = (part(condition, update=update) for part in (self.gamma, self.beta))
        if len(gamma.shape) == 2:
            gamma, beta = gamma[:, None, None], beta[:, None, None]
        else:
            factor = x.shape[1] // gamma.shape[1]
            gamma, beta = upsample_nearest(gamma, factor), upsample_nearest(beta, factor)
        return x * (1 + gamma) + beta

    def get_config(self):
        return {**super().get_config(), "synchronized": self.synchronized}


@keras.saving.register_keras_serializable("zoo")
class XMCUpBlock(_Spectral):
    """Residual block that doubles the size; both norms are modulated by the condition.

    Args:
        filters: int.
        spectral, synchronized: see `ModulatedNorm`, also for the condition's shape, where s is the
            size before upsampling.

    Shapes: x (batch, s, s, any), condition -> (batch, 2s, 2s, filters).
    """

    def __init__(self, filters, spectral=False, synchronized=False, **kwargs):
        super().__init__(spectral, **kwargs)
        self.filters = filters
        self.synchronized = synchronized
        self.norm_1, self.norm_2 = (
            ModulatedNorm(spectral, synchronized, name=f"norm_{i}", dtype=self.dtype_policy)
            for i in (1, 2)
        )
        self.conv_1 = self.linear(filters, 3, "conv_1", upsampled=True)
        self.conv_2 = self.linear(filters, 3, "conv_2")
        self.shortcut = self.linear(filters, 1, "shortcut")

    def call(self, x, condition, training=False, update=None):
        update = training if update is None else update
        y = ops.relu(self.norm_1(x, condition, training=training, update=update))
        y = self.conv_1(y, update=update)
        y = ops.relu(self.norm_2(y, condition, training=training, update=update))
        y = self.conv_2(y, update=update)
        return y + upsample_nearest(self.shortcut(x, update=update))

    def get_config(self):
        config = {"filters": self.filters, "synchronized": self.synchronized}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("zoo")
class XMCDownBlock(_Spectral):
    """Residual block of the discriminator, which may downsample.

    Args:
        filters: int.
        pooled: bool. Whether the height and width are halved.
        first: bool. Whether the block's input is the image: no activation before it, and always a
            shortcut.
        spectral: bool.

    Shapes: (batch, s, s, any) -> (batch, s, s, filters), or (batch, s / 2, s / 2, filters).
    """

    def __init__(self, filters, pooled=True, first=False, spectral=True, **kwargs):
        super().__init__(spectral, **kwargs)
        self.filters = filters
        self.pooled = pooled
        self.first = first
        self.conv_1 = self.linear(filters, 3, "conv_1")
        self.conv_2 = self.linear(filters, 3, "conv_2")

    def build(self, input_shape):
        self.shortcut = None
        if self.pooled or self.first or input_shape[-1] != self.filters:
            self.shortcut = self.linear(self.filters, 1, "shortcut")

    def call(self, x, training=False):
        y = self.conv_1(x if self.first else ops.relu(x), update=training)
        y = self.conv_2(ops.relu(y), update=training)
        if self.pooled:
            x, y = downsample_mean(x), downsample_mean(y)
        if self.shortcut is not None:
            x = self.shortcut(x, update=training)
        return x + y

    def get_config(self):
        config = {"filters": self.filters, "pooled": self.pooled, "first": self.first}
        return {**super().get_config(), **config}
