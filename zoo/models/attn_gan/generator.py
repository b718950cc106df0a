"""The generator of AttnGAN.

Paper: AttnGAN, arXiv 1711.10485, section 3.1. Checked against taoxugit/AttnGAN code/model.py
    (`G_NET`, `G_DCGAN`).
Known deviation: the padding mask is each sample's own; `mask_tiling="official"` gives the released
behaviour.
"""

import keras
from keras import ops

from zoo.layers.word_attention import WordAttention
from zoo.networks.staged_generator import Doubling, StagedGenerator


@keras.saving.register_keras_serializable("zoo")
class AttentionStage(Doubling):
    """Features and words -> the features of the next, twice larger image, and the attention.

    Shapes: features (batch, s, s, filters), words (batch, words, any), padding bool (batch, words)
        -> (batch, 2s, 2s, filters), (batch, s, s, words).
    """

    def __init__(self, filters, residual_blocks, mask_tiling="per_sample", **kwargs):
        super().__init__(filters, residual_blocks, **kwargs)
        self.mask_tiling = mask_tiling
        self.attention = WordAttention(
            filters, mask_tiling, name="attention", dtype=self.dtype_policy
        )

    def call(self, features, words, padding=None, training=False):
        context, attention = self.attention(features, words, padding)
        x = ops.concatenate([features, context], axis=-1)  # (batch, s, s, 2 filters)
        return self.double(x, training=training), attention

    def get_config(self):
        return {**super().get_config(), "mask_tiling": self.mask_tiling}


@keras.saving.register_keras_serializable("zoo")
class AttnGANGenerator(StagedGenerator):
    """Sentence, words and latent -> one image a stage.

    Args:
        mask_tiling: see `WordAttention`.
        *args, **kwargs: see `StagedGenerator`, where inputs and outputs stand too. It shows
            `attention`, a list of (batch, h, w, words), one a refinement stage.
    """

    def __init__(self, *args, mask_tiling="per_sample", **kwargs):
        super().__init__(*args, **kwargs)
        self.mask_tiling = mask_tiling
        self.make_refinements()

    def make_refinement(self, index, **kwargs):
        return AttentionStage(self.filters, self.residual_blocks, self.mask_tiling, **kwargs)

    def refine(self, stage, features, condition, inputs, training):
        refined, attention = stage(
            features, inputs["words"], inputs["padding"], training=training
        )
        return refined, {"attention": attention}

    def get_config(self):
        return {**super().get_config(), "mask_tiling": self.mask_tiling}
