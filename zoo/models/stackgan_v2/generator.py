"""The generator of StackGAN++.

Paper: StackGAN++, arXiv 1710.10916, section 4. Checked against hanzhanggit/StackGAN-v2
    code/model.py and its copy in HelenMao/MSGAN (`G_NET`, `NEXT_STAGE_G`).
Known deviation: every refinement stage has `residual_blocks`; the official fourth stage has one.
"""

import keras
from keras import ops

from zoo.errors import ZooError
from zoo.layers.concat import tile_vector
from zoo.layers.stackgan_blocks import ConvGLU
from zoo.networks.staged_generator import RefinementStage, StagedGenerator


@keras.saving.register_keras_serializable("zoo")
class ConcatStage(RefinementStage):
    """Features, concatenated with the condition at every pixel -> features of the next image.

    Shapes: features (batch, s, s, c), condition (batch, any) -> (batch, 2s, 2s, filters).
    """

    def build(self, features_shape):
        self.joint = ConvGLU(features_shape[-1], name="joint", dtype=self.dtype_policy)

    def call(self, features, condition, training=False):
        tiled = tile_vector(condition, features)
        x = self.joint(ops.concatenate([tiled, features], axis=-1), training=training)
        return self.double(x, training=training)


@keras.saving.register_keras_serializable("zoo")
class StackGANV2Generator(StagedGenerator):
    """Sentence and latent -> one image per stage; each stage has half as many channels as the last.

    With `condition_dim=0` there is no text: the latent replaces the condition in every stage,
    `sentence` and `noise` are not read, and `mu` and `log_var` are not returned.

    Args, inputs and outputs: see `StagedGenerator`.

    Raises:
        ZooError: `filters` is too small to be halved (rounding down) per stage after the first.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        stages = len(self.stage_sizes)
        if self.filters < 2 ** (stages - 1):
            raise ZooError(
                f"`filters` must be at least {2 ** (stages - 1)} for {stages} stages, "
                f"got {self.filters}."
            )
        self.make_refinements()

    def make_augmentation(self):
        if self.condition_dim:
            super().make_augmentation()

    def condition(self, inputs):
        if self.condition_dim:
            return super().condition(inputs)
        return inputs["latents"], inputs["latents"], {}

    def make_refinement(self, index, **kwargs):
        return ConcatStage(self.filters // 2 ** (index + 1), self.residual_blocks, **kwargs)

    def refine(self, stage, features, condition, inputs, training):
        return stage(features, condition, training=training), {}
