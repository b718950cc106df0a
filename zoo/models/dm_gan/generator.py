"""The generator of DM-GAN: a gated memory of the words in every refinement stage.

Paper: DM-GAN, arXiv 1904.01310, section 3. Checked against MinfengZhu/DM-GAN code/model.py
    (`NEXT_STAGE_G`, `G_NET`) and code/GlobalAttention.py (`Memory`).
The code's deviations from the paper are kept: a ReLU after each 1x1 convolution of the memory, no
    gradient through the pooled image, the fused features concatenated with themselves.
Known deviation: each sample has its own word mask; `mask_tiling="official"` gives the released
    behavior.
"""

import keras
from keras import ops

from zoo.layers import initializers
from zoo.layers.pointwise_dense import PointwiseDense
from zoo.layers.word_attention import attend_words, check_mask_tiling
from zoo.networks.staged_generator import WordStage, WordStagedGenerator


def dense(units, inputs, name, dtype, bias=True, activation="relu"):
    """A 1x1 convolution: orthogonal weights, the framework's default bias U(+-1/sqrt(inputs))."""
    return PointwiseDense(
        units,
        activation=activation,
        use_bias=bias,
        kernel_initializer=initializers.orthogonal(),
        bias_initializer=initializers.uniform(inputs**-0.5),
        name=name,
        dtype=dtype,
    )


@keras.saving.register_keras_serializable("zoo")
class DynamicMemory(keras.layers.Layer):
    """Features and words -> features fused with what the memory returns (section 3.2).

    Writing gate (equation 5), memory writing (6), key addressing (3), value reading (4), response
    gate (7, 8); p is the mean of the features over the image, without gradient:

        gate = sigmoid(A words + B p)                       one number per word
        memory = gate * relu(M_w words) + (1 - gate) * relu(M_r p)
        attention = softmax over words of (features . relu(key(memory)))
        read = sum over words of attention * relu(value(memory))
        response = sigmoid(linear [features, read])         one number per pixel
        fused = (1 - response) * features + response * read

    Args:
        filters: int. Channels of the features; the memory has twice as many.
        mask_tiling: see `attend_words`.

    Shapes: features (batch, s, s, filters), words (batch, words, any), mask bool (batch, words)
        or None -> fused (batch, s, s, filters), and a dict: `attention` (batch, s, s, words),
        `writing_gate` (batch, words), `response_gate` (batch, s, s), `memory` (batch, words, 2
        filters), `keys`, `values` (batch, words, filters), `read` (batch, s, s, filters).
    """

    def __init__(self, filters, mask_tiling="per_sample", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.mask_tiling = check_mask_tiling(mask_tiling)

    def build(self, features_shape, words_shape):
        filters, words, policy = self.filters, words_shape[-1], self.dtype_policy
        linear = {"dtype": policy, "bias": False, "activation": None}
        self.word_gate = dense(1, words, "word_gate", **linear)  # A
        self.image_gate = dense(1, filters, "image_gate", **linear)  # B
        self.word_memory = dense(2 * filters, words, "word_memory", policy)  # M_w
        self.image_memory = dense(2 * filters, filters, "image_memory", policy)  # M_r
        self.key = dense(filters, 2 * filters, "key", policy)
        self.value = dense(filters, 2 * filters, "value", policy)
        self.response = dense(1, 2 * filters, "response", policy, activation="sigmoid")

    def call(self, features, words, mask=None):
        pooled = ops.stop_gradient(ops.mean(features, axis=(1, 2)))[:, None]  # (batch, 1, filters)
        gate = ops.sigmoid(self.word_gate(words) + self.image_gate(pooled))  # (batch, words, 1)
        memory = gate * self.word_memory(words) + (1 - gate) * self.image_memory(pooled)
        keys, values = self.key(memory), self.value(memory)
        read, attention = attend_words(features, keys, values, mask, self.mask_tiling)
        response = self.response(ops.concatenate([features, read], axis=-1))  # (batch, s, s, 1)
        return (1 - response) * features + response * read, {
            "attention": attention,
            "writing_gate": gate[..., 0],
            "response_gate": response[..., 0],
            "memory": memory,
            "keys": keys,
            "values": values,
            "read": read,
        }

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "mask_tiling": self.mask_tiling}


@keras.saving.register_keras_serializable("zoo")
class MemoryStage(WordStage):
    """`DynamicMemory`, then residual blocks and an up-block on two copies of the fused features.

    Shapes: features (batch, s, s, filters), words (batch, words, any), mask bool (batch, words)
        -> (batch, 2s, 2s, filters), dict of `attention`, `writing_gate`, `response_gate`.
    """

    def __init__(self, filters, residual_blocks, mask_tiling="per_sample", **kwargs):
        super().__init__(filters, residual_blocks, mask_tiling, **kwargs)
        self.memory = DynamicMemory(filters, mask_tiling, name="memory", dtype=self.dtype_policy)

    def call(self, features, words, mask=None, training=False):
        fused, details = self.memory(features, words, mask)
        x = ops.concatenate([fused, fused], axis=-1)  # (batch, s, s, 2 filters)
        extras = {k: details[k] for k in ("attention", "writing_gate", "response_gate")}
        return self.double(x, training=training), extras


@keras.saving.register_keras_serializable("zoo")
class DMGANGenerator(WordStagedGenerator):
    """Sentence, words and latent -> one image per stage.

    Args, inputs and outputs: see `WordStagedGenerator`. It also returns lists, with one entry per
    refinement stage: `attention` (batch, h, w, words), `writing_gate` (batch, words),
    `response_gate` (batch, h, w).
    """

    stage_class = MemoryStage

    def refine(self, stage, features, condition, inputs, training):
        return stage(features, inputs["words"], inputs["mask"], training=training)
