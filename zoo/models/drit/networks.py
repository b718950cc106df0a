"""The networks of DRIT, built from the settings of the `DRIT` that each function takes."""

import inspect

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError, check_choice
from zoo.images.convert import to_float
from zoo.images.read import read_images
from zoo.models.base.arguments import check
from zoo.models.drit.attribute_encoder import AttributeEncoder
from zoo.models.drit.content_encoder import ContentEncoder
from zoo.models.drit.discriminators import (
    ContentDiscriminator,
    MultiScaleDiscriminator,
    SingleScaleDiscriminator,
)
from zoo.models.drit.domains import DOMAINS
from zoo.models.drit.generator import DRITGenerator
from zoo.networks.build import build_on, symbolic_input


def check_settings(name, settings, defaults):
    """Raises `ZooError` unless the keys of a dict argument are those of `defaults`, and its values
    of their types. `name`: the argument's, for the message; `settings`: dict or None."""
    for key, value in (settings or {}).items():
        check_choice(f"A key of `{name}`", key, defaults)
        check(f"`{name}` of DRIT", key, value, defaults[key])


def check_discriminators(discriminators, content_discriminator):
    """`check_settings` of these two arguments of a `DRIT`, whose networks are built later."""
    for name, settings, network in (
        ("discriminators", discriminators, MultiScaleDiscriminator),
        ("content_discriminator", content_discriminator, ContentDiscriminator),
    ):
        parameters = list(inspect.signature(network.__init__).parameters.values())[1:-1]
        known = {p.name: p.default for p in parameters}
        if network is ContentDiscriminator:
            del known["filters"]  # those of the content
            # without 7x7 convolutions the last one remains
            settings = {k: v for k, v in (settings or {}).items() if k != "layers" or v != 0}
        check_settings(name, settings, known)


def build_for_generation(model):
    """Creates `content_encoder`, `attribute_encoder` and `generator`."""
    size, filters, latent_dim = model.image_size, model.filters, model.latent_dim
    images = {domain: symbolic_input(1, size, size, 3) for domain in DOMAINS}
    content = {
        "content": symbolic_input(1, size // 4, size // 4, 4 * filters),
        "attributes": symbolic_input(1, latent_dim),
    }
    model.content_encoder = build_on(ContentEncoder(filters, name="content_encoder"), images)
    model.attribute_encoder = build_on(
        AttributeEncoder(filters, latent_dim, model.concat, name="attribute_encoder"), images
    )
    model.generator = build_on(
        DRITGenerator(filters, latent_dim, model.concat, name="generator"),
        dict.fromkeys(DOMAINS, content),
    )


def build_discriminator(model, name):
    """The image discriminator `name`; raises `ZooError` if it is too deep for the image size."""
    settings = dict(model.discriminators_config)
    make = MultiScaleDiscriminator
    if settings.get("scales") == 1:
        del settings["scales"]
        make = SingleScaleDiscriminator
    network = make(**settings, name=name)
    network.check_size(model.image_size)
    return build_on(network, symbolic_input(1, model.image_size, model.image_size, 3))


def build_content_discriminator(model):
    """The content discriminator; raises `ZooError` if it is too deep for the image size."""
    side, channels = model.image_size // 4, 4 * model.filters
    network = ContentDiscriminator(
        channels, **model.content_discriminator_config, name="content_discriminator"
    )
    network.check_size(side)
    return build_on(network, symbolic_input(1, side, side, channels))


def guide_attributes(model, guide, count, target, batch_size=4):
    """dict of `mean` and (standard) `deviation` of the attributes, float32 (count, latent_dim).

    Args:
        guide: None for N(0, 1), or images of the domain `target`, one or `count`.

    Raises:
        ZooError: an image cannot be read, or the number of images is wrong.
    """
    shape = (count, model.latent_dim)
    if guide is None:
        return {"mean": np.zeros(shape, "float32"), "deviation": np.ones(shape, "float32")}
    guides = to_float(read_images(guide, model.image_size, 3))
    if len(guides) not in (1, count):
        raise ZooError(
            f"guide must be one image, or one per condition ({count}), got {len(guides)}."
        )
    batches = []
    for start in range(0, len(guides), batch_size):
        batches.append(attributes_of(model, guides[start : start + batch_size], target))
    rows = [np.broadcast_to(np.concatenate(b), shape) for b in zip(*batches, strict=True)]
    return dict(zip(("mean", "deviation"), rows, strict=True))


def attributes_of(model, guides, target):
    """(mu, standard deviation) of the attributes of images of the domain `target`, each float
    (batch, latent_dim)."""
    code = model.attribute_encoder({target: guides})[target]
    deviation = tf.exp(0.5 * code["log_var"]) if model.concat else 0 * code["mu"]
    return code["mu"], deviation
