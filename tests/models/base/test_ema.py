"""The EMA of the generator: its decay, fixed and with warm-up."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.models.base.ema import ExponentialMovingAverage


def networks():
    made = [keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]) for _ in range(2)]
    for network, value in zip(made, (1.0, 0.0), strict=True):
        network.set_weights([np.full((1, 1), value), np.full(1, value)])
    return made


@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_warm_up_follows_the_formula(decay):
    network, average = networks()
    iteration = tf.Variable(0, dtype=tf.int64)
    ema = ExponentialMovingAverage(lambda: network, average, decay, "average", iteration)
    update, expected = tf.function(ema.update), 0.0
    for n in range(30):
        update()
        used = min(decay, (1 + n) / (10 + n))
        expected = used * expected + (1 - used) * 1.0
        for variable in average.variables:
            np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-6)
        iteration.assign_add(1)


def test_without_warm_up_the_decay_is_fixed():
    network, average = networks()
    ema = ExponentialMovingAverage(lambda: network, average, 0.9, "average")
    ema.update()
    np.testing.assert_allclose(average.variables[0].numpy(), 0.1, rtol=1e-6)
