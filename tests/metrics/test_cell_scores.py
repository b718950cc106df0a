"""Accuracy and mean intersection over union of named cells, by hand."""

import numpy as np
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


@pytest.mark.parametrize("named, true, message", [
    ([[0, 5]], [[0, 1]], "named cells must be classes from 0 to 2, got numbers from 0 to 5"),
    ([0, 1], [0, -1], "true cells must be classes from 0 to 2, got numbers from -1 to 0"),
    ([0.5, 1], [0, 1], "whole numbers"), (["a"], ["b"], "real numbers"),
])
def test_numbers_that_are_no_classes(named, true, message):
    with pytest.raises(ZooError, match=message):
        cell_scores(np.array(named), np.array(true), 3)
    with pytest.raises(ZooError, match="classes must be a whole number of at least 1, got 2.0"):
        cell_scores([0], [0], 2.0)


def test_bytes_do_not_overflow():
    cells = np.full(4, 19, np.uint8)
    assert cell_scores(cells, cells, np.int64(20))["accuracy"] == 1
    assert cell_scores(np.full(4, 7, np.uint8), cells, 20)["accuracy"] == 0


@pytest.mark.parametrize("named, true", [([0], [0, 1]), ([], [])])
def test_shapes_are_checked(named, true):
    with pytest.raises(ZooError, match="must have one shape and not be empty"):
        cell_scores(named, true, 2)
