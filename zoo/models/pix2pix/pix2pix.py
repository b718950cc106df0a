"""Pix2Pix with a latent, with mode seeking as a switch.

Papers: pix2pix, arXiv 1611.07004; mode seeking of it, MSGAN, arXiv 1903.05628. Checked against
    HelenMao/MSGAN Pix2Pix-Mode-Seeking/models/pix2pix_model.py (the defaults) and
    junyanz/BicycleGAN models/pix2pix_model.py (without a latent).
Known deviations: without mode seeking one sample is drawn; MSGAN's code has no switch and always
    draws two (`always_two_samples`).
"""

import keras
import tensorflow as tf

from zoo.errors import ZooError
from zoo.models.u_net_to_image import UNetToImage


@keras.saving.register_keras_serializable("zoo")
class Pix2Pix(UNetToImage):
    """Paired image-to-image translation with a random latent, judged as pairs.

    The picture that a latent gives is drawn to the target by an L1 term; with mode seeking a second
    latent of the same source gives a second picture, which has no L1 term.

    Args:
        image_size: int. 256.
        latent_dim: int. nz, 8; 0 for the deterministic pix2pix.
        generator_filters, num_downs, where_add, upsample, activation, normalization, dropout,
            discriminator_filters, discriminator_scales, discriminator_layers, adversarial_form,
            l1_weight, steps_per_epoch, epochs, constant_epochs: see `UNetToImage`.
        always_two_samples: bool. Whether to draw and judge the second sample without the mode
            seeking term, too; its two distances are then still logged.
        discriminator_first: bool. Whether the discriminator's step comes before the generator's,
            which then meets the updated discriminator (BicycleGAN's repository), or after it
            (MSGAN's). Both see the pictures made before.
        discriminator_weight: float. Factor of the discriminator's loss: 1, and 0.5 in BicycleGAN's
            repository.
        **kwargs: see `ImageToImage` and `ConditionalGAN` (`mode_seeking_weight`: 1 in MSGAN).

    The pix2pix of BicycleGAN's repository: `Pix2Pix(latent_dim=0, where_add="input",
    normalization="batch", adversarial_form="cross_entropy", discriminator_first=True,
    discriminator_weight=0.5)`.

    Example:

    ```python
    model = Pix2Pix(mode_seeking_weight=1.0)
    images = model.generate("labels/", samples_per_condition=4, seed=7)  # uint8 (..., 256, 256, 3)
    ```

    Reference:
        - [Isola et al., 2017](https://arxiv.org/abs/1611.07004)
        - [Mao et al., 2019](https://arxiv.org/abs/1903.05628)
    """

    network_names = ("generator", "ema_generator", "discriminator")
    loss_names = (
        "discriminator_loss",
        "generator_loss",
        "adversarial_loss",
        "l1_loss",
        "mode_seeking",
        "image_distance",
        "latent_distance",
    )

    def __init__(
        self,
        always_two_samples=False,
        discriminator_first=False,
        discriminator_weight=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if always_two_samples and not self.latent_dim:
            raise ZooError("Two samples differ by their latent, but `latent_dim` is 0.")
        self.always_two_samples = always_two_samples
        self.discriminator_first = discriminator_first
        self.discriminator_weight = discriminator_weight

    def get_config(self):
        return {
            **self.base_config(),
            "always_two_samples": self.always_two_samples,
            "discriminator_first": self.discriminator_first,
            "discriminator_weight": self.discriminator_weight,
        }

    @property
    def preset_network_names(self):
        return (self.generating.name,)

    @property
    def samples(self):
        return 2 if self.always_two_samples else super().samples

    def build_for_training(self):
        """Makes the discriminator; its weights are new."""
        if not hasattr(self, "discriminator"):
            channels = self.source_channels + self.target_channels
            self.discriminator = self.make_discriminator("discriminator", channels)

    @property
    def optimizer_groups(self):
        return {
            name: {name: network.trainable_variables}
            for name, network in (
                ("generator_optimizer", self.generator),
                ("discriminator_optimizer", self.discriminator),
            )
        }

    # --- one iteration ----------------------------------------------------------------------------

    def training_step(self, batch):
        """Pictures once; then the generator's step and the discriminator's, in their order."""
        source, target = batch["source"], batch["target"]
        count = tf.shape(source)[0] * self.samples
        latents = self.draw("latents", count, self.latent_dim)
        with tf.GradientTape() as tape:
            images = self.translate(tf.concat([source] * self.samples, axis=0), latents)

        fakes = tf.split(tf.stop_gradient(images), self.samples)
        if self.discriminator_first:
            discriminator_loss = self._discriminator_step(source, target, fakes)
        with tape:
            losses = self.generator_losses(source, target, images, latents)
        self._update(
            "generator_optimizer",
            tape,
            losses["generator_loss"],
            self.generator.trainable_variables,
        )
        self.update_average()
        if not self.discriminator_first:
            discriminator_loss = self._discriminator_step(source, target, fakes)
        return {"discriminator_loss": discriminator_loss, **losses}

    def _discriminator_step(self, source, target, fakes):
        with tf.GradientTape() as tape:
            loss = self.discriminator_loss(source, target, fakes)
        self._update("discriminator_optimizer", tape, loss, self.discriminator.trainable_variables)
        return loss

    def discriminator_loss(self, source, target, fakes):
        """Each sample's pairs against the real ones, which count as often as there are samples."""
        terms = [self.adversarial(self.judge(source, fake), 0) for fake in fakes]
        terms.append(self.samples * self.adversarial(self.judge(source, target), 1))
        return self.discriminator_weight * tf.add_n(terms)

    def generator_losses(self, source, target, images, latents):
        """dict of the generator's terms; `generator_loss` is their sum."""
        samples = tf.split(images, self.samples)
        adversarial = [self.adversarial(self.judge(source, fake), 1) for fake in samples]
        losses = {
            "adversarial_loss": tf.add_n(adversarial),
            "l1_loss": self.l1(samples[0], target),
        }
        seeking = self.mode_seeking_term(images, latents)
        total = tf.add_n([*losses.values(), seeking["mode_seeking"]])
        return {"generator_loss": total, **losses, **seeking}

    def judge(self, source, images):
        """The discriminator's maps of pairs."""
        pairs = tf.concat([tf.cast(source, images.dtype), images], axis=-1)
        return self.discriminator(pairs, training=True)
