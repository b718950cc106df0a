"""Minimal versions of all systems that train on images, for tests of every system."""

import dataclasses
from collections.abc import Callable

import numpy as np

from tests.models import test_dcgan as labels
from tests.models import test_mirror_gan as mirror
from tests.models import test_xmc_gan as xmc
from tests.support import tiny, tiny_drit, tiny_images

CAPTIONS = ["a red circle", "big blue square"]


def bytes_of(size):
    return np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)


@dataclasses.dataclass
class Example:
    """How to create, train and run a system.

    Attributes:
        make: function of settings (`compiled`) -> model.
        batch: function of a step's number -> batch.
        condition: the conditions for `generate`.
        frozen: prefixes of the variables that no step may change.
        still: function of (name, shape) -> whether a variable need not change: a bias before a
            normalization has no gradient.
    """

    make: Callable
    batch: Callable
    condition: object
    frozen: tuple = ()
    still: Callable = lambda name, shape: False


def settings(make, **fixed):
    return lambda **more: make(**{**fixed, **more})


DAMSM = ("text_encoder", "image_encoder")
SYSTEMS = {
    "attn_gan": Example(
        settings(tiny.attn_gan, mode_seeking_weight=1.0), tiny.batch, CAPTIONS, DAMSM
    ),
    "dm_gan": Example(settings(tiny.dm_gan, mode_seeking_weight=1.0), tiny.batch, CAPTIONS, DAMSM),
    "mirror_gan": Example(
        settings(mirror.mirror_gan, mode_seeking_weight=1.0),
        tiny.batch,
        CAPTIONS,
        ("text_encoder", "captioner"),
    ),
    "stackgan_v2": Example(
        settings(tiny.stackgan_v2, color_weight=50.0, mode_seeking_weight=1.0),
        lambda step: tiny.batch(step, mismatched=True),
        CAPTIONS,
        ("text_encoder",),
    ),
    "xmc_gan": Example(
        settings(xmc.xmc_gan, image_network=xmc.RESNET, ema_decay=0.9, mode_seeking_weight=1.0),
        lambda step: xmc.batch(step=step),
        xmc.vectors(2),
        ("image_network",),
    ),
    "dcgan": Example(
        settings(labels.dcgan, mode_seeking_weight=1.0, ema_decay=0.9), labels.batch, [1, 3]
    ),
    "pix2pix": Example(
        settings(tiny_images.pix2pix, mode_seeking_weight=1.0, ema_decay=0.9),
        tiny_images.batch,
        bytes_of(tiny_images.SIZE),
        still=lambda name, shape: "bias" in name and shape != (3,),
    ),
    "bicyclegan": Example(
        settings(tiny_images.bicyclegan, latent_step="separate", mode_seeking_weight=1.0),
        lambda step: tiny_images.batch(step, count=4),
        bytes_of(tiny_images.SIZE),
        still=lambda name, shape: not name.endswith("kernel"),
    ),
    "drit": Example(
        settings(tiny_drit.drit, mode_seeking_weight=1.0, full_step_every=2),
        tiny_drit.batch,
        bytes_of(tiny_drit.SIZE),
    ),
}
