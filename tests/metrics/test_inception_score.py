import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.inception_score import inception_score, negative_log_posterior_probability


def test_sure_and_varied_images_score_the_number_of_classes():
    assert inception_score(np.tile(np.eye(4), (5, 1)), splits=1) == pytest.approx((4, 0))


def test_equal_images_score_one():
    p = np.tile([0.7, 0.2, 0.1], (20, 1))
    assert inception_score(p, splits=5) == pytest.approx((1, 0))
    assert negative_log_posterior_probability(p, splits=5) == pytest.approx((-np.log(0.7), 0))


def test_each_split_has_its_own_marginal():
    p = np.repeat(np.eye(2), 6, axis=0)  # each half shows one class
    assert inception_score(p, splits=2) == pytest.approx((1, 0))
    assert inception_score(p, splits=1) == pytest.approx((2, 0))
    mean, deviation = inception_score(np.roll(p, 3, axis=0)[:9], splits=2)
    assert mean > 1 and deviation > 0


@pytest.mark.parametrize("metric", [inception_score, negative_log_posterior_probability])
@pytest.mark.parametrize(
    ("p", "splits", "message"),
    [
        (np.ones(3) / 3, 1, "shape"),
        (np.ones([0, 3]), 1, "shape"),
        (np.random.RandomState(0).randn(4, 3), 1, "softmax"),
        (np.full([4, 3], np.nan), 1, "12 NaN of 12"),
        (np.ones([4, 2]) / 2, 5, "splits"),
        (np.ones([4, 2]) / 2, 0, "splits"),
        (np.ones([4, 2]) / 2, 1.0, "splits"),
    ],
)
def test_arguments_are_checked(metric, p, splits, message):
    with pytest.raises(ZooError, match=message):
        metric(p, splits)


def test_remainder_is_spread_or_dropped():
    p = np.random.RandomState(0).dirichlet(np.ones(3), 11)
    dropped = inception_score(p, splits=4, remainder="dropped")
    assert dropped == inception_score(p[:8], splits=4) != inception_score(p, splits=4)
    assert inception_score(p[:8], 4, "dropped") == inception_score(p[:8], 4)
    with pytest.raises(ZooError, match="remainder"):
        inception_score(p, remainder="kept")
