"""StackGAN++.

Papers: StackGAN++, arXiv 1710.10916; with mode seeking, MSGAN, arXiv 1903.05628. Checked against
    hanzhanggit/StackGAN-v2 code/trainer.py and HelenMao/MSGAN StackGAN++-Mode-Seeking/trainer.py.
Known deviations: discriminators return logits (`adversarial_form`); the EMA includes the batch
    statistics (`ema_statistics`). Not reproduced: at each snapshot the official code overwrites the
    generator in training with its EMA, and generates images in training mode, which updates the
    batch statistics. With more than three stages every neighboring pair enters the color term, not
    only the last two.
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses import adversarial
from zoo.losses.color_consistency import color_consistency_loss
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.base.batch_fields import captioned_images
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.models.damsm.damsm import resolve_damsm
from zoo.models.stackgan_v2.generator import StackGANV2Generator
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.stage_discriminator import StageDiscriminator


@keras.saving.register_keras_serializable("zoo")
class StackGANV2(ConditionalGAN):
    """Text to image in stages of doubling size, or images without text.

    The discriminators see the mean of the conditioning Gaussian. Batches also hold
    `mismatched_images`, real images of other captions, a tuple like `images`; without text they are
    not needed.

    Args:
        vocabulary: sequence of str, or None if no captions are read.
        max_words: int. Maximum number of words read from a caption.
        text_encoder: dict, see `zoo.conditions.text_condition`: a recurrent encoder of captions by
            default, `{"kind": "embeddings", "features": 1024}` (as in the paper, char-CNN-RNN) or
            `{"kind": "none"}`.
        stage_sizes: ints. (64, 128, 256) in the paper; (16, 32, 64) suits small images.
        generator_filters: int. Ng, channels of the first image's features; halved from stage to
            stage. 64.
        discriminator_filters: int. Nd, 64.
        residual_blocks: int. 2.
        latent_dim: int. 100.
        condition_dim: int. 128, at least 1. Without text it becomes 0.
        unconditional_weight: float. Weight of the unconditional heads: 1 for CUB. With 0, the
            official code's default, there are none and the discriminators' terms are weighted as in
            `wrong_image_discriminator_loss`. Without text only these heads exist, with weight 1.
        kl_weight: float. Weight of the conditioning Gaussian's KL term: 2.
        color_weight: float. Weight of the color consistency of neighboring stages: 0 with text, 50
            without.
        adversarial_form: "logits" or "probabilities", the official one: binary cross-entropy of
            sigmoids, clipped at 100, whose gradient vanishes where a sigmoid saturates.
        mode_seeking_weight: float. 1 in MSGAN.
        ema_decay, ema_statistics, ema_warmup, seed: see `ConditionalGAN`.

    Example:

    ```python
    model = StackGANV2(text_encoder={"kind": "embeddings", "features": 1024})
    images = model.generate(embeddings, images_per_caption=4, seed=7)  # uint8 (..., 256, 256, 3)
    ```

    Reference:
        - [Zhang et al., 2018](https://arxiv.org/abs/1710.10916)
        - [Mao et al., 2019](https://arxiv.org/abs/1903.05628)
    """

    task = "text-to-image"
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
        mode_seeking_weight=0.0,
        ema_decay=0.999,
        ema_statistics="average",
        ema_warmup=False,
        seed=0,
        **kwargs,
    ):
        super().__init__(
            latent_dim=latent_dim,
            mode_seeking_weight=mode_seeking_weight,
            ema_decay=ema_decay,
            ema_statistics=ema_statistics,
            ema_warmup=ema_warmup,
            seed=seed,
            **kwargs,
        )
        self.condition = self.read_text(vocabulary, max_words, text_encoder)
        self.stage_sizes = list(stage_sizes)
        self.generator_filters = generator_filters
        self.discriminator_filters = discriminator_filters
        self.residual_blocks = residual_blocks
        self.conditional = self.condition.features > 0
        if self.conditional and not condition_dim:
            raise ZooError(
                "StackGANV2 reads a text through its conditioning Gaussian: `condition_dim` must "
                'be at least 1, got 0. Without text, give text_encoder={"kind": "none"}.'
            )
        self.condition_dim = condition_dim if self.conditional else 0
        self.unconditional_weight = unconditional_weight
        self.kl_weight = kl_weight
        self.color_weight = color_weight
        self.adversarial_form = adversarial_form
        self.cross_entropy = adversarial.cross_entropy(adversarial_form)
        self.build_generators()

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        return StackGANV2Generator(
            stage_sizes=self.stage_sizes,
            filters=self.generator_filters,
            residual_blocks=self.residual_blocks,
            condition_dim=self.condition_dim,
            name=name,
        )

    def make_discriminator(self, size, name):
        return StageDiscriminator(
            size,
            self.discriminator_filters,
            unconditional=bool(self.unconditional_weight) or not self.conditional,
            conditional=self.conditional,
            name=name,
        )

    @property
    def image_size(self):
        """Height and width in pixels of the images that `generate` returns."""
        return self.stage_sizes[-1]

    @property
    def image_sizes(self):
        """Heights and widths in pixels of the training images, with one discriminator each."""
        return self.stage_sizes

    @property
    def discriminator_names(self):
        return [f"discriminator_{size}" for size in self.stage_sizes]

    def build_training_networks(self):
        """Creates the discriminators."""
        for size in self.stage_sizes:
            name = f"discriminator_{size}"
            if not hasattr(self, name):
                inputs = symbolic_input(2, size, size, 3), symbolic_input(2, self.condition_dim)
                setattr(self, name, build_on(self.make_discriminator(size, name), *inputs))

    def load_damsm(self, damsm):
        """Copies the text encoder of a trained `DAMSM`, given as an object or a preset's handle.

        Raises:
            ZooError: this model reads no captions, or the vocabularies or sizes differ.
        """
        if self.condition.encoder is None:
            raise ZooError(
                "This model reads no captions, so it has no text encoder to copy a DAMSM's into. "
                "Build it with vocabulary=damsm.vocabulary.tokens and "
                "text_encoder=damsm.text_encoder_config."
            )
        damsm = resolve_damsm(damsm, self.vocabulary, self.hub_encoder)
        damsm.copy_weights_to("text_encoder", self.text_encoder)

    # --- one iteration ----------------------------------------------------------------------------

    @property
    def batch_fields(self):
        fields = captioned_images(self)
        return {**fields, "mismatched_images": fields["images"]}

    def training_step(self, batch):
        """One iteration in the official order: G once, each D, then G with the updated Ds.

        Args:
            batch: dict of `images`, and with a condition `mismatched_images`, tuples of float
                (batch, size, size, 3) in [-1, 1] per stage; `labels` (batch,); the fields of
                `condition`.
        """
        if self.conditional and "mismatched_images" not in batch:
            raise ZooError(
                "StackGAN++ also learns from mismatched pairs: expected `mismatched_images` in the "
                "batch. Make batches with text_to_image_dataset(..., mismatched=True)."
            )
        text = self.condition.encode(batch)

        # (1) Generate one image per caption, or two with mode seeking.
        inputs = self.training_inputs(text, tf.shape(batch["labels"])[0])
        with tf.GradientTape() as tape:
            outputs = self.generator(inputs, training=True)

        # (2) Update each discriminator on real, mismatched and generated images.
        fixed = tf.nest.map_structure(tf.stop_gradient, outputs)
        terms = []
        for stage, discriminator in enumerate(self.discriminators):
            with tf.GradientTape() as discriminator_tape:
                terms.append(self.discriminator_loss(stage, batch, fixed))
            name, variables = discriminator.name, discriminator.trainable_variables
            self.apply_gradients(f"{name}_optimizer", discriminator_tape, terms[-1], variables)

        # (3) Update the generator.
        with tape:
            losses = self.generator_losses(outputs, inputs["latents"])
        variables = self.generator.trainable_variables
        self.apply_gradients("generator_optimizer", tape, losses["generator_loss"], variables)
        self.ema.update()
        return {"discriminator_loss": tf.add_n(terms), **losses}

    # --- losses -----------------------------------------------------------------------------------

    def discriminator_loss(self, stage, batch, outputs):
        """Loss on real, mismatched (real images of other captions) and generated pairs.

        Each kind is a separate pass with its own batch statistics.
        """
        conditions = self._conditions(outputs)
        last = stage - len(self.stage_sizes)  # a batch may have smaller images too
        batches = [batch["images"][last]]
        if self.conditional:
            batches.append(batch["mismatched_images"][last])
        fakes = self.split_samples(outputs["images"][stage])
        sentences = [conditions[0]] * len(batches) + conditions
        logits = self.discriminate_each(stage, [*batches, *fakes], sentences)
        real, fakes = logits[0], logits[len(batches) :]
        if not self.conditional:
            return adversarial.unconditional_discriminator_loss(real, fakes, self.cross_entropy)
        return adversarial.wrong_image_discriminator_loss(
            real, logits[1], fakes, self.unconditional_weight, self.cross_entropy
        )

    def generator_losses(self, outputs, latents):
        """dict of the generator's weighted terms; `generator_loss` is their sum.

        With mode seeking the terms are sums over both samples, except for the color term, which is
        their mean (MSGAN).
        """
        images, conditions = outputs["images"], self._conditions(outputs)
        weight = self.unconditional_weight if self.conditional else 1.0
        adversarial_loss = tf.add_n([
            adversarial.generator_loss(fake, weight, self.cross_entropy)
            for stage in range(len(images))
            for fake in self.discriminate_samples(stage, images[stage], conditions)
        ])
        kl = color = tf.zeros([], images[-1].dtype)
        if self.conditional:
            mean = kl_to_standard_normal(outputs["mu"], outputs["log_var"])  # of all samples
            kl = self.kl_weight * self.latents_per_condition * mean
        if self.color_weight:
            color = self.color_weight * color_consistency_loss(images)
        seeking = self.mode_seeking_term(images[-1], latents)
        return {
            "generator_loss": adversarial_loss + kl + color + seeking["mode_seeking"],
            "adversarial_loss": adversarial_loss,
            "kl_loss": kl,
            "color_loss": color,
            **seeking,
        }

    def _conditions(self, outputs):
        """The discriminators' condition of each sample."""
        if not self.conditional:
            return [None] * self.latents_per_condition
        return self.split_samples(outputs["mu"])

    def discriminate_each(self, stage, batches, conditions):
        """list of logits, one dict (by head) per batch of images."""
        discriminator = self.discriminators[stage]
        features = discriminator.features_of_each(batches, training=True)
        return discriminator.logits_of_each(features, conditions, training=True)

    def discriminate_samples(self, stage, images, conditions):
        """list of logits, one dict per sample."""
        return self.discriminate_each(stage, self.split_samples(images), conditions)
