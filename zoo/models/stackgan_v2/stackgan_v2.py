"""StackGAN++.

Papers: StackGAN++, arXiv 1710.10916; mode seeking of it, MSGAN, arXiv 1903.05628. Checked against
    hanzhanggit/StackGAN-v2 code/trainer.py and HelenMao/MSGAN StackGAN++-Mode-Seeking/trainer.py.
Known deviations: discriminators give logits (`adversarial_form`); the moving average follows the
    batch statistics too (`ema_statistics`). Not reproduced: at each snapshot the official code
    overwrites the generator in training by its moving average, and draws pictures in training mode,
    which moves the batch statistics. With more than three stages every neighbouring pair enters the
    colour term, not the last two alone.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses import adversarial
from zoo.losses.color_consistency import color_consistency_loss
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.damsm.damsm import open_damsm
from zoo.models.stackgan_v2.generator import StackGANV2Generator
from zoo.models.staged_text_to_image import StagedTextToImage
from zoo.networks.stage_discriminator import StageDiscriminator


@keras.saving.register_keras_serializable("zoo")
class StackGANV2(StagedTextToImage):
    """Text to image in stages of doubling size, or pictures without text.

    The discriminators see the mean of the conditioning Gaussian. Batches also carry `wrong_images`,
    real pictures of other captions, a tuple like `images`; without text they need not.

    Args:
        vocabulary: sequence of str, or None where no captions are read.
        max_words: int. Words of a caption that are read.
        text_encoder: dict, see `TextToImage`: a recurrent encoder of captions by default, `{"kind":
            "embeddings", "features": 1024}` (the paper's, of a char-CNN-RNN) or `{"kind": "none"}`.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small pictures.
        generator_filters: int. Ng, channels of the first picture's features; halved from stage to
            stage. 64.
        discriminator_filters: int. Nd, 64.
        residual_blocks: int. 2.
        latent_dim: int. 100.
        condition_dim: int. 128. Without text it becomes 0.
        unconditional_weight: float. Weight of the unconditional heads: 1 for CUB. With 0, the
            official code's default, there are none and the discriminators' terms are weighted as in
            `wrong_image_discriminator_loss`. Without text only these heads exist, with weight 1.
        kl_weight: float. Weight of the conditioning Gaussian's KL term: 2.
        color_weight: float. Weight of the colour consistency of neighbouring stages: 0 with text,
            50 without.
        adversarial_form: "logits" or "probabilities", the official one: binary cross-entropy of
            sigmoids, cut at 100, whose gradient vanishes where a sigmoid saturates.
        **kwargs: see `ConditionalGAN` (`mode_seeking_weight`: 1 in MSGAN; `ema_decay`, ...).

    Example:

    ```python
    model = StackGANV2(text_encoder={"kind": "embeddings", "features": 1024})
    images = model.generate(embeddings, images_per_caption=4, seed=7)  # uint8 (..., 256, 256, 3)
    ```

    Reference:
        - [Zhang et al., 2018](https://arxiv.org/abs/1710.10916)
        - [Mao et al., 2019](https://arxiv.org/abs/1903.05628)
    """

    loss_names = (
        "discriminator_loss",
        "generator_loss",
        "adversarial_loss",
        "kl_loss",
        "color_loss",
        "mode_seeking",
        "image_distance",
        "latent_distance",
    )

    def __init__(
        self,
        vocabulary=None,
        max_words=18,
        text_encoder=None,
        stage_sizes=(64, 128, 256),
        generator_filters=64,
        discriminator_filters=64,
        residual_blocks=2,
        latent_dim=100,
        condition_dim=128,
        unconditional_weight=1.0,
        kl_weight=2.0,
        color_weight=0.0,
        adversarial_form="logits",
        **kwargs,
    ):
        super().__init__(
            vocabulary=vocabulary,
            max_words=max_words,
            text_encoder=text_encoder,
            stage_sizes=stage_sizes,
            generator_filters=generator_filters,
            discriminator_filters=discriminator_filters,
            residual_blocks=residual_blocks,
            latent_dim=latent_dim,
            condition_dim=condition_dim,
            **kwargs,
        )
        self.conditional = self.text_input.features > 0
        if not self.conditional:
            self.condition_dim = 0
        self.unconditional_weight = unconditional_weight
        self.kl_weight = kl_weight
        self.color_weight = color_weight
        self.adversarial_form = adversarial_form
        self.cross_entropy = adversarial.cross_entropy(adversarial_form)
        self.build_generators()

    def get_config(self):
        return {
            **self.base_config(),
            "unconditional_weight": self.unconditional_weight,
            "kl_weight": self.kl_weight,
            "color_weight": self.color_weight,
            "adversarial_form": self.adversarial_form,
        }

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        return StackGANV2Generator(**self.generator_settings(), name=name)

    def make_discriminator(self, size, name):
        return StageDiscriminator(
            size,
            self.discriminator_filters,
            unconditional=bool(self.unconditional_weight) or not self.conditional,
            conditional=self.conditional,
            name=name,
        )

    @property
    def discriminator_condition_dim(self):
        """Size of the condition that the discriminators see: the Gaussian's mean."""
        return self.condition_dim

    def load_damsm(self, damsm):
        """Takes over the text encoder of a trained `DAMSM`, given as one or as a preset's handle.

        Raises:
            ZooError: this model reads no captions, or the encoder has other words or sizes.
        """
        if self.text_input.encoder is None:
            raise ZooError(
                "This model reads no captions, so it has no text encoder that a DAMSM could give. "
                "Build it with vocabulary=damsm.vocabulary.tokens and "
                "text_encoder=damsm.text_encoder_config."
            )
        open_damsm(damsm, self.vocabulary, self.hub_encoder).give("text_encoder", self.text_encoder)

    # --- losses -----------------------------------------------------------------------------------

    def prepare(self, batch):
        if self.conditional and "wrong_images" not in batch:
            raise ZooError(
                "StackGAN++ learns from mismatched pairs too, but the batch has no `wrong_images`. "
                "Make batches with text_to_image_dataset(..., mismatched=True)."
            )
        return batch

    def discriminator_loss(self, stage, batch, text, outputs):
        """Real, wrong (other real pictures with this caption) and generated pairs.

        Each kind goes through the discriminator by itself, with batch statistics of its own.
        """
        conditions = self._conditions(outputs)
        real = self._judge(stage, batch["images"][stage], conditions[0])
        if self.conditional:
            wrong = self._judge(stage, batch["wrong_images"][stage], conditions[0])
        fakes = self._judge_samples(stage, outputs["images"][stage], conditions)
        if not self.conditional:
            return adversarial.unconditional_discriminator_loss(real, fakes, self.cross_entropy)
        return adversarial.wrong_image_discriminator_loss(
            real, wrong, fakes, self.unconditional_weight, self.cross_entropy
        )

    def generator_losses(self, batch, text, inputs, outputs):
        """Sums over both samples of mode seeking, but the colour term is their mean (MSGAN)."""
        images, conditions = outputs["images"], self._conditions(outputs)
        weight = self.unconditional_weight if self.conditional else 1.0
        adversarial_losses = [
            adversarial.generator_loss(fake, weight, self.cross_entropy)
            for stage in range(len(images))
            for fake in self._judge_samples(stage, images[stage], conditions)
        ]
        losses = {
            "adversarial_loss": tf.add_n(adversarial_losses),
            "kl_loss": tf.zeros([], images[-1].dtype),
            "color_loss": tf.zeros([], images[-1].dtype),
        }
        if self.conditional:
            kl = kl_to_standard_normal(outputs["mu"], outputs["log_var"])  # mean of the samples'
            losses["kl_loss"] = self.kl_weight * self.samples * kl
        if self.color_weight:
            losses["color_loss"] = self.color_weight * color_consistency_loss(images)
        seeking = self.mode_seeking_term(images[-1], inputs["latents"])
        total = tf.add_n([*losses.values(), seeking["mode_seeking"]])
        return {"generator_loss": total, **losses, **seeking}

    def _conditions(self, outputs):
        """What the discriminators see beside the pictures, for each sample."""
        return self.halves(outputs["mu"]) if self.conditional else [None] * self.samples

    def _judge(self, stage, images, condition):
        """The logits of a discriminator, a dict by head."""
        discriminator = self.discriminators[stage]
        return discriminator.logits(
            discriminator(images, training=True), condition, training=True
        )

    def _judge_samples(self, stage, images, conditions):
        pairs = zip(self.halves(images), conditions, strict=True)
        return [self._judge(stage, half, condition) for half, condition in pairs]
