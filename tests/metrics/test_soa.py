import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.detections import keep_detections
from zoo.metrics.soa import box_iou, label_accuracy, label_iou, soa


def test_a_image_counts_once():
    assert label_accuracy(3, [[3, 3], [1], [], [1, 3]]) == (2, 4)
    assert label_accuracy(3, []) == (0, 0)


def test_scores_over_labels():
    scores = soa([1, 0, 3], [2, 0, 3], ious=[0.5, 0.0, 1.0])
    np.testing.assert_allclose(scores["accuracy"], [0.5, 0, 1])
    assert scores["soa_c"] == pytest.approx(0.5)
    assert scores["soa_i"] == pytest.approx(4 / 5)
    assert scores["soa_c_iou"] == pytest.approx(0.5)
    assert scores["soa_i_iou"] == pytest.approx(4 / 5)
    assert np.isnan(scores["soa_c_top40"])


def test_halves_of_80_labels():
    images = np.arange(1, 81)
    scores = soa(np.where(images > 40, images, 0), images)
    assert (scores["soa_c_top40"], scores["soa_c_bot40"]) == (1, 0)


def test_box_iou_by_hand():
    box = [0.25, 0.25, 0.5, 0.5]
    assert box_iou(box, box) == 1
    assert box_iou(box, [0.5, 0.25, 0.5, 0.5]) == pytest.approx(1 / 3)
    assert box_iou(box, [0.75, 0.25, 0.1, 0.5]) == 0
    assert box_iou([-0.25, 0, 0.5, 1], [0, 0, 0.25, 1]) == 1  # the part outside is cut off


def test_images_without_a_box_are_left_out():
    box = np.array([[0, 0, 0.5, 0.5]])
    none = np.zeros([0, 4])
    got = label_iou(2, [[2], [2], []], [box, box, none], [[2], [1], [2]], [box, box, box])
    assert got == 1
    assert label_iou(2, [[1]], [box], [[2]], [box]) == 0


def prediction(x, y, objectness, scores, size=10):
    return [x, y, size, size, objectness, *scores]


def test_overlapping_boxes_of_a_class_merge():
    rows = [
        prediction(10, 10, 0.6, [0.9, 0.1]),
        prediction(12, 10, 0.9, [0.9, 0.1]),
        prediction(10, 10, 0.8, [0.1, 0.9]),  # another class
        prediction(60, 10, 0.5, [0.2, 0.1]),  # far away; a class score of 0.2 is kept
        prediction(90, 90, 0.4, [1.0, 0.1]),  # below the threshold
    ]
    (got,) = keep_detections([rows])
    np.testing.assert_allclose(got[:, 4:], [[0.9, 0.9, 0], [0.8, 0.9, 1], [0.5, 0.2, 0]])
    left = (0.6 * 5 + 0.9 * 7) / 1.5
    np.testing.assert_allclose(got[0, :4], [left, 5, left + 10, 15])


def test_arguments_are_checked():
    with pytest.raises(ZooError, match="predictions"):
        keep_detections(np.ones([2, 3, 5]))
    with pytest.raises(ZooError, match="objectness"):
        keep_detections(np.ones([2, 3, 6]), objectness=0)
    with pytest.raises(ZooError, match="hits and images"):
        soa([1, 2], [3])
    with pytest.raises(ZooError, match="between 0"):
        soa([4], [3])
    for wrong in (["a"], [0.5], [np.nan]):
        with pytest.raises(ZooError, match="The array hits"):
            soa(wrong, [3])
    for box in (["a", 1, 1, 1], [1, 1, 1]):
        with pytest.raises(ZooError, match="A box"):
            box_iou(box, [0, 0, 1, 1])
    with pytest.raises(ZooError, match="ious"):
        soa([1], [3], ious=[1, 2])
    with pytest.raises(ZooError, match="one per image"):
        label_iou(1, [[1]], [], [[1]], [[]])
    with pytest.raises(ZooError, match="must match"):
        label_iou(1, [[1]], [np.ones([2, 4])], [[1]], [np.ones([1, 4])])
