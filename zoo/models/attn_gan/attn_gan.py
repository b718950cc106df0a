"""AttnGAN.

Paper: AttnGAN, arXiv 1711.10485. Checked against taoxugit/AttnGAN code/trainer.py; the training
    step is
`StagedTextToImage`'s. Known deviations: padding masks are each sample's own (`mask_tiling`), the
moving average follows the batch statistics too (`ema_statistics`), discriminators give logits.
"""

import keras

from zoo.models.attn_gan.generator import AttnGANGenerator
from zoo.models.staged_text_to_image import StagedTextToImage


@keras.saving.register_keras_serializable("zoo")
class AttnGAN(StagedTextToImage):
    """Text to image with attention to words, trained beside a frozen DAMSM.

    Args:
        vocabulary, max_words, text_encoder, condition_dim: see `TextToImage`.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small pictures.
        generator_filters: int. Ng: 32 CUB, 48 COCO.
        discriminator_filters: int. Nd: 64 CUB, 96 COCO.
        residual_blocks: int. 2 CUB, 3 COCO.
        latent_dim: int. 100.
        image_encoder: dict. Arguments of `make_image_encoder`, the DAMSM's own.
        damsm_weight: float. lambda of equation 3: 5 CUB, 50 COCO, 1 for the single-image variant.
        single_image: bool. The official DCGAN variant: one head, one discriminator, no
            unconditional term.
        mask_tiling: see `WordAttention`.
        **kwargs: see `ConditionalGAN` (`mode_seeking_weight`, `ema_decay`, `seed`, ...).

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
        max_words=18,
        stage_sizes=(64, 128, 256),
        generator_filters=32,
        discriminator_filters=64,
        residual_blocks=2,
        latent_dim=100,
        mask_tiling="per_sample",
        **kwargs,
    ):
        super().__init__(
            vocabulary=vocabulary,
            max_words=max_words,
            stage_sizes=stage_sizes,
            discriminator_filters=discriminator_filters,
            latent_dim=latent_dim,
            **kwargs,
        )
        self.generator_filters = generator_filters
        self.residual_blocks = residual_blocks
        self.mask_tiling = mask_tiling
        self.build_generators()

    def get_config(self):
        return {
            **self.base_config(),
            "generator_filters": self.generator_filters,
            "residual_blocks": self.residual_blocks,
            "mask_tiling": self.mask_tiling,
        }

    def make_generator(self, name):
        return AttnGANGenerator(
            self.stage_sizes,
            self.generator_filters,
            self.residual_blocks,
            self.condition_dim,
            self.mask_tiling,
            self.single_image,
            name=name,
        )
