"""DM-GAN, and with mode seeking DM-GAN + MS.

Papers: DM-GAN, arXiv 1904.01310; DM-GAN with mode seeking, arXiv 2008.08976. Checked against
    MinfengZhu/DM-GAN code/trainer.py; the training step and its losses are those of
    `StagedTextToImage` and `DamsmGuided`. No code of the second paper exists: its iteration is
    DM-GAN's with MSGAN's conventions (arXiv 1903.05628, its StackGAN++ task).
Known deviations: padding masks are each sample's own (`mask_tiling`), the moving average follows
    the batch statistics too (`ema_statistics`), discriminators give logits, the gradient of each
    spectrally normalised call uses that call's vectors (see `SpectralConv2D`).
"""

import keras

from zoo.models.damsm_guided import DamsmGuided
from zoo.models.dm_gan.generator import DMGANGenerator
from zoo.networks.stage_discriminator import StageDiscriminator


@keras.saving.register_keras_serializable("zoo")
class DMGAN(DamsmGuided):
    """Text to image refined through a dynamic memory of the words, beside a frozen DAMSM.

    With `mode_seeking_weight` > 0 it is DM-GAN + mode seeking: each caption is drawn twice.

    Args:
        vocabulary, max_words, text_encoder, condition_dim: see `TextToImage`.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small pictures.
        generator_filters: int. Ng: 64.
        discriminator_filters: int. Nd: 32.
        residual_blocks: int. 2 CUB, 3 COCO.
        latent_dim: int. 100.
        **kwargs: see `DamsmGuided` (`mask_tiling`, `image_encoder`, `sample_reduction`;
            `damsm_weight`, lambda of equation 10: 5 CUB, 50 COCO) and `ConditionalGAN`
            (`mode_seeking_weight`, 1 by default in the papers; `ema_decay`, `seed`, ...).

    References:
        - [Zhu et al., 2019](https://arxiv.org/abs/1904.01310)
        - [Bhise, Zhang, Bui, 2020](https://arxiv.org/abs/2008.08976)
    """

    def __init__(
        self,
        vocabulary,
        generator_filters=64,
        discriminator_filters=32,
        **kwargs,
    ):
        super().__init__(
            vocabulary=vocabulary,
            generator_filters=generator_filters,
            discriminator_filters=discriminator_filters,
            **kwargs,
        )
        self.build_generators()

    def get_config(self):
        return self.base_config()

    def make_generator(self, name):
        return DMGANGenerator(**self.generator_settings(), name=name)

    def make_discriminator(self, size, name):
        return StageDiscriminator(
            size, self.discriminator_filters, normalization="spectral", name=name
        )
