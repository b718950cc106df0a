"""Instance normalization: the formula, its two forms, and precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers import instance_normalization
from zoo.layers.instance_normalization import InstanceNormalization

SIZE = 32  # just large enough for the fused form


def make_images(batch=3, size=SIZE, channels=5, dtype="float32"):
    rng = np.random.default_rng(batch)
    return tf.constant(2.0 + 3.0 * rng.normal(size=(batch, size, size, channels)), dtype)


def expected(x, epsilon=1e-5):
    x = np.asarray(x, "float64")
    return (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + epsilon)


@pytest.fixture(params=["fused", "plain"])
def form(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr(instance_normalization, "FUSED_BATCH", 0)
    layer = InstanceNormalization()
    assert layer._fusible(make_images()) == (request.param == "fused")
    return layer


@pytest.mark.parametrize("batch", [1, 3])
def test_formula(form, batch):
    x = make_images(batch)
    y = form(x)
    assert y.shape == x.shape and y.dtype == x.dtype
    np.testing.assert_allclose(y, expected(x), atol=1e-5)
    wide = InstanceNormalization(epsilon=10.0)
    np.testing.assert_allclose(wide(x), expected(x, 10.0), atol=1e-5)


def test_float64(float64):
    x = make_images(dtype="float64")
    np.testing.assert_allclose(InstanceNormalization()(x), expected(x), atol=1e-14)


def test_half_precision_keeps_its_statistics_in_float32(form):
    """A mean of 200 with spread 1 is lost in bfloat16's own sums."""
    layer = InstanceNormalization(dtype="mixed_bfloat16")
    rng = np.random.default_rng(0)
    x = tf.cast(200.0 + 8.0 * rng.normal(size=(2, SIZE, SIZE, 3)), tf.bfloat16)
    y = layer(x)
    assert y.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(y, tf.float64), expected(tf.cast(x, tf.float64)), atol=0.02)


def gradient(layer, x):
    weight = tf.sin(tf.cast(tf.range(tf.size(x)), x.dtype))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(tf.reshape(layer(x), [-1]) * weight)
    return tape.gradient(loss, x)


def test_both_forms_have_the_same_gradient(monkeypatch):
    x, layer = make_images(), InstanceNormalization()
    fused = gradient(layer, x)
    monkeypatch.setattr(instance_normalization, "FUSED_BATCH", 0)
    np.testing.assert_allclose(fused, gradient(layer, x), atol=1e-5)


def test_a_image_does_not_depend_on_the_batch():
    x, layer = make_images(3), InstanceNormalization()
    np.testing.assert_allclose(layer(x)[1:2], layer(x[1:2]), atol=1e-6)


def test_unknown_sizes_take_the_plain_form():
    layer = InstanceNormalization()
    run = tf.function(layer, input_signature=[tf.TensorSpec([None, None, None, 5])])
    np.testing.assert_allclose(run(make_images()), expected(make_images()), atol=1e-5)


def test_constant_images_become_zero(form):
    np.testing.assert_allclose(form(tf.fill([2, SIZE, SIZE, 3], 7.0)), 0.0, atol=1e-3)


def test_config_and_no_weights():
    layer = InstanceNormalization(epsilon=1e-3, name="n")
    layer(make_images())
    assert layer.weights == []
    config = layer.get_config()
    assert InstanceNormalization.from_config(config).get_config() == config
    assert keras.saving.get_registered_object("zoo>InstanceNormalization") is InstanceNormalization
