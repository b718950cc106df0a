"""The fast orthogonal initializer gives the values of Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers import initializers


@pytest.mark.parametrize(
    "shape",
    [(256, 64), (64, 300), (4, 4, 32, 128), (3, 3, 64, 128), (70, 70), (3, 3, 4, 8), (1, 9)],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_values_of_keras(shape, dtype):
    ours = initializers.TallOrthogonal(gain=1.5, seed=3)(shape, dtype)
    theirs = keras.initializers.Orthogonal(gain=1.5, seed=3)(shape, dtype)
    assert ours.dtype == dtype and tuple(ours.shape) == shape
    np.testing.assert_allclose(ours, theirs, atol=1e-5 if dtype == "float32" else 1e-12)


def test_columns_are_orthonormal():
    q = tf.reshape(initializers.TallOrthogonal(seed=1)((4, 4, 64, 512)), (-1, 512))
    np.testing.assert_allclose(tf.matmul(q, q, transpose_a=True), np.eye(512), atol=2e-5)


def test_config():
    made = keras.initializers.get(keras.initializers.serialize(initializers.orthogonal()))
    assert type(made) is initializers.TallOrthogonal and made.gain == 1.0
    with pytest.raises(ValueError, match="two-dimensional"):
        made((4,))
