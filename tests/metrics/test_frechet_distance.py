import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.feature_statistics import FeatureStatistics
from zoo.metrics.frechet_distance import FrechetDistanceTo, frechet_distance


def features(rows=50, size=6):
    return np.random.RandomState(0).randn(rows, size)


def test_distance_of_a_set_to_itself_is_zero():
    assert abs(frechet_distance(features(), features())) < 1e-8


def test_distance_of_a_shift_is_its_square():
    x = features()
    np.testing.assert_allclose(frechet_distance(x, x + [3, 0, 0, 4, 0, 0]), 25, rtol=1e-9)


def test_distance_of_independent_axes():
    # tr(A + B - 2 (A B)^(1/2)) of diagonal A, B is the sum of (sqrt a - sqrt b)^2
    rows = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], float)
    a, b = rows * [1, 2], rows * [4, 2]
    expected = (np.sqrt(4 / 3) * (4 - 1)) ** 2
    np.testing.assert_allclose(frechet_distance(a, b), expected, rtol=1e-9)


def test_fewer_rows_than_features_and_either_order():
    a, b = features(8, 20), features(30, 20)[::-1] * 2 + 1
    assert np.isfinite(frechet_distance(a, b))
    np.testing.assert_allclose(frechet_distance(a, b), frechet_distance(b, a), rtol=1e-6)


def test_one_feature():
    np.testing.assert_allclose(frechet_distance([[0.0], [2.0]], [[5.0], [7.0]]), 25)


def test_many_distances_from_one_set():
    a, others = features(), [features(30) * k + k for k in (1, 2)]
    one, *rest = (FeatureStatistics(6).update(x) for x in (a, *others))
    distance = FrechetDistanceTo(one.mean, one.covariance)
    for x, statistics in zip(others, rest, strict=True):
        got = distance(statistics.mean, statistics.covariance)
        np.testing.assert_allclose(got, frechet_distance(a, x), rtol=1e-12)
    with pytest.raises(ZooError, match="shapes"):
        distance(np.zeros(5), np.eye(5))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (features(5, 3), features(5, 4)),
        (features(5, 3)[0], features(5, 3)),
        (features(1, 3), features(5, 3)),
        (features(5, 3) * np.nan, features(5, 3)),
    ],
)
def test_features_are_checked(a, b):
    with pytest.raises(ZooError, match="frechet_distance needs|15 NaN of 15"):
        frechet_distance(a, b)
