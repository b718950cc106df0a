import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.feature_statistics import FeatureStatistics
from zoo.metrics.frechet_distance import frechet_distance_of_gaussians


def rows(count=40, size=5):
    return np.random.RandomState(1).randn(count, size) * np.arange(1, size + 1)


def test_batches_give_what_all_rows_give():
    x = rows()
    running = FeatureStatistics(5)
    for batch in (x[:1], x[1:1], x[1:20], x[20:]):
        running.update(batch)
    assert running.count == 40
    np.testing.assert_allclose(running.mean, x.mean(0), atol=1e-12)
    np.testing.assert_allclose(running.covariance, np.cov(x, rowvar=False), rtol=1e-10)


def test_merged_parts_give_what_all_rows_give():
    x, parts = rows(), [FeatureStatistics(5) for _ in range(3)]
    parts[0].update(x[:13])
    parts[2].update(x[13:])
    whole = parts[0].merge(parts[1]).merge(parts[2])
    assert whole.count == 40
    np.testing.assert_allclose(whole.covariance, np.cov(x, rowvar=False), rtol=1e-10)


def test_a_large_mean_costs_no_digits():
    x = rows()
    running = FeatureStatistics(5)
    for row in x + 1e6:
        running.update(row[None].astype("float64"))
    np.testing.assert_allclose(running.covariance, np.cov(x, rowvar=False), rtol=1e-6, atol=1e-7)


def test_float32_batches_are_summed_in_float64():
    x = rows(4000).astype("float32")
    running = FeatureStatistics(5)
    for batch in np.array_split(x, 100):
        running.update(batch)
    np.testing.assert_allclose(running.mean, x.astype("float64").mean(0), atol=1e-12)


def test_arguments_are_checked():
    with pytest.raises(ZooError, match="size"):
        FeatureStatistics(0)
    with pytest.raises(ZooError, match="shape"):
        FeatureStatistics(5).update(rows(3, 4))
    with pytest.raises(ZooError, match="finite"):
        FeatureStatistics(5).update(rows() * np.nan)
    with pytest.raises(ZooError, match="two rows"):
        FeatureStatistics(5).update(rows(1)).covariance  # noqa: B018
    with pytest.raises(ZooError, match="merge"):
        FeatureStatistics(5).merge(FeatureStatistics(4))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.array([[1.0, 2], [0, 1]]), "symmetric"),
        (np.diag([1.0, -0.1]), "negative"),
        (np.eye(2) * np.nan, "finite"),
        (np.eye(3), "covariances"),
    ],
)
def test_what_is_no_covariance_is_refused(matrix, message):
    for order in (1, -1):
        a, b = [(np.zeros(2), matrix), (np.zeros(2), np.eye(2))][::order]
        with pytest.raises(ZooError, match=message):
            frechet_distance_of_gaussians(*a, *b)


def test_rounding_below_zero_is_no_error():
    tiny = np.diag([1.0, -1e-8])
    got = frechet_distance_of_gaussians(np.zeros(2), tiny, np.ones(2), tiny)
    assert got == pytest.approx(2, abs=1e-6)
