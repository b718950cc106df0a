"""Spectral normalization with one vector compared with NumPy: singular value, gradient, state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.spectral_normalization import SpectralLinear

RNG = np.random.default_rng(0)
SHAPES = {None: (4, 3), 3: (2, 6, 6, 3)}


def layer_of(size=None, dtype="float64", **options):
    layer = SpectralLinear(5, size, spectral=True, dtype=dtype, **options)
    layer.build(SHAPES[size])
    layer.kernel.assign(RNG.normal(0, 0.3, layer.kernel.shape))
    return layer


def matrix(layer):
    return np.asarray(layer.kernel).reshape(-1, 5)


@pytest.mark.parametrize("size", SHAPES)
def test_a_converged_layer_divides_by_the_largest_singular_value(size):
    layer, x = layer_of(size), tf.constant(RNG.normal(size=SHAPES[size]))
    for _ in range(300):
        y = layer(x, update=True)
    plain = SpectralLinear(5, size, dtype="float64")
    plain.build(SHAPES[size])
    plain.kernel.assign(layer.kernel / np.linalg.svd(matrix(layer), compute_uv=False)[0])
    np.testing.assert_allclose(y, plain(x), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(layer(x), y, rtol=1e-9)


def test_only_an_update_keeps_the_vector():
    layer, x = layer_of(), tf.constant(RNG.normal(size=SHAPES[None]))
    first = layer.u.numpy()
    one, again = layer(x), layer(x)
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(layer.u, first)
    np.testing.assert_array_equal(layer(x, update=True), one)
    v = matrix(layer) @ first
    u = v @ matrix(layer) / np.linalg.norm(v)
    np.testing.assert_allclose(layer.u, u / np.linalg.norm(u), rtol=1e-6)
    assert (layer(x).numpy() != one.numpy()).any()


def test_the_gradient_takes_the_vectors_as_constants():
    layer, probe = layer_of(), RNG.normal(size=(3, 5))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer.normalized_kernel() * probe)
    gradient = tape.gradient(loss, layer.kernel.value)
    weight, u = matrix(layer), layer.u.numpy()
    v = weight @ u / np.linalg.norm(weight @ u)
    u = v @ weight / np.linalg.norm(v @ weight)
    sigma = v @ weight @ u
    expected = (probe - (probe * weight).sum() * np.outer(v, u) / sigma) / sigma
    np.testing.assert_allclose(gradient, expected, rtol=1e-4)


def test_weights_and_config():
    keras.utils.set_random_seed(1)
    layer = SpectralLinear(64, 3, spectral=True, name="conv")
    assert layer(keras.KerasTensor((2, 8, 8, 32))).shape == (2, 8, 8, 64)
    assert [v.name for v in layer.trainable_variables] == ["kernel", "bias"]
    assert [v.name for v in layer.non_trainable_variables] == ["u"]
    assert abs(np.std(layer.u) / 0.01 - 1) < 0.3 and not np.any(layer.bias)
    np.testing.assert_allclose(np.std(layer.kernel), np.sqrt(2 / (9 * 96)), rtol=0.02)
    again = SpectralLinear.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    plain = SpectralLinear(4, use_bias=False)
    plain.build((None, 3))
    assert [v.name for v in plain.variables] == ["kernel"]


def test_bfloat16_computes_the_singular_value_in_float32():
    exact, layer = layer_of(dtype="float32"), layer_of(dtype="mixed_bfloat16")
    for mine, other in zip(layer.variables, exact.variables, strict=True):
        mine.assign(other)
    x = tf.constant(RNG.normal(size=SHAPES[None]), tf.float32)
    y, want = layer(x, update=True), exact(x, update=True)
    assert y.dtype == tf.bfloat16
    np.testing.assert_array_equal(layer.u, exact.u)
    assert np.abs(np.asarray(y, "float32") - want).max() < 0.03 * np.abs(want).max()
