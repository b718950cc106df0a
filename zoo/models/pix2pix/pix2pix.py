"""Pix2Pix with a latent, with mode seeking as a switch.

Papers: pix2pix, arXiv 1611.07004; with mode seeking, MSGAN, arXiv 1903.05628. Checked against
    HelenMao/MSGAN Pix2Pix-Mode-Seeking/models/pix2pix_model.py (the defaults) and
    junyanz/BicycleGAN models/pix2pix_model.py (without a latent).
Known deviations: without mode seeking one sample is generated; MSGAN's code has no switch and
    always generates two (`always_two_samples`). With one channel, images become gray bytes before
    they are resized, as in BicycleGAN; MSGAN weighs the colors after resizing, without rounding.
"""

import keras
import tensorflow as tf

from zoo.conditions.images import Images
from zoo.errors import ZooError
from zoo.losses.least_squares import FORMS, over_scales
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.models.base.learning_rates import linear_decay_factor
from zoo.models.pix2pix.networks import (
    keep_settings,
    l1_distance,
    make_discriminator,
    make_u_net,
    pair_fields,
    translate,
)


@keras.saving.register_keras_serializable("zoo")
class Pix2Pix(ConditionalGAN):
    """Paired image-to-image translation with a random latent; the discriminator sees pairs.

    An L1 term pulls the image of a latent to the target; with mode seeking a second latent for the
    same source gives a second image, which has no L1 term.

    Batches are dicts of float32 (batch, size, size, channels) in [-1, 1]: `source`, the input, and
    `target`, the expected output.

    Args:
        image_size: int. Height and width in pixels: 256.
        source_channels: int. 3, or 1 for gray images such as edges.
        target_channels: int. 3.
        latent_dim: int. nz, 8; 0 for the deterministic pix2pix.
        generator_filters: int. ngf, 64.
        num_downs: int or None. Downsamplings of the U-Net: 8 (`unet_256`), 7 (`unet_128`); None for
            as many as `image_size` allows, at most 8.
        where_add, upsample, activation: see `UNet`.
        normalization: "instance" or "batch", of all networks (norm).
        dropout: float. Rate in the U-Net's inner levels, see `UNet`: 0.
        discriminator_filters: int. ndf, 64.
        discriminator_scales: int. num_Ds, 2.
        discriminator_layers: int. 3 (`basic_256_multi`), or 2 (`basic_128_multi`).
        adversarial_form: "least_squares", or "cross_entropy" (gan_mode vanilla), or "wasserstein".
        l1_weight: float. lambda_L1, 10.
        always_two_samples: bool. Whether to generate and discriminate the second sample even
            without the mode seeking term; its two distances are then still logged.
        discriminator_first: bool. Whether the discriminator's step precedes the generator's, which
            then uses the updated discriminator (BicycleGAN's repository), or follows it (MSGAN's).
            Both use the images generated before.
        discriminator_weight: float. Factor of the discriminator's loss: 1, and 0.5 in BicycleGAN's
            repository.
        steps_per_epoch: int or None. If given, the learning rates decay (see `linear_decay`).
        epochs, constant_epochs: ints. Length of the schedule, 400, and the epochs before the decay,
            200.
        mode_seeking_weight: float. 1 in MSGAN.
        ema_decay: float or None. None (0 in a recipe), as in the official code: no EMA.
        ema_statistics, ema_warmup, seed: see `ConditionalGAN`.

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

    task = "image-to-image"
    default_batch_size = 4
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
        image_size=256,
        source_channels=3,
        target_channels=3,
        latent_dim=8,
        generator_filters=64,
        num_downs=None,
        where_add="all",
        upsample="basic",
        activation="relu",
        normalization="instance",
        dropout=0.0,
        discriminator_filters=64,
        discriminator_scales=2,
        discriminator_layers=3,
        adversarial_form="least_squares",
        l1_weight=10.0,
        always_two_samples=False,
        discriminator_first=False,
        discriminator_weight=1.0,
        steps_per_epoch=None,
        epochs=400,
        constant_epochs=200,
        mode_seeking_weight=0.0,
        ema_decay=None,
        ema_statistics="average",
        ema_warmup=False,
        seed=0,
        **kwargs,
    ):
        if always_two_samples and not latent_dim:
            raise ZooError("`always_two_samples` needs a latent, got `latent_dim` 0.")
        super().__init__(
            latent_dim, mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed, **kwargs
        )
        keep_settings(self, locals())
        self.always_two_samples = always_two_samples
        self.discriminator_first = discriminator_first
        self.discriminator_weight = discriminator_weight
        self.condition = Images(image_size, source_channels)
        self.build_generators()

    def make_generator(self, name):
        return make_u_net(self, name)

    @property
    def noise_sizes(self):
        return super().noise_sizes if self.latent_dim else {}

    @property
    def latents_per_condition(self):
        return 2 if self.always_two_samples else super().latents_per_condition

    def build_training_networks(self):
        """Creates the discriminator."""
        if not hasattr(self, "discriminator"):
            channels = self.source_channels + self.target_channels
            self.discriminator = make_discriminator(self, channels, "discriminator")

    def learning_rate_factor(self):
        return linear_decay_factor(self)

    # --- one iteration ----------------------------------------------------------------------------

    batch_fields = property(pair_fields)

    def training_step(self, batch):
        """Generates the images once; then the generator's and the discriminator's step.

        Args:
            batch: dict of `source` and `target`, see the class.
        """
        source, target = batch["source"], batch["target"]

        # (1) Draw an image of each source, or with mode seeking two.
        sources = tf.concat([source] * self.latents_per_condition, axis=0)
        latents = self.noise("latents", tf.shape(sources)[0], self.latent_dim)
        with tf.GradientTape() as tape:
            images = translate(self, sources, latents)
        fakes = self.split_samples(tf.stop_gradient(images))

        # (2) Update the generator, and before or after it the discriminator.
        if self.discriminator_first:
            discriminator_loss = self.update_discriminator(source, target, fakes)
        with tape:
            losses = self.generator_losses(source, target, images, latents)
        variables = self.generator.trainable_variables
        self.apply_gradients("generator_optimizer", tape, losses["generator_loss"], variables)
        self.ema.update()
        if not self.discriminator_first:
            discriminator_loss = self.update_discriminator(source, target, fakes)
        return {"discriminator_loss": discriminator_loss, **losses}

    def generator_losses(self, source, target, images, latents):
        """dict of the generator's weighted terms; `generator_loss` is their sum."""
        samples = self.split_samples(images)
        adversarial = tf.add_n([
            self.adversarial_loss(self.discriminate(source, fake), 1) for fake in samples
        ])
        l1 = self.l1_weight * l1_distance(samples[0], target)
        seeking = self.mode_seeking_term(images, latents)
        return {
            "generator_loss": adversarial + l1 + seeking["mode_seeking"],
            "adversarial_loss": adversarial,
            "l1_loss": l1,
            **seeking,
        }

    def update_discriminator(self, source, target, fakes):
        """A step on the real pairs, which count once per sample, and each sample's pairs."""
        with tf.GradientTape() as tape:
            terms = [self.adversarial_loss(self.discriminate(source, fake), 0) for fake in fakes]
            real = self.adversarial_loss(self.discriminate(source, target), 1)
            terms.append(self.latents_per_condition * real)
            loss = self.discriminator_weight * tf.add_n(terms)
        variables = self.discriminator.trainable_variables
        self.apply_gradients("discriminator_optimizer", tape, loss, variables)
        return loss

    def discriminate(self, source, images):
        """The discriminator's logits of pairs, a list of one map per scale."""
        pairs = tf.concat([tf.cast(source, images.dtype), images], axis=-1)
        return self.discriminator(pairs, training=True)

    def adversarial_loss(self, maps, target):
        """The loss of a discriminator's maps against 1 (real) or 0, summed over its scales."""
        return over_scales(FORMS[self.adversarial_form], maps, target)
