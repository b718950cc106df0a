"""BicycleGAN, with mode seeking as a switch.

Papers: BicycleGAN, arXiv 1711.11586; mode seeking, MSGAN, arXiv 1903.05628. Checked against
    junyanz/BicycleGAN models/bicycle_gan_model.py of 2020-08-04, and of 2020-06-03 for
    `latent_step="separate"`.
Known deviations: both gradients of an iteration are computed before any step; until 2020-06 the
    official second gradient used weights that the first step had updated (a difference of 0.4 %).
    Mode seeking is not part of the paper; it is added as in MSGAN's other tasks.
"""

import keras
import numpy as np
import tensorflow as tf

from zoo.conditions.images import Images
from zoo.errors import ZooError, check_choice
from zoo.images.convert import to_float, to_uint8
from zoo.images.read import read_images
from zoo.losses.least_squares import FORMS, over_scales
from zoo.models.base.arguments import check
from zoo.models.base.conditional_gan import ConditionalGAN
from zoo.models.base.learning_rates import linear_decay_factor
from zoo.models.bicyclegan.encoder import ENCODERS, make_encoder
from zoo.models.bicyclegan.losses import draw_code, generator_losses, latent_loss_and_slope
from zoo.models.pix2pix.networks import (
    keep_settings,
    make_discriminator,
    make_u_net,
    pair_fields,
    translate,
)
from zoo.visualization.image_array import image_array

LATENT_STEPS = ("joint", "separate")


@keras.saving.register_keras_serializable("zoo")
class BicycleGAN(ConditionalGAN):
    """Paired image-to-image translation that can generate many images per source.

    Two cycles share generator G and encoder E. A target's code reconstructs the target (cVAE-GAN:
    L1, adversarial, KL divergence of the code to N(0, 1)), and a random latent is recovered from
    its image (cLR-GAN: L1 of the latent, which trains G only; adversarial).

    A batch is split into halves, so its size must be even: the first half's pairs are encoded and
    translated, the second half's are the real images of the second discriminator.

    Mode seeking draws a second latent per source of the first half. Both images are discriminated,
    real ones count twice, and only the first latent is recovered, as in MSGAN's Pix2Pix and DRIT.

    Args:
        image_size: int. 256; a power of two of at least 16, because of the encoder.
        latent_dim: int. nz, 8.
        encoder: "resnet" (`resnet_256`, `resnet_128`) or "conv" (`conv_*`), as deep as
            `image_size` needs.
        encoder_filters: int. nef, 64.
        conditional_discriminators: bool. Whether the discriminators also see the source
            (`conditional_D`). False. The real pairs of the second one have other sources than its
            generated ones, as the authors intend.
        use_same_discriminator: bool. One discriminator for both cycles, in one step (`use_same_D`).
        latent_step: "joint": G's latent term is part of its only step; "separate": it has a second
            step of G, as until 2020-06, and so in the paper and the released weights.
        gan_weight, gan2_weight: float. lambda_GAN and lambda_GAN2, 1 both.
        l1_weight: float. lambda_L1, 10.
        latent_weight: float. lambda_z, 0.5.
        kl_weight: float. lambda_kl, 0.01, of the sum over batch and dimensions.
        mode_seeking_weight: float. 0; not part of the paper.
        image_size, source_channels, target_channels, generator_filters, num_downs, where_add,
            upsample, activation, normalization, discriminator_filters, discriminator_scales,
            discriminator_layers, adversarial_form: see `Pix2Pix`.
        dropout: float. 0; the official scripts train with 0.5.
        steps_per_epoch: int or None. If given, the learning rates decay (see `linear_decay`).
        epochs, constant_epochs: ints. Length of the schedule, 400, and the epochs before the decay,
            200.
        ema_decay: float or None. None (0 in a recipe), as in the official code: no EMA.
        ema_statistics, ema_warmup, seed: see `ConditionalGAN`.

    Example:

    ```python
    model = BicycleGAN(source_channels=1)
    images = model.generate("edges.png", samples_per_condition=10)  # uint8 (10, 256, 256, 3)
    images = model.generate_like("edges.png", "shoe.jpg")  # with the latent of another image
    ```

    Reference:
        - [Zhu et al., 2017](https://arxiv.org/abs/1711.11586)
        - [Mao et al., 2019](https://arxiv.org/abs/1903.05628)
    """

    batch_parts = 2  # the encoded pairs, and those of random latents
    task = "image-to-image"
    default_batch_size = 4
    batch_fields = property(pair_fields)
    loss_names = (
        "discriminator_loss",
        "discriminator_2_loss",
        "generator_loss",
        "adversarial_loss",
        "adversarial_2_loss",
        "l1_loss",
        "kl_loss",
        "latent_loss",
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
        encoder="resnet",
        encoder_filters=64,
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
        conditional_discriminators=False,
        use_same_discriminator=False,
        adversarial_form="least_squares",
        latent_step="joint",
        gan_weight=1.0,
        gan2_weight=1.0,
        l1_weight=10.0,
        latent_weight=0.5,
        kl_weight=0.01,
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
        check_choice("`encoder`", encoder, ENCODERS)
        check_choice("`latent_step`", latent_step, LATENT_STEPS)
        if not latent_dim:
            raise ZooError("BicycleGAN encodes images in a latent: `latent_dim` must be positive.")
        super().__init__(
            latent_dim, mode_seeking_weight, ema_decay, ema_statistics, ema_warmup, seed, **kwargs
        )
        keep_settings(self, locals())
        self.encoder_config = encoder
        self.encoder_filters = encoder_filters
        self.conditional_discriminators = conditional_discriminators
        self.use_same_discriminator = use_same_discriminator
        self.latent_step = latent_step
        self.gan_weight = gan_weight
        self.gan2_weight = gan2_weight
        self.latent_weight = latent_weight
        self.kl_weight = kl_weight
        guide = {"guide": "latent", "guide_channels": target_channels}
        self.condition = Images(image_size, source_channels, **guide)
        self.build_generators()
        self.encoder = make_encoder(self)

    # --- networks ---------------------------------------------------------------------------------

    def make_generator(self, name):
        return make_u_net(self, name)

    @property
    def discriminator_names(self):
        return ("discriminator", "discriminator_2")[: 1 if self.use_same_discriminator else 2]

    @property
    def network_names(self):
        return ("generator", "ema_generator", "encoder", *self.discriminator_names)

    @property
    def preset_network_names(self):
        return (self.inference_generator.name, "encoder")

    def build_training_networks(self):
        """Creates the discriminators."""
        channels = self.target_channels
        if self.conditional_discriminators:
            channels += self.source_channels
        for name in self.discriminator_names:
            if not hasattr(self, name):
                setattr(self, name, make_discriminator(self, channels, name))

    @property
    def optimizer_groups(self):
        generator_group = {
            f"{name}_optimizer": getattr(self, name).trainable_variables
            for name in ("generator", "encoder")
        }
        discriminator_group = {
            f"{name}_optimizer": getattr(self, name).trainable_variables
            for name in self.discriminator_names
        }
        return {
            "generator_optimizer": generator_group,
            "discriminator_optimizer": discriminator_group,
        }

    def learning_rate_factor(self):
        return linear_decay_factor(self, first_epoch=1)

    # --- one iteration ----------------------------------------------------------------------------

    def training_step(self, batch):
        """Both cycles, a step of G and E, then a step of each discriminator on the same images.

        Args:
            batch: dict of `source` and `target`, float32 (batch, size, size, channels) in [-1, 1];
                its size is even.
        """
        sources, targets = self._halves(batch)
        half = tf.shape(sources[0])[0]
        samples = self.latents_per_condition
        latents = self.noise("latents", half * samples, self.latent_dim)
        noise = self.noise("encoding", half, self.latent_dim, samples=1)
        separate = self.latent_step == "separate"

        # (1) cVAE-GAN: encode a target and reconstruct it. cLR-GAN: generate from a random latent.
        with tf.GradientTape(persistent=separate) as tape:
            code = self.encoder(targets[0], training=True)
            encoded = translate(self, sources[0], draw_code(code, noise), "dropout_encoded")
            repeated = tf.concat([sources[0]] * samples, axis=0)
            random = translate(self, repeated, latents, "dropout_random")
            losses = generator_losses(
                self, sources[0], targets[0], code, encoded, random, latents
            )

        # (2) Update G and E; the recovered latent trains G only.
        latent_loss, slope = latent_loss_and_slope(self, random, latents)
        with tape:  # its gradient is that of the latent loss, through a fixed E into G only
            latent_term = tf.reduce_sum(slope * random)
            total = losses["generator_loss"] + (0 if separate else latent_term)
        self.apply_joint_gradients(tape, total, self.optimizer_groups["generator_optimizer"])
        if separate:
            variables = self.generator.trainable_variables
            self.apply_gradients("generator_optimizer", tape, latent_term, variables)
        self.ema.update()

        # (3) Update the discriminators.
        fakes = [tf.stop_gradient(encoded)], self.split_samples(tf.stop_gradient(random))
        discriminator_losses = self.update_discriminators(sources, targets, *fakes)
        return {**discriminator_losses, **losses, "latent_loss": latent_loss}

    def _halves(self, batch):
        size = batch["source"].shape[0]
        if size is not None and size % 2:
            raise ZooError(
                f"BicycleGAN splits each batch into halves, got a batch of {size} pairs. Use an "
                "even batch size, and drop incomplete batches."
            )
        return tf.split(batch["source"], 2), tf.split(batch["target"], 2)

    def update_discriminators(self, sources, targets, encoded, random):
        """A step of each discriminator on its own cycle, or of one on the sum of both losses."""
        cycles = [(1, encoded, (sources[0], targets[0])), (2, random, (sources[1], targets[1]))]
        losses = []
        with tf.GradientTape() as tape:
            for cycle, fakes, real in cycles:
                terms = [
                    self.adversarial_loss(self.discriminate(cycle, sources[0], fake), 0)
                    for fake in fakes
                ]
                real_loss = self.adversarial_loss(self.discriminate(cycle, *real), 1)
                losses.append(tf.add_n(terms) + len(fakes) * real_loss)
            total = tf.add_n(losses)
        self.apply_joint_gradients(tape, total, self.optimizer_groups["discriminator_optimizer"])
        return {"discriminator_loss": losses[0], "discriminator_2_loss": losses[1]}

    def discriminate(self, cycle, source, images):
        """The logit maps of the discriminator of a cycle, 1 (cVAE-GAN) or 2 (cLR-GAN)."""
        discriminator = getattr(self, self.discriminator_names[:cycle][-1])
        if self.conditional_discriminators:
            images = tf.concat([tf.cast(source, images.dtype), images], axis=-1)
        return discriminator(images, training=True)

    def adversarial_loss(self, maps, target):
        """The loss of a discriminator's maps against 1 (real) or 0, summed over its scales."""
        return over_scales(FORMS[self.adversarial_form], maps, target)

    # --- generation -------------------------------------------------------------------------------

    def encode(self, images, batch_size=16):
        """The Gaussian of the latent of each image.

        Args:
            images: images of the target domain, in any form that `generate` takes.
            batch_size: int.

        Returns:
            dict of `mu`, `log_var` float32 (images, latent_dim).
        """
        check(type(self).__name__, "batch_size", batch_size, default=16)
        images = read_images(images, self.image_size, self.target_channels)
        codes = [
            self.encoder(to_float(images[start : start + batch_size]), training=False)
            for start in range(0, len(images), batch_size)
        ]
        return {n: np.concatenate([np.float32(c[n]) for c in codes]) for n in ("mu", "log_var")}

    def latents_of_guides(self, guides, latents):
        """The latents of translations with the guides' style: their mean codes.

        Args:
            guides: float (batch, size, size, target channels) in [-1, 1].
            latents: float (batch, latent_dim) of the seeds, which are not used.
        """
        del latents
        return self.encoder(guides, training=False)["mu"]

    def generate_like(self, images, examples, batch_size=4):
        """Translations of images, each with an example's mean code.

        Args:
            images: see `generate`.
            examples: images of the target domain, one per image or one for all.
            batch_size: int.

        Returns:
            uint8 (images, size, size, target channels), as `generate` returns them.

        Raises:
            ZooError: an image cannot be read, or the number of examples is wrong.
        """
        check(type(self).__name__, "batch_size", batch_size, default=4)
        source = read_images(images, self.image_size, self.source_channels)
        latents = self.encode(examples)["mu"]
        if len(latents) not in (1, len(source)):
            raise ZooError(
                f"Expected one example per image or one for all, got {len(latents)} examples for "
                f"{len(source)} images."
            )
        latents, batches = np.broadcast_to(latents, (len(source), self.latent_dim)), []
        for start in range(0, len(source), batch_size):
            part = slice(start, start + batch_size)
            inputs = {"source": to_float(source[part]), "latents": latents[part]}
            outputs = tf.cast(self(inputs, training=False)["images"], tf.float32)
            batches.append(to_uint8(outputs).numpy())
        return image_array(np.concatenate(batches))
