"""Spectral normalization compared with NumPy: singular value, gradient, precision, replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from zoo.layers.spectral_normalization import SpectralConv2D

RNG = np.random.default_rng(0)


def layer_of(filters=5, dtype="float64", **options):
    """A layer with 3 input channels and weights far from orthogonal."""
    layer = SpectralConv2D(filters, 4, 2, dtype=dtype, **options)
    layer.build((None, 8, 8, 3))
    layer.kernel.assign(RNG.normal(0, 0.3, layer.kernel.shape))
    return layer


def images(dtype="float64", count=2):
    return tf.constant(RNG.normal(size=(count, 8, 8, 3)), dtype)


def matrix(layer):
    """W: (filters, rest)."""
    return np.asarray(layer.kernel).reshape(-1, layer.filters).T


def vectors(layer):
    return np.asarray(layer.u), np.asarray(layer.v)


def test_a_converged_layer_divides_by_the_largest_singular_value():
    layer, x = layer_of(), images()
    for _ in range(300):
        y = layer(x)
    largest = np.linalg.svd(matrix(layer), compute_uv=False)[0]
    u, v = vectors(layer)
    np.testing.assert_allclose(u @ matrix(layer) @ v, largest, rtol=1e-9)
    plain = tf.nn.conv2d(x, np.asarray(layer.kernel) / largest, 2, [(0, 0), (1, 1), (1, 1), (0, 0)])
    np.testing.assert_allclose(y, plain + np.asarray(layer.bias), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_every_call_takes_one_step_of_power_iteration(training, compiled):
    layer, x = layer_of(), images()
    network = keras.Sequential([layer])  # hands `training` on as any parent does
    call = tf.function(network) if compiled else network
    call(x, training=training)  # traces
    for _ in range(3):
        u, _ = vectors(layer)
        call(x, training=training)
        v = matrix(layer).T @ u
        v /= np.linalg.norm(v)
        u = matrix(layer) @ v
        np.testing.assert_allclose(vectors(layer)[0], u / np.linalg.norm(u), rtol=1e-9)
        np.testing.assert_allclose(vectors(layer)[1], v, rtol=1e-9)


def test_building_on_symbolic_inputs_leaves_the_vectors_at_length_1():
    layer = SpectralConv2D(6, 3, name="conv")
    assert layer(keras.KerasTensor((2, 8, 8, 3))).shape == (2, 8, 8, 6)
    for vector in vectors(layer):
        np.testing.assert_allclose(np.linalg.norm(vector), 1, rtol=1e-6)


def test_the_gradient_takes_the_vectors_of_each_call_as_constants():
    """dl/dW = (G - <G, W> u v' / sigma) / sigma, summed over calls, with G = dl/d(W / sigma)."""
    layer, probes = layer_of(), [RNG.normal(size=(48, 5)) for _ in range(2)]
    weight, expected = matrix(layer), 0
    with tf.GradientTape() as tape:
        loss = 0
        for probe in probes:
            normalized = layer.normalized_kernel()
            loss += tf.reduce_sum(tf.reshape(normalized, probe.shape) * probe)
            u, v = vectors(layer)
            sigma = u @ weight @ v
            expected += (probe.T - (probe.T * weight).sum() * np.outer(u, v) / sigma) / sigma
    assert [v.name for v in layer.trainable_variables] == ["kernel", "bias"]
    gradient = tape.gradient(loss, layer.kernel.value)
    np.testing.assert_allclose(np.reshape(gradient, (-1, 5)).T, expected, rtol=1e-9)


def test_initial_weights():
    keras.utils.set_random_seed(1)
    layer = SpectralConv2D(6, 3, dtype="float64")
    layer.build((None, 8, 8, 32))
    rows = matrix(layer)
    np.testing.assert_allclose(rows @ rows.T, np.eye(6), atol=1e-6)
    bias = np.asarray(layer.bias)
    assert 0 < np.abs(bias).max() <= (9 * 32) ** -0.5 and bias.min() < 0 < bias.max()
    u, v = vectors(layer)
    np.testing.assert_allclose([np.linalg.norm(u), np.linalg.norm(v)], 1, rtol=1e-6)
    assert np.abs(v).max() < 0.5  # a random direction, not an axis


def test_bfloat16_computes_the_singular_value_in_float32():
    exact = layer_of(dtype="float32")
    layer = layer_of(dtype="mixed_bfloat16")
    for mine, other in zip(layer.variables, exact.variables, strict=True):
        mine.assign(other)
    x = images("float32")
    y, want = layer(x), exact(x)
    assert y.dtype == tf.bfloat16
    assert {v.dtype for v in layer.variables} == {"float32"}
    for mine, other in zip(vectors(layer), vectors(exact), strict=True):
        np.testing.assert_array_equal(mine, other)
    difference = np.abs(np.asarray(y, "float32") - want).max()
    assert 0 < difference < 0.02 * np.abs(want).max()


def test_replicas_keep_the_same_vectors_as_one_device(two_devices):  # noqa: F811
    x = images("float32", count=4)
    alone = layer_of(dtype="float32")
    with two_devices.scope():
        layer = layer_of(dtype="float32")
    for mine, other in zip(layer.variables, alone.variables, strict=True):
        mine.assign(other)
    data = tf.data.Dataset.from_tensor_slices(x).batch(4)
    batch = next(iter(two_devices.experimental_distribute_dataset(data)))

    @tf.function
    def gradient(part):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(layer(part)[..., :3]) ** 2)
        return tape.gradient(loss, layer.kernel.value)

    for _ in range(3):
        two_devices.run(gradient, (batch,))
        alone(alone(x)[..., :3])
    for name in ("u", "v"):
        first, second = copies(two_devices, layer, name)
        np.testing.assert_array_equal(first, second)
        np.testing.assert_allclose(first, np.asarray(getattr(alone, name)), rtol=1e-4)
    apart = two_devices.experimental_local_results(layer.u.value)[1]
    apart.assign(tf.roll(apart, 1, 0))  # a copy that has diverged is synchronized again
    two_devices.run(gradient, (batch,))
    for name in ("u", "v"):
        np.testing.assert_array_equal(*copies(two_devices, layer, name))


def copies(strategy, layer, name):
    values = strategy.experimental_local_results(getattr(layer, name).value)
    assert len(values) == 2
    return [value.numpy() for value in values]


def test_config_round_trip():
    layer = SpectralConv2D(7, 3, strides=2, padding="valid", name="conv", dtype="float64")
    again = SpectralConv2D.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    for each in (layer, again):
        each.build((None, 8, 8, 3))
    assert [v.path for v in again.variables] == [v.path for v in layer.variables]
    assert [v.name for v in layer.variables] == ["kernel", "bias", "u", "v"]
