"""Batch normalization: the fused and the unfused form, running statistics, replicas."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.batch_normalization import BatchNormalization

RNG = np.random.default_rng(0)


def reference(x, gamma, beta, epsilon=1e-5):
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta, mean, variance


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (6, 3), (6, 7, 3)])
def test_training_normalizes_and_keeps_the_unbiased_variance(shape, dtype):
    x = RNG.normal(2, 3, shape)
    layer = BatchNormalization(dtype=dtype)
    layer.build(shape)
    gamma, beta = RNG.normal(size=3), RNG.normal(size=3)
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    got = layer(tf.constant(x, dtype), training=True)
    want, mean, variance = reference(x, gamma, beta)
    np.testing.assert_allclose(got, want, atol=1e-5 if dtype == "float32" else 1e-12)
    count = x.size // 3
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * mean, rtol=1e-5)
    expected = 0.9 + 0.1 * variance * count / (count - 1)
    np.testing.assert_allclose(layer.moving_variance.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inference_uses_the_running_statistics(dtype):
    x = RNG.normal(size=(4, 2, 2, 3))
    layer = BatchNormalization(dtype=dtype)
    layer.build(x.shape)
    layer.moving_mean.assign([1.0, 2.0, 3.0])
    layer.moving_variance.assign([4.0, 1.0, 0.25])
    want = (x - [1, 2, 3]) / np.sqrt(np.array([4, 1, 0.25]) + 1e-5)
    np.testing.assert_allclose(layer(tf.constant(x, dtype), training=False), want, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [1, 2, 3])


def test_both_forms_have_the_same_gradient():
    x = RNG.normal(size=(4, 3, 3, 2))
    gradients = []
    for dtype in ("float32", "float64"):
        layer = BatchNormalization(dtype=dtype)
        inputs = tf.constant(x, dtype)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(layer(inputs, training=True) ** 3)
        gradients.append(tape.gradient(loss, inputs).numpy())
    np.testing.assert_allclose(gradients[0], gradients[1], atol=1e-4)


def test_bfloat16_keeps_float32_statistics():
    layer = BatchNormalization(dtype="mixed_bfloat16")
    y = layer(tf.constant(RNG.normal(size=(8, 4, 4, 3)), tf.bfloat16), training=True)
    assert y.dtype == tf.bfloat16
    assert {v.dtype for v in layer.variables} == {"float32"}


@pytest.mark.parametrize("synchronized", [True, False])
def test_replicas(synchronized, tmp_path):
    """In a separate process: TensorFlow confuses the collectives of several strategies in one."""
    x = RNG.normal(size=(8, 2, 2, 3)).astype("float32")
    x[4:] += 5  # the second replica's half has another distribution
    np.save(tmp_path / "x.npy", x)
    program = [sys.executable, "-m", "tests.layers.normalize_on_replicas"]
    subprocess.run([*program, str(tmp_path), str(int(synchronized))], check=True)
    results = np.load(tmp_path / "results.npz")
    ones, zeros = np.ones(3), np.zeros(3)
    together = reference(x, ones, zeros)[0]
    apart = np.concatenate([reference(half, ones, zeros)[0] for half in np.split(x, 2)])
    np.testing.assert_allclose(results["y"], together if synchronized else apart, atol=1e-4)
    for mean in results["moving_mean"]:  # both copies
        np.testing.assert_allclose(mean, 0.1 * x.mean((0, 1, 2)), rtol=1e-4)
    np.testing.assert_array_equal(*results["moving_variance"])


def test_equal_values_on_replicas_give_no_negative_variance(tmp_path):
    x = np.broadcast_to(np.float32([1000.3, 777.7, 0.1]), (8, 3, 3, 3))
    np.save(tmp_path / "x.npy", x)
    program = [sys.executable, "-m", "tests.layers.normalize_on_replicas"]
    subprocess.run([*program, str(tmp_path), "1"], check=True)
    results = np.load(tmp_path / "results.npz")
    assert np.isfinite(results["y"]).all()
    assert (results["moving_variance"] >= 0.9 * (1 - 1e-6)).all()  # of the first value, 1


def test_config_round_trip():
    layer = BatchNormalization(momentum=0.8, epsilon=1e-3, synchronized=True)
    assert BatchNormalization.from_config(layer.get_config()).get_config() == layer.get_config()
