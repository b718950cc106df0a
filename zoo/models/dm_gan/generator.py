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

    Without the writing gate `memory = relu(M_w words)`; without the response gate nothing is fused:
    the features go on next to what was read (the paper's plain memory, before its gates).

    Args:
        filters: int. Channels of the features; the memory has twice as many.
        mask_tiling: see `attend_words`.
        writing_gate, response_gate: bools. Whether the memory has these.

    Shapes: features (batch, s, s, filters), words (batch, words, any), mask bool (batch, words)
        or None -> fused (batch, s, s, filters), without response gate the features; and a dict:
        `attention` (batch, s, s, words), `memory` (batch, words, 2 filters), `keys`, `values`
        (batch, words, filters), `read` (batch, s, s, filters); of the gates that there are
        `writing_gate` (batch, words), `response_gate` (batch, s, s).
    """

    def __init__(
        self, filters, mask_tiling="per_sample", writing_gate=True, response_gate=True, **kwargs
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.mask_tiling = check_mask_tiling(mask_tiling)
        self.writing_gate = writing_gate
        self.response_gate = response_gate

    def build(self, features_shape, words_shape):
        filters, words, policy = self.filters, words_shape[-1], self.dtype_policy
        linear = {"dtype": policy, "bias": False, "activation": None}
        if self.writing_gate:
            self.word_gate = dense(1, words, "word_gate", **linear)  # A
            self.image_gate = dense(1, filters, "image_gate", **linear)  # B
        self.word_memory = dense(2 * filters, words, "word_memory", policy)  # M_w
        if self.writing_gate:
            self.image_memory = dense(2 * filters, filters, "image_memory", policy)  # M_r
        self.key = dense(filters, 2 * filters, "key", policy)
        self.value = dense(filters, 2 * filters, "value", policy)
        if self.response_gate:
            self.response = dense(1, 2 * filters, "response", policy, activation="sigmoid")

    def call(self, features, words, mask=None):
        memory, details = self.write(features, words)
        keys, values = self.key(memory), self.value(memory)
        read, attention = attend_words(features, keys, values, mask, self.mask_tiling)
        fused = features
        if self.response_gate:
            response = self.response(ops.concatenate([features, read], axis=-1))  # (.., s, s, 1)
            fused = (1 - response) * features + response * read
            details["response_gate"] = response[..., 0]
        return fused, {
            **details,
            "attention": attention,
            "memory": memory,
            "keys": keys,
            "values": values,
            "read": read,
        }

    def write(self, features, words):
        """(memory, dict of `writing_gate` if there is one)."""
        if not self.writing_gate:
            return self.word_memory(words), {}
        pooled = ops.stop_gradient(ops.mean(features, axis=(1, 2)))[:, None]  # (batch, 1, filters)
        gate = ops.sigmoid(self.word_gate(words) + self.image_gate(pooled))  # (batch, words, 1)
        memory = gate * self.word_memory(words) + (1 - gate) * self.image_memory(pooled)
        return memory, {"writing_gate": gate[..., 0]}

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "mask_tiling": self.mask_tiling,
            "writing_gate": self.writing_gate,
            "response_gate": self.response_gate,
        }


@keras.saving.register_keras_serializable("zoo")
class MemoryStage(WordStage):
    """`DynamicMemory`, then residual blocks and an up-block on two copies of the fused features;
    without response gate, on the features and what the memory returned.

    Shapes: features (batch, s, s, filters), words (batch, words, any), mask bool (batch, words)
        -> (batch, 2s, 2s, filters), dict of `attention` and the gates that there are.
    """

    def __init__(
        self,
        filters,
        residual_blocks,
        mask_tiling="per_sample",
        writing_gate=True,
        response_gate=True,
        **kwargs,
    ):
        super().__init__(filters, residual_blocks, mask_tiling, **kwargs)
        self.gates = {"writing_gate": writing_gate, "response_gate": response_gate}
        self.memory = DynamicMemory(
            filters, mask_tiling, **self.gates, name="memory", dtype=self.dtype_policy
        )

    def call(self, features, words, mask=None, training=False):
        fused, details = self.memory(features, words, mask)
        second = fused if self.gates["response_gate"] else details["read"]
        x = ops.concatenate([fused, second], axis=-1)  # (batch, s, s, 2 filters)
        shown = ("attention", *(gate for gate, used in self.gates.items() if used))
        return self.double(x, training=training), {name: details[name] for name in shown}

    def get_config(self):
        return {**super().get_config(), **self.gates}


@keras.saving.register_keras_serializable("zoo")
class DMGANGenerator(WordStagedGenerator):
    """Sentence, words and latent -> one image per stage.

    Args, inputs and outputs: see `WordStagedGenerator`; `writing_gate`, `response_gate`: see
    `DynamicMemory`. It also returns lists, with one entry per refinement stage: `attention` (batch,
    h, w, words), and of the gates that there are `writing_gate` (batch, words), `response_gate`
    (batch, h, w).
    """

    stage_class = MemoryStage

    def __init__(self, *args, writing_gate=True, response_gate=True, **kwargs):
        self.gates = {"writing_gate": writing_gate, "response_gate": response_gate}
        super().__init__(*args, **kwargs)

    def make_refinement(self, index, **kwargs):
        return super().make_refinement(index, **self.gates, **kwargs)

    def get_config(self):
        return {**super().get_config(), **self.gates}

    def refine(self, stage, features, condition, inputs, training):
        return stage(features, inputs["words"], inputs["mask"], training=training)
