"""The hinge losses, by hand."""

import numpy as np
import tensorflow as tf

from zoo.losses.adversarial import hinge_discriminator_loss, hinge_generator_loss


def test_hinge_by_hand():
    real, fake = tf.constant([2.0, 0.5, -1.0]), tf.constant([-3.0, 0.25])
    np.testing.assert_allclose(hinge_discriminator_loss(real, fake), (0.5 + 2) / 3 + 1.25 / 2)
    np.testing.assert_allclose(hinge_generator_loss(fake), 2.75 / 2)


def test_pairs_beyond_the_margin_have_no_gradient():
    real, fake = tf.constant([1.5, 0.0]), tf.constant([-1.5, 0.0])
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        loss = hinge_discriminator_loss(real, fake)
    gradients = tape.gradient(loss, [real, fake])
    np.testing.assert_allclose(gradients, [[0, -0.5], [0, 0.5]])


def test_half_precision_is_computed_in_float32():
    logits = tf.cast([1.001, 257.3], tf.bfloat16)
    assert hinge_discriminator_loss(logits, logits).dtype == tf.float32
    assert hinge_generator_loss(logits).dtype == tf.float32
