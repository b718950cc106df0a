"""Networks that are only described have no initial values."""

import keras
import numpy as np

from zoo.layers.initializers import orthogonal
from zoo.networks.build import without_values


def test_random_values_are_zeros_inside_only():
    def values():
        layer = keras.layers.Dense(64, kernel_initializer=orthogonal(), bias_initializer="ones")
        layer.build((None, 256))
        return [np.asarray(v) for v in layer.weights]

    with without_values():
        assert not any(value.any() for value in values())
    kernel, bias = values()
    assert kernel.any() and bias.all()
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(64), atol=1e-5)
