"""The generator of MirrorGAN: every refinement attends to the words and to the sentence.

Paper: MirrorGAN, arXiv 1903.05854, section 3.2 (GLAM). Checked against qiaott/MirrorGAN model.py
    (`NEXT_STAGE_G`, `G_NET`, `G_DCGAN`) and GLAttention.py (`GLAttentionGeneral`).
The code's deviations from the paper are kept: a 1x1 convolution before the sentence's softmax,
    which is over channels; a 1x1 convolution after the concatenation.
Known deviation: each sample has its own word mask; `mask_tiling="official"` gives the released
    behavior.
"""

import keras
from keras import ops

from zoo.layers import initializers
from zoo.layers.pointwise_dense import PointwiseDense
from zoo.layers.word_attention import WordAttention
from zoo.networks.staged_generator import WordStage, WordStagedGenerator


def linear(units, name, dtype, bias=False):
    """A dense layer along the channels (a 1x1 convolution), with orthogonal initialization."""
    return PointwiseDense(
        units,
        use_bias=bias,
        kernel_initializer=initializers.orthogonal(),
        name=name,
        dtype=dtype,
    )


@keras.saving.register_keras_serializable("zoo")
class GlobalLocalAttention(keras.layers.Layer):
    """Attention of an image's features to the words and to the whole sentence (GLAM).

    Words: `WordAttention`. Sentence: with v a linear map of the condition,

        sentence attention = softmax over channels of U (features * v)
        sentence context = v * sentence attention

    Args:
        filters: int. Channels of the features.
        mask_tiling: see `attend_words`.

    Shapes: features (batch, s, s, filters), condition (batch, any), words (batch, words, any),
        mask bool (batch, words) or None -> word context, sentence context (batch, s, s,
        filters), and a dict: `attention` (batch, s, s, words), `sentence_attention` (batch, s, s,
        filters).
    """

    def __init__(self, filters, mask_tiling="per_sample", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.mask_tiling = mask_tiling
        policy = self.dtype_policy
        self.words = WordAttention(filters, mask_tiling, name="words", dtype=policy)
        self.sentence = linear(filters, "sentence", policy, bias=True)
        self.gate = linear(filters, "gate", policy)  # U

    def call(self, features, condition, words, mask=None):
        word_context, attention = self.words(features, words, mask)
        sentence = self.sentence(condition)[:, None, None, :]  # (batch, 1, 1, filters)
        gate = ops.softmax(self.gate(features * sentence), axis=-1)  # (batch, s, s, filters)
        details = {"attention": attention, "sentence_attention": gate}
        return word_context, sentence * gate, details

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "mask_tiling": self.mask_tiling}


@keras.saving.register_keras_serializable("zoo")
class MirrorStage(WordStage):
    """`GlobalLocalAttention`, combined with the features, then residual blocks and an up-block.

    Shapes: features (batch, s, s, filters), condition (batch, any), words (batch, words, any),
        mask bool (batch, words) -> (batch, 2s, 2s, filters), attention (batch, s, s, words).
    """

    def __init__(self, filters, residual_blocks, mask_tiling="per_sample", **kwargs):
        super().__init__(filters, residual_blocks, mask_tiling, **kwargs)
        policy = self.dtype_policy
        self.attention = GlobalLocalAttention(filters, mask_tiling, name="attention", dtype=policy)
        self.join = linear(2 * filters, "join", policy)

    def call(self, features, condition, words, mask=None, training=False):
        *contexts, details = self.attention(features, condition, words, mask)
        x = self.join(ops.concatenate([features, *contexts], axis=-1))  # (batch, s, s, 2 filters)
        return self.double(x, training=training), details["attention"]


@keras.saving.register_keras_serializable("zoo")
class MirrorGANGenerator(WordStagedGenerator):
    """Sentence, words and latent -> one image per stage.

    Args, inputs and outputs: see `WordStagedGenerator`. It also returns `attention`, a list of
    (batch, h, w, words), one per refinement stage.
    """

    stage_class = MirrorStage

    def refine(self, stage, features, condition, inputs, training):
        texts = condition, inputs["words"], inputs["mask"]
        refined, attention = stage(features, *texts, training=training)
        return refined, {"attention": attention}
