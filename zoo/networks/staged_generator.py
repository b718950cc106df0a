"""Generators in stages of doubling image size, with one image per stage.

Paper: StackGAN++, arXiv 1710.10916, section 3; AttnGAN, arXiv 1711.10485, and DM-GAN, arXiv
    1904.01310, are based on it. Checked against taoxugit/AttnGAN code/model.py and
    hanzhanggit/StackGAN-v2 model.py (`INIT_STAGE_G`, `GET_IMAGE_G`, `G_NET`).
"""

import keras
from keras import ops

from zoo.errors import ZooError
from zoo.layers import initializers
from zoo.layers.conditioning_augmentation import ConditioningAugmentation
from zoo.layers.stackgan_blocks import ConvGLU, ResidualBlock, batch_norm, conv3x3, glu
from zoo.precision import at_least_float32_dtype


@keras.saving.register_keras_serializable("zoo")
class InitialStage(keras.layers.Layer):
    """A code -> the features of the first image: linear, then up-blocks from 4x4.

    Shapes: code (batch, any) -> (batch, size, size, filters).
    """

    def __init__(self, size, filters, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        self.filters = filters
        policy = self.dtype_policy
        num_upsamples = size.bit_length() - 3  # 4 * 2**num_upsamples == size
        self.width = filters * 2**num_upsamples
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
            for i in range(num_upsamples)
        ]

    def call(self, code, training=False):
        x = glu(self.norm(self.linear(code), training=training))
        x = ops.reshape(x, (-1, self.width, 4, 4))  # the official order: channels first
        x = ops.transpose(x, (0, 2, 3, 1))  # (batch, 4, 4, width)
        for block in self.up_blocks:
            x = block(x, training=training)
        return x

    def get_config(self):
        return {**super().get_config(), "size": self.size, "filters": self.filters}


class RefinementStage(keras.layers.Layer):
    """Base class of refinement stages, which end with residual blocks and an up-block.

    Shapes: (batch, s, s, any) -> (batch, 2s, 2s, filters).
    """

    def __init__(self, filters, residual_blocks, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.residual_blocks = residual_blocks
        policy = self.dtype_policy
        self.residuals = [
            ResidualBlock(name=f"residual_{i + 1}", dtype=policy) for i in range(residual_blocks)
        ]
        self.up = ConvGLU(filters, upsample=True, name="up", dtype=policy)

    def double(self, x, training=False):
        for block in self.residuals:
            x = block(x, training=training)
        return self.up(x, training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "residual_blocks": self.residual_blocks,
        }


class WordStage(RefinementStage):
    """A refinement stage that reads the words; `mask_tiling`: see `attend_words`."""

    def __init__(self, filters, residual_blocks, mask_tiling="per_sample", **kwargs):
        super().__init__(filters, residual_blocks, **kwargs)
        self.mask_tiling = mask_tiling

    def get_config(self):
        return {**super().get_config(), "mask_tiling": self.mask_tiling}


class StagedGenerator(keras.layers.Layer):
    """Text and latent -> one image per stage.

    A subclass creates its refinement stages (`make_refinement`) and runs one (`refine`).

    Args:
        stage_sizes: ints, each twice the previous one ((64, 128, 256) in the papers).
        filters: int. Ng, channels of the first image's features.
        residual_blocks: int. Residual blocks of a refinement stage.
        condition_dim: int. Size of the conditioning Gaussian.
        single_image: bool. Only the last image has a head (AttnGAN's official `G_DCGAN`).

    Inputs, a dict: `sentence` (batch, features), `latents` (batch, any), `noise` (batch,
        condition_dim), and for systems that read words `words` (batch, words, features), `mask`
        bool (batch, words), True at words.

    Returns a dict: `images`, list of (batch, size, size, 3) in [-1, 1], at least float32; `mu`,
        `log_var` (batch, condition_dim); and the refinement stages' further outputs, one list per
        name, such as `attention`, (batch, h, w, words).
    """

    def __init__(
        self,
        stage_sizes,
        filters,
        residual_blocks,
        condition_dim,
        single_image=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.stage_sizes = check_stage_sizes(stage_sizes)
        self.filters = filters
        self.residual_blocks = residual_blocks
        self.condition_dim = condition_dim
        self.single_image = single_image
        self.make_augmentation()
        first, policy = self.stage_sizes[0], self.dtype_policy
        self.initial = InitialStage(first, filters, name="initial", dtype=policy)
        output_dtype = at_least_float32_dtype(self)
        self.heads = [
            conv3x3(3, name=f"image_{size}", activation="tanh", dtype=output_dtype)
            for size in (self.stage_sizes[-1:] if single_image else self.stage_sizes)
        ]

    def make_refinements(self):
        """Creates all refinement stages; called at the end of a subclass's `__init__`."""
        self.refinements = [
            self.make_refinement(i, name=f"refinement_{i + 1}", dtype=self.dtype_policy)
            for i in range(len(self.stage_sizes) - 1)
        ]

    def make_refinement(self, index, **kwargs):
        """The refinement stage that leads to image `index + 1`, a layer."""
        raise NotImplementedError

    def refine(self, stage, features, condition, inputs, training):
        """(features of twice the size, dict of the stage's further outputs)."""
        raise NotImplementedError

    def make_augmentation(self):
        self.augmentation = ConditioningAugmentation(
            self.condition_dim, name="augmentation", dtype=self.dtype_policy
        )

    def condition(self, inputs):
        """(condition of every stage, code of the first stage, dict of `mu` and `log_var`)."""
        condition, mu, log_var = self.augmentation(inputs["sentence"], inputs["noise"])
        code = ops.concatenate([condition, inputs["latents"]], axis=-1)
        return condition, code, {"mu": mu, "log_var": log_var}

    def call(self, inputs, training=False):
        condition, code, gaussian = self.condition(inputs)
        features = [self.initial(code, training=training)]
        extras = {}
        for stage in self.refinements:
            refined, details = self.refine(stage, features[-1], condition, inputs, training)
            features.append(refined)
            for name, value in details.items():
                extras.setdefault(name, []).append(value)
        if self.single_image:
            features = features[-1:]
        images = [head(x) for head, x in zip(self.heads, features, strict=True)]
        return {"images": images, **gaussian, **extras}

    def get_config(self):
        return {
            **super().get_config(),
            "stage_sizes": self.stage_sizes,
            "filters": self.filters,
            "residual_blocks": self.residual_blocks,
            "condition_dim": self.condition_dim,
            "single_image": self.single_image,
        }


class WordStagedGenerator(StagedGenerator):
    """A `StagedGenerator` whose refinement stages, `stage_class`, are `WordStage`s.

    Args:
        mask_tiling: see `attend_words`.
        *args, **kwargs: see `StagedGenerator`, also for inputs and outputs.
    """

    stage_class = None

    def __init__(self, *args, mask_tiling="per_sample", **kwargs):
        super().__init__(*args, **kwargs)
        self.mask_tiling = mask_tiling
        self.make_refinements()

    def make_refinement(self, index, **kwargs):
        return self.stage_class(self.filters, self.residual_blocks, self.mask_tiling, **kwargs)

    def get_config(self):
        return {**super().get_config(), "mask_tiling": self.mask_tiling}


def check_stage_sizes(stage_sizes):
    """`stage_sizes` as a list; raises `ZooError` if they are not powers of two that double."""
    sizes = list(stage_sizes)
    first = sizes[0] if sizes else 0
    doubled = all(b == 2 * a for a, b in zip(sizes, sizes[1:], strict=False))
    if first < 8 or first & (first - 1) or not doubled:
        raise ZooError(
            "`stage_sizes` must be powers of two of at least 8, each twice the previous one, "
            f"got {stage_sizes}."
        )
    return sizes
