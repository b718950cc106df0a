"""`FlaxBatchNorm` compared with NumPy, fused and unfused, alone and on replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from zoo.layers.batch_normalization import FlaxBatchNorm

X = np.random.default_rng(0).normal(3, 2, (4, 5, 5, 3)) * [1, 2, 3]


def layer_of(dtype="float64", **options):
    layer = FlaxBatchNorm(dtype=dtype, **options)
    layer.build(X.shape)
    return layer


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_batch_and_running_statistics(dtype):
    layer, mean, variance = layer_of(dtype), X.mean((0, 1, 2)), X.var((0, 1, 2))
    exact = {"rtol": 1e-4, "atol": 1e-5}
    wanted = (X - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(layer(X, training=True, update=False), wanted, **exact)
    assert not np.any(layer.moving_mean) and (np.asarray(layer.moving_variance) == 1).all()
    np.testing.assert_allclose(layer(X, training=True), wanted, **exact)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, **exact)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * variance, **exact)
    running = (X - 0.1 * mean) / np.sqrt(0.9 + 0.1 * variance + 1e-5)
    np.testing.assert_allclose(layer(X), running, **exact)


def test_it_has_no_trained_weights():
    layer = layer_of(synchronized=True, momentum=0.5, epsilon=1e-3)
    assert not layer.trainable_variables
    assert [v.name for v in layer.variables] == ["moving_mean", "moving_variance"]
    again = FlaxBatchNorm.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("synchronized", [True, False])
def test_replicas(two_devices, synchronized):  # noqa: F811
    with two_devices.scope():
        layer = layer_of("float32", synchronized=synchronized)
    data = tf.data.Dataset.from_tensor_slices(X.astype("float32")).batch(4)
    batch = next(iter(two_devices.experimental_distribute_dataset(data)))

    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            loss = tf.reduce_sum(y**3)
        return y, tape.gradient(loss, x)

    run = tf.function(lambda b: two_devices.run(step, (b,)), autograph=False)
    made, gradients = (
        np.concatenate(two_devices.experimental_local_results(part)) for part in run(batch)
    )
    whole = [X] if synchronized else [X[:2], X[2:]]
    alone, wanted = layer_of("float64"), []
    for part in whole:
        x = tf.constant(part)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = alone(x, training=True, update=False)
            loss = tf.reduce_sum(y**3)
        wanted.append((y, tape.gradient(loss, x)))
    for i, got in enumerate((made, gradients)):
        np.testing.assert_allclose(got, np.concatenate([w[i] for w in wanted]), 1e-3, 1e-4)
    means = np.mean([part.mean((0, 1, 2)) for part in whole], axis=0)
    variances = np.mean([part.var((0, 1, 2)) for part in whole], axis=0)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * means, rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * variances, rtol=1e-4)


def test_bfloat16_keeps_float32_statistics():
    layer = layer_of("mixed_bfloat16")
    y = layer(tf.cast(X, tf.bfloat16), training=True)
    assert y.dtype == tf.bfloat16 and layer.moving_mean.dtype == "float32"
    assert keras.backend.standardize_dtype(layer(tf.cast(X, tf.bfloat16)).dtype) == "bfloat16"


def test_a_variance_beyond_float16():
    layer = FlaxBatchNorm(dtype="mixed_float16")
    layer.build((None, 1, 1, 1))
    layer.moving_variance.assign([1e6])
    y = layer(tf.fill([1, 1, 1, 1], 1000.0))
    assert y.dtype == layer.compute_dtype
    np.testing.assert_allclose(float(y[0, 0, 0, 0]), 1, rtol=0.01)
