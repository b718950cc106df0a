"""Networks of paired translation, which Pix2Pix and BicycleGAN build from the same settings.

`keep_settings` stores these arguments of both classes as attributes of the same names, and the
other functions read them from there.
"""

import tensorflow as tf

from zoo.errors import ZooError
from zoo.losses.least_squares import check_form
from zoo.models.base import noise
from zoo.models.base.batch_fields import image_field
from zoo.models.base.learning_rates import check_decay
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.patch_discriminator import MultiScalePatchDiscriminator, map_size
from zoo.networks.u_net import UNet, most_downs

SETTINGS = (
    "image_size", "source_channels", "target_channels",
    "generator_filters", "num_downs", "where_add", "upsample", "activation", "normalization",
    "dropout",
    "discriminator_filters", "discriminator_scales", "discriminator_layers",
    "adversarial_form", "l1_weight",
    "steps_per_epoch", "epochs", "constant_epochs",
)


def keep_settings(model, arguments):
    """Stores `SETTINGS` as attributes of the model.

    Args:
        arguments: dict of the constructor's arguments, its `locals()`. `num_downs` None is the
            largest number that the image size allows.

    Raises:
        ZooError: `adversarial_form` is unknown, or the learning rates' decay is impossible.
    """
    for name in SETTINGS:
        setattr(model, name, arguments[name])
    check_form(model.adversarial_form)
    check_decay(model)
    if model.num_downs is None:
        model.num_downs = most_downs(model.image_size)


def image_spec(model, channels):
    """A symbolic batch of images of the model's size."""
    return symbolic_input(2, model.image_size, model.image_size, channels)


def pair_fields(model):
    """`batch_fields` of both classes."""
    sizes = {"source": model.source_channels, "target": model.target_channels}
    return {name: image_field(model.image_size, channels) for name, channels in sizes.items()}


def make_u_net(model, name):
    """The model's generator, not built yet.

    Raises:
        ZooError: the image size is not a multiple of the total downsampling.
    """
    step = 2**model.num_downs
    if model.image_size % step:
        raise ZooError(
            f"`image_size` must be a multiple of {step}, for {model.num_downs} downsamplings, "
            f"got {model.image_size}."
        )
    return UNet(
        output_channels=model.target_channels,
        filters=model.generator_filters,
        num_downs=model.num_downs,
        where_add=model.where_add,
        upsample=model.upsample,
        activation=model.activation,
        normalization=model.normalization,
        dropout=model.dropout,
        name=name,
    )


def make_discriminator(model, channels, name):
    """A built `MultiScalePatchDiscriminator` of images with so many channels.

    Raises:
        ZooError: the network is too deep for the image size.
    """
    smallest = -(-model.image_size // 2 ** (model.discriminator_scales - 1))
    if map_size(smallest, model.discriminator_layers) < 1:
        raise ZooError(
            f"Images of {model.image_size} pixels are too small for {model.discriminator_layers} "
            f"downsamplings and {model.discriminator_scales} scales of the discriminator. Lower "
            "`discriminator_layers` or `discriminator_scales`."
        )
    network = MultiScalePatchDiscriminator(
        filters=model.discriminator_filters,
        scales=model.discriminator_scales,
        layers=model.discriminator_layers,
        normalization=model.normalization,
        name=name,
    )
    return build_on(network, image_spec(model, channels))


def l1_distance(images, target):
    """Mean absolute difference, a scalar."""
    return tf.reduce_mean(tf.abs(images - tf.cast(target, images.dtype)))


def translate(model, source, latents, stream="dropout"):
    """The images that the generator makes in training; `stream` names its dropout's noise."""
    inputs = {"source": source}
    if model.latent_dim:
        inputs["latents"] = latents
    if model.dropout:
        shapes = model.generator.dropout_shapes(*(tf.shape(source)[i] for i in range(3)))
        inputs["dropout"] = [
            noise.dropout_mask(shape, model.noise_key(f"{stream}_{i}", own=True), model.dropout)
            for i, shape in enumerate(shapes)
        ]
    return model.generator(inputs, training=True)["images"]
