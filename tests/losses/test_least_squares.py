"""Losses of maps of logits, and the gradient penalty."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.losses.gradient_penalty import gradient_penalty
from zoo.losses.least_squares import FORMS, least_squares, over_scales

MAPS = [tf.constant([[1.0, 2.0], [0.0, -1.0]]), tf.constant([[3.0]])]


def test_least_squares():
    assert float(least_squares(MAPS[0], 1)) == pytest.approx((0 + 1 + 1 + 4) / 4)
    assert float(least_squares(MAPS[0], 0)) == pytest.approx((1 + 4 + 0 + 1) / 4)


def test_scales_are_summed_and_each_is_a_mean():
    assert float(over_scales(least_squares, MAPS, 0)) == pytest.approx(1.5 + 9.0)


def test_other_forms():
    assert float(FORMS["wasserstein"](MAPS[0], 1)) == pytest.approx(-0.5)
    assert float(FORMS["wasserstein"](MAPS[0], 0)) == pytest.approx(0.5)
    assert float(FORMS["cross_entropy"](tf.zeros([2, 2]), 1)) == pytest.approx(np.log(2))


@pytest.mark.parametrize("form", FORMS)
def test_half_precision_is_widened(form):
    assert FORMS[form](tf.cast(MAPS[0], tf.bfloat16), 1).dtype == tf.float32


def test_gradient_penalty_of_a_linear_critic():
    """The gradient is the weight everywhere, so the penalty is 10 (|w| - 1)^2."""
    weight = tf.constant([[3.0], [4.0]])
    real, fake = tf.ones([5, 2]), tf.zeros([5, 2])
    penalty = gradient_penalty(lambda x: x @ weight, real, fake, tf.zeros([5, 1]))
    assert float(penalty) == pytest.approx(10 * (5 - 1) ** 2)
    other = gradient_penalty(lambda x: x @ weight, real, fake, 0.5, target_norm=5.0, weight=1.0)
    assert float(other) == pytest.approx(0.0)


def test_gradient_penalty_is_taken_between_real_and_fake():
    """Of a critic x^2 the gradient at x is 2x."""
    real, fake, alpha = (tf.constant([[v], [w]]) for v, w in ((3.0, 1.0), (1.0, 1.0), (1.0, 0.5)))
    penalty = gradient_penalty(tf.square, real, fake, alpha, weight=1.0)
    assert float(penalty) == pytest.approx(((6 - 1) ** 2 + (2 - 1) ** 2) / 2)


def test_gradient_penalty_can_be_trained():
    weight = tf.Variable([[3.0], [4.0]])
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(lambda x: x @ weight, tf.ones([5, 2]), tf.zeros([5, 2]), 0.5)
    expected = 10 * 2 * (5 - 1) * np.array([[3.0], [4.0]]) / 5
    np.testing.assert_allclose(tape.gradient(penalty, weight), expected, rtol=1e-5)
