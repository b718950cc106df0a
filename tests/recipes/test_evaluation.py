"""Held-out scores."""

import numpy as np
import tensorflow as tf

from recipes.evaluation import Subset, frechet_distance
from zoo.data import get_source


def test_distance_of_a_set_to_itself_is_zero():
    x = np.random.RandomState(0).randn(50, 6)
    assert abs(frechet_distance(x, x)) < 1e-8


def test_distance_of_a_shift_is_its_square():
    x = np.random.RandomState(0).randn(50, 6)
    np.testing.assert_allclose(frechet_distance(x, x + [3, 0, 0, 4, 0, 0]), 25, rtol=1e-9)


def test_distance_of_independent_axes():
    # tr(A + B - 2 (A B)^(1/2)) of diagonal A, B is the sum of (sqrt a - sqrt b)^2
    rows = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], float)
    a, b = rows * [1, 2], rows * [4, 2]
    expected = (np.sqrt(4 / 3) * (4 - 1)) ** 2
    np.testing.assert_allclose(frechet_distance(a, b), expected, rtol=1e-9)


def test_subset_is_spread_over_the_source():
    source = get_source("shapes", size=16, count=10)
    subset = Subset(source, 4)
    assert len(subset) == 4
    assert subset.captions == [source.captions[i] for i in (0, 3, 6, 9)]
    for i, place in enumerate((0, 3, 6, 9)):
        np.testing.assert_array_equal(subset.load(tf.constant(i)), source.load(place))
    assert len(Subset(source, 99)) == 10
