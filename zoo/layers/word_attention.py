"""Attention of every pixel to the words of its caption."""

import keras
from keras import ops

from zoo.errors import check_choice
from zoo.layers import initializers
from zoo.layers.pointwise_dense import PointwiseDense

MASK_TILINGS = ("per_sample", "official")


def attend_words(pixels, keys, values, mask=None, mask_tiling="per_sample"):
    """sum over words of softmax(pixel . key) * value, without scaling.

    Args:
        mask_tiling: "per_sample" gives each pixel the mask of its own caption. "official"
            reproduces the released code of AttnGAN and DM-GAN, where pixel q of sample b gets the
            mask of sample (b * pixels + q) mod batch: an image then depends on its neighbors in
            the batch.

    Shapes: pixels (batch, h, w, d), keys (batch, words, d), values (batch, words, c), mask
        (batch, words), True at words, or None -> context (batch, h, w, c), attention (batch, h, w,
        words).
    """
    batch, height, width, features = ops.shape(pixels)
    count, words = height * width, ops.shape(keys)[1]
    queries = ops.reshape(pixels, (batch, count, features))  # (batch, pixels, d)
    scores = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))  # (batch, pixels, words)
    if mask is not None:
        mask = ops.cast(mask, "bool")[:, None, :]  # (batch, 1, words)
        if mask_tiling == "official":
            owner = ops.arange(batch * count, dtype="int32") % batch
            mask = ops.reshape(ops.take(mask[:, 0], owner, axis=0), ops.shape(scores))
        # finite, so that a caption without words gives equal attention instead of NaN
        half = keras.backend.standardize_dtype(scores.dtype) == "float16"
        scores = ops.where(mask, scores, ops.cast(-6e4 if half else -1e30, scores.dtype))
    attention = ops.softmax(scores, axis=-1)
    context = ops.matmul(attention, values)
    shape = (batch, height, width)
    return ops.reshape(context, (*shape, values.shape[-1])), ops.reshape(attention, (*shape, words))


def check_mask_tiling(mask_tiling):
    """The value; raises `ZooError` if it is unknown."""
    return check_choice("`mask_tiling`", mask_tiling, MASK_TILINGS)


@keras.saving.register_keras_serializable("zoo")
class WordAttention(keras.layers.Layer):
    """`attend_words` with a linear map of the words as keys and values.

    Source: AttnGAN (arXiv 1711.10485) section 3.1; checked against code/GlobalAttention.py
    (`GlobalAttentionGeneral`).

    Args:
        features: int. Channels of the pixels and of the keys.
        mask_tiling: see `attend_words`.

    Shapes: pixels (batch, h, w, features), words (batch, words, any), mask (batch, words), True at
        words -> context (batch, h, w, features), attention (batch, h, w, words).
    """

    def __init__(self, features, mask_tiling="per_sample", **kwargs):
        super().__init__(**kwargs)
        self.features = features
        self.mask_tiling = check_mask_tiling(mask_tiling)
        self.keys = PointwiseDense(
            features,
            use_bias=False,
            kernel_initializer=initializers.orthogonal(),
            name="keys",
            dtype=self.dtype_policy,
        )

    def call(self, pixels, words, mask=None):
        keys = self.keys(words)  # (batch, words, features)
        return attend_words(pixels, keys, keys, mask, self.mask_tiling)

    def get_config(self):
        return {**super().get_config(), "features": self.features, "mask_tiling": self.mask_tiling}
