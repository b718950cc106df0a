"""The generator of AttnGAN.

Paper: AttnGAN, arXiv 1711.10485, section 3.1. Checked against taoxugit/AttnGAN code/model.py
    (`G_NET`, `G_DCGAN`).
Known deviation: each sample has its own word mask; `mask_tiling="official"` gives the released
    behavior.
"""

import keras
from keras import ops

from zoo.layers.word_attention import WordAttention
from zoo.networks.staged_generator import WordStage, WordStagedGenerator


@keras.saving.register_keras_serializable("zoo")
class AttentionStage(WordStage):
    """Features and words -> the features of the next image, of twice the size, and the attention.

    Shapes: features (batch, s, s, filters), words (batch, words, any), mask bool (batch, words)
        -> (batch, 2s, 2s, filters), (batch, s, s, words).
    """

    def __init__(self, filters, residual_blocks, mask_tiling="per_sample", **kwargs):
        super().__init__(filters, residual_blocks, mask_tiling, **kwargs)
        self.attention = WordAttention(
            filters, mask_tiling, name="attention", dtype=self.dtype_policy
        )

    def call(self, features, words, mask=None, training=False):
        context, attention = self.attention(features, words, mask)
        x = ops.concatenate([features, context], axis=-1)  # (batch, s, s, 2 filters)
        return self.double(x, training=training), attention


@keras.saving.register_keras_serializable("zoo")
class AttnGANGenerator(WordStagedGenerator):
    """Sentence, words and latent -> one image per stage.

    Args, inputs and outputs: see `WordStagedGenerator`. It also returns `attention`, a list of
    (batch, h, w, words), one per refinement stage.
    """

    stage_class = AttentionStage

    def refine(self, stage, features, condition, inputs, training):
        refined, attention = stage(
            features, inputs["words"], inputs["mask"], training=training
        )
        return refined, {"attention": attention}
