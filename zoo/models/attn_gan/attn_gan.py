"""AttnGAN.

Paper: AttnGAN, arXiv 1711.10485. Checked against taoxugit/AttnGAN code/trainer.py; the training
    step and its losses are those of `StagedTextToImage` and `DamsmGuided`.
Known deviations: padding masks are each sample's own (`mask_tiling`), the moving average follows
    the batch statistics too (`ema_statistics`), discriminators give logits.
"""

import keras

from zoo.models.attn_gan.generator import AttnGANGenerator
from zoo.models.damsm_guided import DamsmGuided
from zoo.networks.stage_discriminator import StageDiscriminator


@keras.saving.register_keras_serializable("zoo")
class AttnGAN(DamsmGuided):
    """Text to image with attention to words, trained beside a frozen DAMSM.

    Args:
        vocabulary, max_words, text_encoder, condition_dim: see `TextToImage`.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small pictures.
        generator_filters: int. Ng: 32 CUB, 48 COCO.
        discriminator_filters: int. Nd: 64 CUB, 96 COCO.
        residual_blocks: int. 2 CUB, 3 COCO.
        latent_dim: int. 100.
        single_image: bool. The official DCGAN variant: only the last picture, one discriminator, no
            unconditional term, with a `damsm_weight` of 1.
        **kwargs: see `DamsmGuided` (`mask_tiling`; `image_encoder`; `damsm_weight`, lambda of
            equation 3: 5 CUB, 50 COCO) and `ConditionalGAN` (`mode_seeking_weight`, `ema_decay`,
            `seed`, ...).

    Example:

    ```python
    model = zoo.from_preset("attn_gan_emoji_64")
    images = model.generate(["a red heart"], images_per_caption=4, seed=7)  # uint8 (4, 64, 64, 3)
    ```

    Reference:
        - [Xu et al., 2018](https://arxiv.org/abs/1711.10485)
    """

    def __init__(
        self,
        vocabulary,
        generator_filters=32,
        discriminator_filters=64,
        single_image=False,
        **kwargs,
    ):
        super().__init__(
            vocabulary=vocabulary,
            generator_filters=generator_filters,
            discriminator_filters=discriminator_filters,
            **kwargs,
        )
        self.single_image = single_image
        self.build_generators()

    def get_config(self):
        return {**self.base_config(), "single_image": self.single_image}

    @property
    def image_sizes(self):
        return self.stage_sizes[-1:] if self.single_image else self.stage_sizes

    def make_generator(self, name):
        return AttnGANGenerator(
            **self.generator_settings(), single_image=self.single_image, name=name
        )

    def make_discriminator(self, size, name):
        unconditional = not self.single_image
        return StageDiscriminator(size, self.discriminator_filters, unconditional, name=name)
