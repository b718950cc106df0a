"""Paired pictures and a U-Net: what Pix2Pix and BicycleGAN share."""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses import least_squares
from zoo.models import noise
from zoo.models.image_to_image import ImageToImage
from zoo.models.learning_rates import linear_decay
from zoo.networks.build import build, spec
from zoo.networks.patch_discriminator import MultiScalePatchDiscriminator, map_size
from zoo.networks.u_net import UNet

MOST_DOWNS = 8


class UNetToImage(ImageToImage):
    """An `ImageToImage` whose generator is a `UNet`, judged by `MultiScalePatchDiscriminator`s.

    Args:
        generator_filters: int. ngf, 64.
        num_downs: int or None. Halvings of the U-Net: 8 (`unet_256`), 7 (`unet_128`); None for as
            many as `image_size` allows, at most 8.
        where_add, upsample, activation, dropout: see `UNet`.
        normalization: "instance" or "batch", of all networks (norm).
        discriminator_filters: int. ndf, 64.
        discriminator_scales: int. num_Ds, 2.
        discriminator_layers: int. 3 (`basic_256_multi`), or 2 (`basic_128_multi`).
        adversarial_form: "least_squares", or "cross_entropy" (gan_mode vanilla), or "wasserstein".
        l1_weight: float. lambda_L1, 10.
        steps_per_epoch: int or None. With it the learning rates fall (see `linear_decay`).
        epochs, constant_epochs: ints. For how long, 400, and after how many the rates fall, 200.
        **kwargs: see `ImageToImage`.
    """

    first_epoch = 0  # the number of the first epoch in the official code

    def __init__(
        self,
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
        steps_per_epoch=None,
        epochs=400,
        constant_epochs=200,
        **kwargs,
    ):
        if adversarial_form not in least_squares.FORMS:
            raise ZooError(
                f"`adversarial_form` must be one of {tuple(least_squares.FORMS)}. "
                f"Received: {adversarial_form!r}"
            )
        super().__init__(**kwargs)
        self.generator_filters = generator_filters
        self.num_downs = most_downs(self.image_size) if num_downs is None else num_downs
        self.where_add = where_add
        self.upsample = upsample
        self.activation = activation
        self.normalization = normalization
        self.dropout = dropout
        self.discriminator_filters = discriminator_filters
        self.discriminator_scales = discriminator_scales
        self.discriminator_layers = discriminator_layers
        self.adversarial_form = adversarial_form
        self.l1_weight = l1_weight
        self.steps_per_epoch = steps_per_epoch
        self.epochs = epochs
        self.constant_epochs = constant_epochs
        self.build_generators()

    def base_config(self):
        return {
            **super().base_config(),
            "generator_filters": self.generator_filters,
            "num_downs": self.num_downs,
            "where_add": self.where_add,
            "upsample": self.upsample,
            "activation": self.activation,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "discriminator_filters": self.discriminator_filters,
            "discriminator_scales": self.discriminator_scales,
            "discriminator_layers": self.discriminator_layers,
            "adversarial_form": self.adversarial_form,
            "l1_weight": self.l1_weight,
            "steps_per_epoch": self.steps_per_epoch,
            "epochs": self.epochs,
            "constant_epochs": self.constant_epochs,
        }

    # --- networks ---------------------------------------------------------------------------------

    def build_generators(self):
        step = 2**self.num_downs
        if self.image_size % step:
            raise ZooError(
                f"`image_size` must be a multiple of {step}, for {self.num_downs} halvings. "
                f"Received: {self.image_size}"
            )
        self.generator = self._make_generator("generator")
        if self.averages:
            self.ema_generator = self._make_generator("ema_generator")
            self.ema_generator.trainable = False
            self.reset_average()

    def _make_generator(self, name):
        network = UNet(
            self.target_channels,
            self.generator_filters,
            self.num_downs,
            self.where_add,
            self.upsample,
            self.activation,
            self.normalization,
            self.dropout,
            name=name,
        )
        inputs = {"source": self.picture_spec(self.source_channels)}
        if self.latent_dim:
            inputs["latents"] = spec(2, self.latent_dim)
        return build(network, inputs)

    def picture_spec(self, channels):
        return spec(2, self.image_size, self.image_size, channels)

    def make_discriminator(self, name, channels):
        smallest = -(-self.image_size // 2 ** (self.discriminator_scales - 1))
        if map_size(smallest, self.discriminator_layers) < 1:
            raise ZooError(
                f"Pictures of {self.image_size} pixels are too small for "
                f"{self.discriminator_layers} halvings and {self.discriminator_scales} scales of "
                "the discriminator. Lower `discriminator_layers` or `discriminator_scales`."
            )
        network = MultiScalePatchDiscriminator(
            self.discriminator_filters,
            self.discriminator_scales,
            self.discriminator_layers,
            self.normalization,
            name=name,
        )
        return build(network, self.picture_spec(channels))

    # --- training ---------------------------------------------------------------------------------

    def learning_rate_factor(self):
        if self.steps_per_epoch is None:
            return None
        epoch = self.first_epoch + self.iteration.value // self.steps_per_epoch
        return linear_decay(epoch, self.epochs, self.constant_epochs)

    def translate(self, source, latents, stream="dropout"):
        """The generator in training; `stream` names its dropout's noise."""
        inputs = {"source": source}
        if self.latent_dim:
            inputs["latents"] = latents
        if self.dropout:
            shapes = self.generator.dropout_shapes(*(tf.shape(source)[i] for i in range(3)))
            inputs["dropout"] = [
                noise.dropout_mask(shape, self.noise_key(f"{stream}_{i}"), self.dropout)
                for i, shape in enumerate(shapes)
            ]
        return self.generator(inputs, training=True)["images"]

    def adversarial(self, maps, target):
        """The loss of a discriminator's maps, summed over its scales."""
        return least_squares.over_scales(least_squares.FORMS[self.adversarial_form], maps, target)

    def l1(self, images, target):
        """Mean absolute difference, weighted."""
        return self.l1_weight * tf.reduce_mean(tf.abs(images - tf.cast(target, images.dtype)))


def most_downs(size):
    """How often a number of pixels can be halved, at most 8 times."""
    return min(MOST_DOWNS, (size & -size).bit_length() - 1)
