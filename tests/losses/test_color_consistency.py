"""Color consistency compared with plain formulas."""

import numpy as np
import tensorflow as tf

from zoo.losses import color_consistency

RNG = np.random.default_rng(0)


def make_images(size):
    return tf.constant(RNG.uniform(-1, 1, (2, size, size, 3)), tf.float32)


def test_statistics_of_one_image():
    images = make_images(4)
    mean, covariance = color_consistency.color_statistics(images)
    pixels = np.reshape(images[1], (-1, 3))
    np.testing.assert_allclose(mean[1], pixels.mean(0), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(covariance[1], np.cov(pixels.T, bias=True), rtol=1e-4, atol=1e-7)


def test_only_the_larger_image_of_a_pair_follows():
    images = [make_images(4), make_images(8), make_images(16)]
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = color_consistency.color_consistency_loss(images)
    smallest, *others = tape.gradient(loss, images)
    assert smallest is None or not np.any(smallest)
    assert all(np.abs(gradient).max() > 0 for gradient in others)


def test_zero_for_one_stage_and_for_upsampled_images():
    small = make_images(4)
    enlarged = tf.repeat(tf.repeat(small, 2, axis=1), 2, axis=2)
    assert float(color_consistency.color_consistency_loss([small])) == 0
    np.testing.assert_allclose(
        color_consistency.color_consistency_loss([small, enlarged]), 0, atol=1e-12
    )


def test_half_precision_is_computed_in_float32():
    images = [tf.cast(make_images(size), tf.bfloat16) for size in (4, 8)]
    assert color_consistency.color_consistency_loss(images).dtype == tf.float32
