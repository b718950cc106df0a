"""The generator of AttnGAN.

Paper: AttnGAN, arXiv 1711.10485, section 3.1. Checked against taoxugit/AttnGAN code/model.py
    (`G_NET`, `G_DCGAN`).
Known deviation: the padding mask is each sample's own; `mask_tiling="official"` gives the released
behaviour.
"""

import keras
from keras import ops

from zoo.layers import initializers
from zoo.layers.conditioning_augmentation import ConditioningAugmentation
from zoo.layers.convolution import ConvGLU, ResidualBlock, batch_norm, conv3x3, glu
from zoo.layers.word_attention import WordAttention


@keras.saving.register_keras_serializable("zoo")
class InitialStage(keras.layers.Layer):
    """Condition and latent -> the features of the first image: linear, then up-blocks from 4x4.

    Shapes: condition (batch, any), latents (batch, any) -> (batch, size, size, filters).
    """

    def __init__(self, size, filters, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.filters = filters
        policy = self.dtype_policy
        doublings = size.bit_length() - 3  # 4 * 2**doublings == size
        self.width = filters * 2**doublings
        self.linear = keras.layers.Dense(
            self.width * 16 * 2,
            use_bias=False,
            kernel_initializer=initializers.orthogonal(),
            name="linear",
            dtype=policy,
        )
        self.norm = batch_norm(dtype=policy)
        self.up_blocks = [
            ConvGLU(self.width // 2 ** (i + 1), upsample=True, name=f"up_{i + 1}", dtype=policy)
            for i in range(doublings)
        ]

    def call(self, condition, latents, training=False):
        x = ops.concatenate([condition, latents], axis=-1)
        x = glu(self.norm(self.linear(x), training=training))
        x = ops.reshape(x, (-1, self.width, 4, 4))  # the official order: channels first
        x = ops.transpose(x, (0, 2, 3, 1))  # (batch, 4, 4, width)
        for block in self.up_blocks:
            x = block(x, training=training)
        return x

    def get_config(self):
        return {**super().get_config(), "size": self.size, "filters": self.filters}


@keras.saving.register_keras_serializable("zoo")
class AttentionStage(keras.layers.Layer):
    """Features and words -> the features of the next, twice larger image, and the attention.

    Shapes: features (batch, s, s, filters), words (batch, words, any), padding bool (batch, words)
        -> (batch, 2s, 2s, filters), (batch, s, s, words).
    """

    def __init__(self, filters, residual_blocks, mask_tiling="per_sample", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.residual_blocks = residual_blocks
        self.mask_tiling = mask_tiling
        policy = self.dtype_policy
        self.attention = WordAttention(filters, mask_tiling, name="attention", dtype=policy)
        self.residuals = [
            ResidualBlock(name=f"residual_{i + 1}", dtype=policy) for i in range(residual_blocks)
        ]
        self.up = ConvGLU(filters, upsample=True, name="up", dtype=policy)

    def call(self, features, words, padding=None, training=False):
        context, attention = self.attention(features, words, padding)
        x = ops.concatenate([features, context], axis=-1)  # (batch, s, s, 2 filters)
        for block in self.residuals:
            x = block(x, training=training)
        return self.up(x, training=training), attention

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "residual_blocks": self.residual_blocks,
            "mask_tiling": self.mask_tiling,
        }


@keras.saving.register_keras_serializable("zoo")
class AttnGANGenerator(keras.layers.Layer):
    """Sentence, words and latent -> one image a stage.

    Args:
        stage_sizes: ints, each twice the one before ((64, 128, 256) in the paper).
        filters: int. Channels of every image's features (32 CUB, 48 COCO).
        residual_blocks: int. Residual blocks of a refinement stage (2 CUB, 3 COCO).
        condition_dim: int. Size of the conditioning Gaussian (100).
        mask_tiling: see `WordAttention`.
        single_image: bool. Only the last image has a head (the official `G_DCGAN`).

    Inputs, a dict: `words` (batch, words, features), `sentence` (batch, features), `padding` bool
    (batch,
        words), `latents` (batch, any), `noise` (batch, condition_dim).

    Returns a dict: `images`, list of (batch, size, size, 3) in [-1, 1], at least float32;
    `attention`, list of
        (batch, h, w, words), one a refinement stage; `mu`, `log_var` (batch, condition_dim).
    """

    def __init__(
        self,
        stage_sizes,
        filters,
        residual_blocks,
        condition_dim,
        mask_tiling="per_sample",
        single_image=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sizes = list(stage_sizes)
        first = sizes[0] if sizes else 0
        if (
            first < 8
            or first & (first - 1)
            or any(b != 2 * a for a, b in zip(sizes, sizes[1:], strict=False))
        ):
            raise ValueError(
                "`stage_sizes` must be powers of two from 8 on, each twice the one before. "
                f"Received: {stage_sizes}"
            )
        self.stage_sizes = sizes
        self.filters = filters
        self.residual_blocks = residual_blocks
        self.condition_dim = condition_dim
        self.mask_tiling = mask_tiling
        self.single_image = single_image
        policy = self.dtype_policy
        self.augmentation = ConditioningAugmentation(
            condition_dim, name="augmentation", dtype=policy
        )
        self.initial = InitialStage(first, filters, name="initial", dtype=policy)
        self.refinements = [
            AttentionStage(
                filters, residual_blocks, mask_tiling, name=f"refinement_{i + 1}", dtype=policy
            )
            for i in range(len(sizes) - 1)
        ]
        exact = "float64" if self.variable_dtype == "float64" else "float32"
        self.heads = [
            conv3x3(3, name=f"image_{size}", activation="tanh", dtype=exact)
            for size in (sizes[-1:] if single_image else sizes)
        ]

    def call(self, inputs, training=False):
        condition, mu, log_var = self.augmentation(inputs["sentence"], inputs["noise"])
        features = [self.initial(condition, inputs["latents"], training=training)]
        attention = []
        for stage in self.refinements:
            refined, weights = stage(
                features[-1], inputs["words"], inputs["padding"], training=training
            )
            features.append(refined)
            attention.append(weights)
        shown = features[-1:] if self.single_image else features
        return {
            "images": [head(x) for head, x in zip(self.heads, shown, strict=True)],
            "attention": attention,
            "mu": mu,
            "log_var": log_var,
        }

    def get_config(self):
        return {
            **super().get_config(),
            "stage_sizes": self.stage_sizes,
            "filters": self.filters,
            "residual_blocks": self.residual_blocks,
            "condition_dim": self.condition_dim,
            "mask_tiling": self.mask_tiling,
            "single_image": self.single_image,
        }
