"""The generator of XMC-GAN: one stage, with every batch norm modulated by the text.

Paper: XMC-GAN, arXiv 2101.04702, section 4.2. Checked against
    google-research/xmcgan_image_generation xmcgan/nets/xmc_net.py (`Generator`).
The code's deviations from the paper are kept: the first layer sees only the latent; the attention
    is computed once, at 16x16, and its context consists of word vectors of length 1.
Known deviations: images are in [-1, 1]. The widths at 64 pixels are this zoo's own, by the rule of
    BigGAN (arXiv 1809.11096), which the others follow.
"""

import keras
from keras import ops

from zoo.errors import check_choice
from zoo.layers.concat import concat_vector
from zoo.layers.spectral_normalization import SpectralLinear
from zoo.layers.word_attention import attend_words
from zoo.losses.contrastive import l2_normalize
from zoo.models.xmc_gan.blocks import ModulatedNorm, XMCUpBlock
from zoo.precision import at_least_float32, at_least_float32_dtype

WIDTHS = {64: (16, 8, 4, 2), 128: (16, 8, 4, 2, 1), 256: (16, 8, 8, 4, 2, 1)}
GLOBAL_BLOCKS = 2  # at 4x4 and 8x8, without attention to words
ATTENTION_TEMPERATURE = 15.0  # rho_0


def check_image_size(image_size):
    """The value; ZooError if XMC-GAN has no widths for it."""
    return check_choice("`image_size` of XMC-GAN", image_size, WIDTHS)


@keras.saving.register_keras_serializable("zoo")
class XMCGANGenerator(keras.layers.Layer):
    """Words, sentence and latent -> an image.

    Args:
        image_size: 64, 128 or 256.
        filters: int. Channels of the last block at 128 and 256 pixels (96), the unit of `WIDTHS`.
        latent_dim: int. Size of the latent, and of the projected sentence.
        features: int. Size of a word's vector.
        spectral: bool. Whether linear maps are spectrally normalized.
        synchronized: bool. See `FlaxBatchNorm`.

    Inputs, a dict: `words` (batch, words, features), `sentence` (batch, any), `mask` bool
        (batch, words), True at words, `latents` (batch, latent_dim).

    Call arguments: `training`; `update`, whether running statistics and singular vectors are
        updated, by default as `training`.

    Returns a dict: `images`, a list of one (batch, image_size, image_size, 3) in [-1, 1];
        `attention`, a list of one (batch, 16, 16, words); at least float32.
    """

    def __init__(
        self,
        image_size=128,
        filters=96,
        latent_dim=128,
        features=768,
        spectral=False,
        synchronized=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_size = check_image_size(image_size)
        self.filters = filters
        self.latent_dim = latent_dim
        self.features = features
        self.spectral = spectral
        self.synchronized = synchronized
        policy = self.dtype_policy
        output_dtype = at_least_float32_dtype(self)
        shared = {"spectral": spectral, "dtype": policy}
        self.width = WIDTHS[image_size][0] * filters
        self.project = SpectralLinear(latent_dim, name="project", **shared)
        self.start = SpectralLinear(self.width * 16, name="start", **shared)
        self.blocks = [
            XMCUpBlock(ratio * filters, synchronized=synchronized, name=f"block_{i + 1}", **shared)
            for i, ratio in enumerate(WIDTHS[image_size])
        ]
        self.query = SpectralLinear(features, 1, name="query", **shared)
        self.norm = ModulatedNorm(synchronized=synchronized, name="norm", **shared)
        self.image = SpectralLinear(3, 3, spectral, name="image", dtype=output_dtype)

    def call(self, inputs, training=False, update=None):
        update = training if update is None else update
        flags = {"training": training, "update": update}
        latents = inputs["latents"]
        sentence = self.project(inputs["sentence"], update=update)
        condition = ops.concatenate([sentence, latents], axis=-1)
        x = ops.reshape(self.start(latents, update=update), (-1, 4, 4, self.width))
        for block in self.blocks[:GLOBAL_BLOCKS]:
            x = block(x, condition, **flags)
        context, attention = self._attend(x, inputs["words"], inputs["mask"], update)
        local = concat_vector(ops.cast(context, x.dtype), condition)
        for block in self.blocks[GLOBAL_BLOCKS:]:
            x = block(x, local, **flags)
        x = ops.relu(self.norm(x, local, **flags))
        images = ops.tanh(self.image(x, update=update))
        return {"images": [images], "attention": [attention]}

    def _attend(self, x, words, mask, update):
        """Word context (batch, h, w, features) of every position, and its attention."""
        queries = l2_normalize(at_least_float32(self.query(x, update=update)))
        words = l2_normalize(at_least_float32(words))
        return attend_words(ATTENTION_TEMPERATURE * queries, words, words, mask)

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "filters": self.filters,
            "latent_dim": self.latent_dim,
            "features": self.features,
            "spectral": self.spectral,
            "synchronized": self.synchronized,
        }
