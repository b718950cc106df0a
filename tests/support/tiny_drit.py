"""The smallest DRIT with all parts, for tests."""

import keras
import numpy as np
import tensorflow as tf

from tests.support import tiny
from zoo.models.drit import DRIT

SIZE = 48


def drit(compiled=True, optimizer=tiny.adam, **changes):
    keras.utils.set_random_seed(1)
    arguments = {
        "image_size": SIZE,
        "filters": 2,
        "latent_dim": 4,
        "discriminators": {"filters": 2, "scales": 2, "layers": 3},
        "content_discriminator": {"layers": 1},
        "seed": 3,
    }
    model = DRIT(**{**arguments, **changes})
    if compiled:
        names = ("generator", "discriminator", "content_discriminator")
        model.compile(**{f"{name}_optimizer": optimizer() for name in names})
    return model


def make_images(step=0, count=2):
    rng = np.random.default_rng(step)
    return rng.uniform(-1, 1, (count, SIZE, SIZE, 3)).astype("float32")


def batch(step=0, count=2):
    return {
        "images_a": tf.constant(make_images(step, count)),
        "images_b": tf.constant(make_images(step + 100, count)),
    }
