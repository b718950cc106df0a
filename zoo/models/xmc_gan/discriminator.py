"""The discriminator of XMC-GAN, which is also the image encoder of the contrastive losses.

Paper: XMC-GAN, arXiv 2101.04702, section 4.3. Checked against
    google-research/xmcgan_image_generation xmcgan/nets/xmc_net.py (`Discriminator`), whose losses
    are in `zoo.losses.contrastive` here.
Known deviations: images are in [-1, 1]; the widths at 64 pixels are this zoo's own (see the
    generator).
"""

import keras
from keras import ops

from zoo.layers.spectral_normalization import SpectralLinear
from zoo.models.xmc_gan.blocks import XMCDownBlock
from zoo.models.xmc_gan.generator import check_image_size
from zoo.precision import at_least_float32, at_least_float32_dtype

WIDTHS = {64: (1, 2, 4, 8, 16), 128: (1, 2, 4, 8, 16, 16), 256: (1, 2, 4, 8, 8, 16, 16)}
REGIONS = 16  # height and width of the feature map whose positions are the regions


@keras.saving.register_keras_serializable("zoo")
class XMCGANDiscriminator(keras.layers.Layer):
    """Images and sentences -> logits, and the vectors that the contrastive losses compare.

    The logit is a linear map of the pooled features plus their dot product with the projected
    sentence (a projection discriminator).

    Args:
        image_size: 64, 128 or 256.
        filters: int. Channels of the first block, the unit of `WIDTHS` (96).
        features: int. Size of a word's vector, and so of a region's.
        spectral: bool. Whether linear maps are spectrally normalized.

    Inputs, a dict: `images` (k batch, image_size, image_size, 3) in [-1, 1], a batch of real images
        followed by batches of generated ones; `sentence` (batch, any), the same for every batch.

    Returns a dict, at least float32: `logits` (k batch,), `pooled` (k batch, 16 filters), `regions`
        (k batch, 16, 16, features), `sentence` (batch, 16 filters).
    """

    def __init__(self, image_size=128, filters=96, features=768, spectral=True, **kwargs):
        super().__init__(**kwargs)
        self.image_size = check_image_size(image_size)
        self.filters = filters
        self.features = features
        self.spectral = spectral
        shared = {"spectral": spectral, "dtype": self.dtype_policy}
        ratios = WIDTHS[image_size]
        self.blocks = [
            XMCDownBlock(
                ratio * filters,
                pooled=i < len(ratios) - 1,
                first=not i,
                name=f"block_{i + 1}",
                **shared,
            )
            for i, ratio in enumerate(ratios)
        ]
        self.region = SpectralLinear(features, 1, name="region", **shared)
        shared["dtype"] = at_least_float32_dtype(self)
        self.logit = SpectralLinear(1, name="logit", **shared)
        self.sentence = SpectralLinear(ratios[-1] * filters, name="sentence", **shared)

    def call(self, inputs, training=False):
        x, regions = (inputs["images"] + 1) / 2, None
        for block in self.blocks:
            x = block(x, training=training)
            if x.shape[1] == REGIONS:
                regions = x
        pooled = ops.sum(at_least_float32(ops.relu(x)), axis=(1, 2))
        sentence = self.sentence(inputs["sentence"], update=training)
        copies = ops.shape(pooled)[0] // ops.shape(sentence)[0]
        matched = ops.sum(pooled * ops.tile(sentence, (copies, 1)), axis=-1)
        return {
            "logits": self.logit(pooled, update=training)[:, 0] + matched,
            "pooled": pooled,
            "regions": at_least_float32(self.region(regions, update=training)),
            "sentence": sentence,
        }

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "filters": self.filters,
            "features": self.features,
            "spectral": self.spectral,
        }
