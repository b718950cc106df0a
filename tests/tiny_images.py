"""The smallest image-to-image systems that are still whole, for tests."""

import keras
import numpy as np
import tensorflow as tf

from tests.tiny import adam
from zoo.models.bicyclegan import BicycleGAN
from zoo.models.pix2pix import Pix2Pix

SIZE = 32
ARGUMENTS = {
    "image_size": SIZE,
    "latent_dim": 4,
    "generator_filters": 2,
    "discriminator_filters": 4,
    "discriminator_layers": 2,
    "seed": 3,
}


def pix2pix(compiled=True, **changes):
    return _system(Pix2Pix, compiled, changes)


def bicyclegan(compiled=True, **changes):
    return _system(BicycleGAN, compiled, {"encoder_filters": 2, **changes})


def _system(make, compiled, changes):
    keras.utils.set_random_seed(1)
    model = make(**{**ARGUMENTS, **changes})
    if compiled:
        model.compile(generator_optimizer=adam(), discriminator_optimizer=adam())
    return model


def batch(step=0, count=2, channels=(3, 3)):
    """Random pictures; the same for the same step."""
    rng = np.random.default_rng(step)
    return {
        name: tf.constant(rng.uniform(-1, 1, (count, SIZE, SIZE, c)), tf.float32)
        for name, c in zip(("source", "target"), channels, strict=True)
    }


def train(model, steps, start=0, graph=False, **of_batch):
    """The last step's losses; a graph costs more than the few steps that a test takes."""
    step = tf.function(model.train_step) if graph else model.train_step
    for i in range(start, start + steps):
        logs = step(batch(i, **of_batch))
    return {name: float(value) for name, value in logs.items()}
