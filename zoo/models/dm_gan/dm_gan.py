"""DM-GAN, and with mode seeking DM-GAN + MS.

Papers: DM-GAN, arXiv 1904.01310; DM-GAN with mode seeking, arXiv 2008.08976. Checked against
    MinfengZhu/DM-GAN code/trainer.py, whose training step and losses are AttnGAN's, and are
    therefore inherited here. The second paper has no public code: its iteration is DM-GAN's with
    MSGAN's conventions (arXiv 1903.05628, its StackGAN++ task).
Known deviations: those of `AttnGAN`; the gradient of each spectrally normalized call uses that
    call's vectors (see `SpectralConv2D`).
"""

import keras

from zoo.models.attn_gan.attn_gan import AttnGAN
from zoo.models.dm_gan.generator import DMGANGenerator
from zoo.networks.stage_discriminator import StageDiscriminator

GATES = ("writing_gate", "response_gate")


@keras.saving.register_keras_serializable("zoo")
class DMGAN(AttnGAN):
    """Text to image, refined by a dynamic memory of the words, guided by a frozen DAMSM.

    With `mode_seeking_weight` > 0 it is DM-GAN + mode seeking, with two images per caption.

    Args:
        vocabulary, max_words, text_encoder, image_encoder: see `AttnGAN`.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small images.
        generator_filters: int. Ng: 64.
        discriminator_filters: int. Nd: 32.
        residual_blocks: int. 2 CUB, 3 COCO.
        latent_dim, condition_dim: ints. 100 both.
        damsm_weight: float. lambda of equation 10: 5 CUB, 50 COCO.
        mask_tiling, sample_reduction: see `AttnGAN`.
        writing_gate, response_gate: bools. False takes a gate of the memory away, for ablations;
            see `DynamicMemory`.
        mode_seeking_weight: float. 0 for DM-GAN; lambda of DM-GAN + MS, whose default is 1.
        ema_decay, ema_statistics, ema_warmup, seed: see `ConditionalGAN`.

    References:
        - [Zhu et al., 2019](https://arxiv.org/abs/1904.01310)
        - [Bhise, Zhang, Bui, 2020](https://arxiv.org/abs/2008.08976)
    """

    def __init__(
        self,
        vocabulary,
        max_words=18,
        text_encoder=None,
        image_encoder=None,
        stage_sizes=(64, 128, 256),
        generator_filters=64,
        discriminator_filters=32,
        residual_blocks=2,
        latent_dim=100,
        condition_dim=100,
        damsm_weight=5.0,
        mask_tiling="per_sample",
        sample_reduction="sum",
        mode_seeking_weight=0.0,
        ema_decay=0.999,
        ema_statistics="average",
        ema_warmup=False,
        seed=0,
        writing_gate=True,
        response_gate=True,
        **kwargs,
    ):
        self.writing_gate = writing_gate
        self.response_gate = response_gate
        super().__init__(
            vocabulary,
            max_words,
            text_encoder,
            image_encoder,
            stage_sizes,
            generator_filters=generator_filters,
            discriminator_filters=discriminator_filters,
            residual_blocks=residual_blocks,
            latent_dim=latent_dim,
            condition_dim=condition_dim,
            damsm_weight=damsm_weight,
            mask_tiling=mask_tiling,
            sample_reduction=sample_reduction,
            mode_seeking_weight=mode_seeking_weight,
            ema_decay=ema_decay,
            ema_statistics=ema_statistics,
            ema_warmup=ema_warmup,
            seed=seed,
            **kwargs,
        )

    def get_config(self):
        """See `System`; without the gates that are there, as in presets older than the switches."""
        config = super().get_config()
        return {k: v for k, v in config.items() if not (k in GATES and v)}

    def make_generator(self, name):
        gates = {gate: getattr(self, gate) for gate in GATES}
        return DMGANGenerator(**self.generator_settings(), **gates, name=name)

    def make_discriminator(self, size, name):
        return StageDiscriminator(
            size, self.discriminator_filters, normalization="spectral", name=name
        )
