"""Accuracy and mean intersection over union of named cells, by hand."""

import pytest

from zoo.errors import ZooError
from zoo.metrics.cell_scores import cell_scores


def test_scores_by_hand():
    true, named = [[0, 0], [0, 1]], [[0, 1], [0, 1]]
    scores = cell_scores(named, true, 3)  # class 2 is neither there nor named
    assert scores["accuracy"] == 3 / 4 and scores["majority_share"] == 3 / 4
    assert scores["mean_iou"] == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_a_class_that_is_named_but_not_there_counts():
    assert cell_scores([0, 2], [0, 0], 3)["mean_iou"] == pytest.approx((1 / 2 + 0) / 2)


@pytest.mark.parametrize("named, true", [([0], [0, 1]), ([], [])])
def test_shapes_are_checked(named, true):
    with pytest.raises(ZooError, match="must have one shape and not be empty"):
        cell_scores(named, true, 2)
