"""Losses of maps of logits, and the gradient penalty."""

import numpy as np
import pytest
import tensorflow as tf

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
