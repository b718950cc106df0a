"""The input of every metric is finite and in range, and so is its output."""

import math

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers
from zoo.metrics.class_probabilities import class_logits, class_probabilities, full_batches
from zoo.metrics.detections import keep_detections
from zoo.metrics.feature_statistics import FeatureStatistics
from zoo.metrics.frechet_distance import (
    FrechetDistanceTo,
    frechet_distance,
    frechet_distance_of_gaussians,
)
from zoo.metrics.inception_score import inception_score, negative_log_posterior_probability
from zoo.metrics.lpips import lpips, trunk_input
from zoo.metrics.mode_coverage import mode_coverage
from zoo.metrics.ndb import jensen_shannon_divergence
from zoo.metrics.r_precision import r_precision, r_precision_hits
from zoo.metrics.soa import label_iou, soa

ROWS = np.random.default_rng(0).normal(size=(6, 3))
BOX = np.array([[0, 0, 0.5, 0.5]])
TAKERS = {
    "frechet_distance": lambda x: frechet_distance(x, ROWS),
    "gaussians": lambda x: frechet_distance_of_gaussians(x[0], np.eye(3), ROWS[0], np.eye(3)),
    "statistics": lambda x: FeatureStatistics(3).update(x),
    "logits": lambda x: class_logits(x, np.eye(3)),
    "kernel": lambda x: class_logits(ROWS, x[:3]),
    "softmax": class_probabilities,
    "inception_score": inception_score,
    "lpips": lambda x: lpips([x[None, None]], [ROWS[None, None]]),
    "lpips_weights": lambda x: lpips([ROWS[None, None]], [ROWS[None, None]], [x[0]]),
    "trunk": lambda x: trunk_input(np.reshape(x, (1, 2, 3, 3))),
    "modes": lambda x: mode_coverage(x, np.eye(3)),
    "shares": lambda x: jensen_shannon_divergence(x[0], np.full(3, 1 / 3)),
    "codes": lambda x: r_precision_hits(x, np.repeat(ROWS[:, None], 2, 1)),
    "candidates": lambda x: r_precision_hits(ROWS, np.repeat(np.asarray(x)[:, None], 2, 1)),
    "detections": lambda x: keep_detections(np.reshape(x, (1, 3, 6))),
    "boxes": lambda x: label_iou(1, [[1]], [np.reshape(x, -1)[None, :4]], [[1]], [BOX]),
    "ious": lambda x: soa([1, 1, 1], [1, 1, 1], x[0]),
}


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, 1j, "x", None])
def test_only_finite_real_numbers_enter(taker, value):
    rows = ROWS.astype(object if value is None else np.result_type(ROWS, type(value)))
    rows[0, 0] = value
    with pytest.raises(ZooError, match="finite|real numbers|float"):
        TAKERS[taker](rows)


def test_whole_numbers_of_numpy_are_whole_numbers():
    five = np.int64(5)
    assert FeatureStatistics(five).size == 5 and len(full_batches(np.zeros(11), five)) == 10
    assert inception_score(np.full((10, 2), 0.5), five) == inception_score(np.full((10, 2), 0.5), 5)
    assert r_precision(np.ones(10), count=five) == (1, 0)
    for wrong in (np.int64(0), 5.0, True, "5", None):
        with pytest.raises(ZooError, match="size must be a whole number of at least 1, got"):
            FeatureStatistics(wrong)
    with pytest.raises(ZooError, match="from 1 to 4, the number of rows, got 5"):
        inception_score(np.full((4, 2), 0.5), five)


def test_rows_of_different_lengths_and_flags_are_no_numbers():
    for array in ([[1, 2], [3]], np.ones((2, 2), bool), {"a": 1}):
        with pytest.raises(ZooError, match="must consist of real numbers"):
            real_numbers(array, "It")
    np.testing.assert_array_equal(real_numbers(np.float16([1, 2]), "It"), [1, 2])


@pytest.mark.parametrize("seed", range(8))
def test_a_frechet_distance_is_never_below_zero(seed):
    random = np.random.default_rng(seed)
    size = int(random.integers(2, 60))
    rows = random.normal(size=(int(random.integers(2, 40)), size)) * 10.0**seed + 1e3
    for other in (rows, rows[::-1], rows.astype(np.float32)):
        distance = frechet_distance(rows, other)
        assert 0 <= distance <= 1e-4 * (rows.var(0).sum() + 1)
    flat = np.full((5, size), 3.0)
    assert str(frechet_distance(flat, flat)) == "0.0"


def test_a_distance_far_below_zero_is_an_error():
    with pytest.raises(ZooError, match="below 0 by more than rounding"):
        FrechetDistanceTo(np.zeros(2), np.eye(2))(np.zeros(2), -5 * np.eye(2))
    assert FrechetDistanceTo(np.zeros(2), np.eye(2))(np.zeros(2), np.eye(2)) == 0


def test_an_inception_score_lies_from_one_to_the_classes():
    for classes in (2, 3, 7, 1000):
        same = np.full((50, classes), 1 / classes) + 1e-4 / classes
        assert 1 <= inception_score(same, 1)[0] < 1 + 1e-12
        sure = np.tile(np.eye(classes), (3, 1))
        assert 1 <= inception_score(sure, 1)[0] <= classes
    assert negative_log_posterior_probability(np.full((3, 1), 1.0005), 1)[0] == 0


def test_a_divergence_lies_from_zero_to_log_two():
    random = np.random.default_rng(0)
    for size in (1, 3, 50):
        for _ in range(20):
            p = random.dirichlet(np.ones(size))
            assert 0 <= jensen_shannon_divergence(p, p) < 1e-12
            q = random.dirichlet(np.full(size, 0.05))
            assert 0 <= jensen_shannon_divergence(p, q) <= math.log(2)
    assert jensen_shannon_divergence([1, 0], [0, 1]) == math.log(2)
    for wrong in ([0.5, 0.4], [1, 1], [0, 0]):
        with pytest.raises(ZooError, match="sum to 1"):
            jensen_shannon_divergence(wrong, [0.5, 0.5])


def test_scores_of_detections_and_ious_lie_from_zero_to_one():
    with pytest.raises(ZooError, match="in \\[0, 1\\], got numbers from -2 to 5"):
        keep_detections([[[1, 1, 1, 1, 5, -2]]])
    with pytest.raises(ZooError, match="overlap"):
        keep_detections([[[1, 1, 1, 1, 1, 1]]], overlap=40)
    with pytest.raises(ZooError, match="ious must be in"):
        soa([1, 1], [1, 1], [0.5, 50])


def test_lpips_takes_no_images_that_may_be_in_another_range():
    bright = np.random.default_rng(0).uniform(0, 1, (1, 4, 4, 3))
    with pytest.raises(ZooError, match=r"floats from .* may be in \[0, 1\]"):
        trunk_input(bright, "0.0")
    np.testing.assert_array_equal(trunk_input(bright, "0.0", value_range=(-1, 1)), bright)
    np.testing.assert_allclose(trunk_input(bright, "0.0", value_range=(0, 1)), bright * 2 - 1)
    for wrong in (np.uint8(bright * 255), bright > 0.5, bright * 255, bright[:, :0]):
        with pytest.raises(ZooError, match=r"\[-1, 1\]"):
            trunk_input(wrong)
