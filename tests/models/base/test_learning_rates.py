"""Learning rate decay: the official factors, and their use in a system."""

import numpy as np

from tests.support.tiny_images import bicyclegan, pix2pix, train
from zoo.models.base.learning_rates import linear_decay


def test_linear_decay():
    factors = [float(linear_decay(epoch, 1200, 600)) for epoch in (0, 600, 601, 1199, 1300)]
    np.testing.assert_allclose(factors, [1, 1, 1 - 1 / 601, 2 / 601, 0], rtol=1e-5)


def rates(model, steps):
    """The discriminator's rate in each of the first steps, relative to the first."""
    found = []
    for step in range(steps):
        train(model, 1, start=step)
        found.append(float(model.discriminator_optimizer.learning_rate))
    return np.array(found) / found[0]


def test_systems_follow_it():
    settings = {"steps_per_epoch": 1, "epochs": 4, "constant_epochs": 1}
    # Pix2Pix counts its epochs from 0, BicycleGAN from 1.
    np.testing.assert_allclose(rates(pix2pix(**settings), 3), [1, 1, 3 / 4], rtol=1e-6)
    np.testing.assert_allclose(rates(bicyclegan(**settings), 3), [1, 3 / 4, 2 / 4], rtol=1e-6)


def test_without_a_schedule_they_stay():
    np.testing.assert_array_equal(rates(pix2pix(), 2), 1)
