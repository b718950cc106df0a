"""Attention of every pixel to the words of its caption."""

import keras
from keras import ops

from zoo.layers import initializers

MASK_TILINGS = ("per_sample", "official")


@keras.saving.register_keras_serializable("zoo")
class WordAttention(keras.layers.Layer):
    """context = sum over words of softmax(pixel . key) * key, without scaling.

    The keys, which are the values too, are a linear map of the words.

    Source: AttnGAN (arXiv 1711.10485) section 3.1; checked against code/GlobalAttention.py
    (`GlobalAttentionGeneral`).

    Args:
        features: int. Channels of the pixels, and so of the keys.
        mask_tiling: "per_sample" gives each pixel the padding mask of its own caption. "official"
            reproduces the released code, where pixel q of sample b gets the mask of sample
            (b * pixels + q) mod batch: an image then depends on its neighbours in the batch.

    Shapes: pixels (batch, h, w, features), words (batch, words, any), mask (batch, words), True at
        padding -> context (batch, h, w, features), attention (batch, h, w, words).
    """

    def __init__(self, features, mask_tiling="per_sample", **kwargs):
        super().__init__(**kwargs)
        if mask_tiling not in MASK_TILINGS:
            raise ValueError(
                f"`mask_tiling` must be one of {MASK_TILINGS}. Received: {mask_tiling!r}"
            )
        self.features = features
        self.mask_tiling = mask_tiling
        self.keys = keras.layers.Dense(
            features,
            use_bias=False,
            kernel_initializer=initializers.orthogonal(),
            name="keys",
            dtype=self.dtype_policy,
        )

    def call(self, pixels, words, padding=None):
        batch, height, width = ops.shape(pixels)[:3]
        count = height * width
        queries = ops.reshape(pixels, (batch, count, self.features))  # (batch, pixels, features)
        keys = self.keys(words)  # (batch, words, features)
        scores = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))  # (batch, pixels, words)
        if padding is not None:
            closed = ops.cast(padding, "bool")[:, None, :]  # (batch, 1, words)
            if self.mask_tiling == "official":
                owner = ops.arange(batch * count, dtype="int32") % batch
                closed = ops.reshape(ops.take(closed[:, 0], owner, axis=0), ops.shape(scores))
            scores = ops.where(closed, ops.cast(-1e30, scores.dtype), scores)
        attention = ops.softmax(scores, axis=-1)
        context = ops.reshape(ops.matmul(attention, keys), (batch, height, width, self.features))
        return context, ops.reshape(attention, (batch, height, width, ops.shape(words)[1]))

    def get_config(self):
        return {**super().get_config(), "features": self.features, "mask_tiling": self.mask_tiling}
