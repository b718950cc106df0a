"""The mode seeking term at its numerical limits."""

import numpy as np
import tensorflow as tf

from zoo.losses.mode_seeking import mode_seeking_loss

RNG = np.random.default_rng(0)
IMAGES = tf.constant(RNG.normal(size=(2, 3, 4, 4, 3)), tf.float32)
LATENTS = tf.constant(RNG.normal(size=(2, 3, 5)), tf.float32)


def test_coinciding_latents_are_finite():
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        loss = mode_seeking_loss(IMAGES[0], IMAGES[1], LATENTS[0], LATENTS[0])
    assert float(loss) == 0.0
    assert np.isfinite(tape.gradient(loss, IMAGES)).all()


def test_everything_coinciding_is_finite():
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        loss = mode_seeking_loss(IMAGES[0], IMAGES[0], LATENTS[0], LATENTS[0])
    assert np.isfinite(loss) and np.isfinite(tape.gradient(loss, IMAGES)).all()


def test_half_precision_is_computed_in_float32():
    images = tf.cast(IMAGES[0], tf.bfloat16)
    loss = mode_seeking_loss(images, images, LATENTS[0], LATENTS[1])
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, 1e5, rtol=1e-6)  # 1 / epsilon: lost in half precision
