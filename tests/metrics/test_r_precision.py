import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.r_precision import cosine_scores, r_precision, r_precision_hits


def test_the_true_caption_must_be_nearest_by_angle():
    images = np.array([[1.0, 0.0], [1.0, 0.0]])
    captions = np.array([[[0.1, 0.0], [5.0, 5.0]], [[3.0, 3.0], [0.2, 0.0]]])
    np.testing.assert_allclose(
        cosine_scores(images, captions), [[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]]
    )
    np.testing.assert_array_equal(r_precision_hits(images, captions), [1, 0])


def test_a_tie_is_a_hit_and_a_code_of_zeros_scores_zero():
    images, captions = np.zeros([1, 3]), np.ones([1, 4, 3])
    np.testing.assert_array_equal(cosine_scores(images, captions), np.zeros([1, 4]))
    np.testing.assert_array_equal(r_precision_hits(images, captions), [1])


def test_official_folds_leave_out_their_last_hit():
    hits = np.array([1, 1, 0] * 2 + [1, 1, 1] * 2)
    assert r_precision(hits, "official", count=4) == (1, 0)
    assert r_precision(hits, "exact", count=4) == pytest.approx((5 / 6, 1 / 6))
    assert r_precision(hits[:3], "official", count=1) == (1, 0)


def test_every_hit_is_in_one_fold():
    hits = np.zeros(23, int)
    for place in range(23):
        hits[:] = 0
        hits[place] = 1
        assert r_precision(hits, count=10)[0] > 0


@pytest.mark.parametrize(
    ("hits", "folds", "count", "message"),
    [
        ([1, 0], "wrong", 1, "official"),
        ([1, 0.5], "exact", 1, "zeros and ones"),
        ([[1, 0]], "exact", 1, "zeros and ones"),
        ([1, 0, 1], "exact", 4, "need at least 4"),
        ([1, 0, 1], "official", 2, "need at least 4"),
        ([1, 0], "exact", 0, "count"),
    ],
)
def test_hits_are_checked(hits, folds, count, message):
    with pytest.raises(ZooError, match=message):
        r_precision(hits, folds, count)


def test_codes_are_checked():
    for shapes in (((3, 4), (3, 5)), ((3, 4), (2, 9, 4)), ((3, 4), (3, 9, 5)), ((3,), (3, 9, 4))):
        with pytest.raises(ZooError, match="image codes"):
            cosine_scores(*(np.ones(shape) for shape in shapes))
