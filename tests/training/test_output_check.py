"""Warnings about flat and collapsed images; grids at the start and by the clock."""

import numpy as np
import pytest
import tensorflow as tf

from tests.training.fakes import TinySystem, config
from zoo.training.experiment import Experiment
from zoo.training.output_check import batch_images, warning_of
from zoo.training.run_folder import RunFolder
from zoo.training.sample_grids import SampleGrids
from zoo.training.trainer import Trainer

REAL = np.random.default_rng(0).uniform(-1, 1, (8, 4, 4, 3)).astype(np.float32)
GOOD = np.random.default_rng(1).integers(0, 256, (6, 4, 4, 3), np.uint8)


def test_good_images_get_no_warning():
    assert warning_of(GOOD, REAL) == ""
    assert warning_of(GOOD[:1], REAL) == ""  # a single image has nothing to differ from


def test_flat_images():
    flat = np.repeat(np.arange(6, dtype=np.uint8) * 40, 48).reshape(6, 4, 4, 3)
    assert "flat: their pixels deviate by 0.000, real ones by 0.5" in warning_of(flat, REAL)


def test_collapsed_images():
    same = np.repeat(GOOD[:1], 6, axis=0)
    assert "nearly the same for all conditions" in warning_of(same, REAL)


def test_the_largest_images_of_each_form_of_batch():
    small = REAL[:, :2, :2]
    for batch in ({"images": (small, REAL)}, {"images": REAL, "labels": None},
                  {"source": small, "target": REAL}):
        (found,) = batch_images(batch)
        assert found is REAL


@pytest.mark.parametrize(("a2b", "b2a", "flat"), [
    ("dim", "good", False), ("dim", "dim", True), ("black", "good", True)])
def test_each_direction_is_compared_with_the_domain_that_it_generates(tmp_path, a2b, b2a, flat):
    made = {"good": GOOD, "dim": GOOD // 100, "black": np.zeros_like(GOOD)}
    batch = {"images_a": REAL, "images_b": REAL / 100}  # B is dim
    grids = SampleGrids(Experiment(
        None, lambda start: [batch], samples=lambda directory, step: (made[a2b], made[b2a])
    ), 0, tmp_path)
    assert ("the generated images are flat" in grids.write(1)) == flat


class Samples:
    def __init__(self, images):
        self.images, self.steps = images, []

    def __call__(self, directory, step):
        self.steps.append(step)
        return self.images


def run(tmp_path, images, **changes):
    settings = config(steps=4, sample_every=3, **changes)
    samples = Samples(images)

    def batches(start):
        data = tf.data.Dataset.range(start, 100)
        return data.map(lambda step: {"x": tf.zeros([4, 3]), "images": tf.constant(REAL)})

    folder = RunFolder(tmp_path / "run", settings)
    Trainer(Experiment(TinySystem(), batches, samples=samples), settings, folder).run()
    folder.close()
    return samples.steps, (tmp_path / "run" / "log.txt").read_text()


def test_grids_at_the_start_and_after_steps(tmp_path):
    steps, log = run(tmp_path, GOOD)
    assert steps == [0, 3, 4] and "warning" not in log
    assert "step 1/4 (25 %)" in log and "the first step, with tracing, took" in log


def test_grids_by_the_clock(tmp_path):
    assert run(tmp_path, GOOD, sample_minutes=1e-9)[0] == [0, 1, 2, 3, 4]


def test_the_log_says_that_images_are_flat(tmp_path):
    log = run(tmp_path, np.zeros_like(GOOD))[1]
    assert log.count("the generated images are flat") == 2  # at steps 3 and 4, not at 0
