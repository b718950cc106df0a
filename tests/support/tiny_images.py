"""The smallest image-to-image systems with all parts, for tests."""

import keras
import numpy as np
import tensorflow as tf

from tests.support.tiny import adam, snapshot, steps
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
    """Random images, determined by the step."""
    rng = np.random.default_rng(step)
    return {
        name: tf.constant(rng.uniform(-1, 1, (count, SIZE, SIZE, c)), tf.float32)
        for name, c in zip(("source", "target"), channels, strict=True)
    }


def train(model, times, start=0, **of_batch):
    return steps(model, (batch(i, **of_batch) for i in range(start, start + times)))


def by_sgd(system, **changes):
    """A system with SGD, whose steps are its gradients: Adam would hide a factor."""
    model = system(compiled=False, **changes)
    names = ("generator_optimizer", "discriminator_optimizer")
    model.compile(**{name: keras.optimizers.SGD(1.0) for name in names})
    return model


def check_replicas(system, two_devices, order=(0, 1, 2, 3), **changes):
    """Two replicas must take the step of one; returns it, dict of weight -> change.

    Args:
        order: indices of the four pairs of a batch on the two replicas, two each.
    """
    changes_of_weights = []
    for strategy, indices in ((tf.distribute.get_strategy(), range(4)), (two_devices, order)):
        with strategy.scope():
            model = by_sgd(system, **changes)
        before = snapshot(model.network_variables())
        data = {name: tf.gather(value, list(indices)) for name, value in batch(count=4).items()}
        data = tf.data.Dataset.from_tensors(data).unbatch().batch(4)
        data = next(iter(strategy.experimental_distribute_dataset(data)))
        strategy.run(model.train_step, (data,))
        after = snapshot(model.network_variables())
        changes_of_weights.append({name: after[name] - before[name] for name in after})
    one, two = changes_of_weights
    for name, step in one.items():
        np.testing.assert_allclose(two[name], step, rtol=2e-3, atol=1e-5, err_msg=name)
    return one
