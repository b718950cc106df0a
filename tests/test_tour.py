"""The tour of mode seeking with minimal settings: command line and counting."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "examples" / "mode_seeking_tour.py"


@pytest.mark.large
def test_the_tour_writes_image_table_and_figures(tmp_path):
    result = subprocess.run(
        [sys.executable, str(SCRIPT), f"--out={tmp_path}", "--steps=8", "--weights=0,1,2,4"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    runs = json.loads((tmp_path / "tour.json").read_text())
    assert [len(rows) for rows in runs["0"].values()] == [8, 8, 8, 8]
    text = (tmp_path / "tour.md").read_text()
    assert [f"With weight {weight} more modes" in text for weight in (1, 2, 4)] == [True] * 3
    image = np.asarray(Image.open(tmp_path / "tour.png"))
    assert image.shape[1] > 900 and image.min() < 50


def test_modes_of_real_images_are_all_covered(monkeypatch):
    """The tour's counting, with real images instead of generated ones."""
    from examples import mode_seeking_tour as tour

    world, _, modes = tour.make_data()
    classifier = tour.ShapeModes(tour.STAGES[-1])
    images = world.load_batch(np.arange(200)).numpy()
    expected = world.attributes[:200][:, tour.CLASSIFIED]
    np.testing.assert_array_equal(tour.classify(classifier, images), expected)
    noise = np.random.default_rng(0).integers(0, 256, (50, 16, 16, 3)).astype(np.uint8)
    assert (tour.classify(classifier, noise) == -1).all()
    # sizes x positions x backgrounds, as far as each caption leaves them open
    assert [len(m) for m in modes] == [45, 45, 9, 15, 9, 15]


def test_what_is_finished_stays_after_an_interruption(tmp_path, monkeypatch):
    from examples import mode_seeking_tour as tour

    def train(*settings):
        weight, seed = settings[5:7]
        if (seed, weight) == (1, 2.0):
            raise KeyboardInterrupt
        return "images", [{"covered": seed + weight, "on_caption": 1, "ratio": 1, "seconds": 1}]

    for name, replacement in {
        "train_gan": train, "train_damsm": lambda *_: None,
        "draw": lambda *_: np.zeros((4, 4, 3), np.uint8),
    }.items():
        monkeypatch.setattr(tour, name, replacement)
    with pytest.raises(KeyboardInterrupt):
        tour.main([f"--out={tmp_path / 'new'}", "--seeds=0,1", "--weights=0,1,2"])
    runs = json.loads((tmp_path / "new" / "tour.json").read_text())
    assert {seed: list(rows) for seed, rows in runs.items()} == {
        "0": ["0.0", "1.0", "2.0"], "1": ["0.0", "1.0"]
    }
    text = (tmp_path / "new" / "tour.md").read_text()
    assert "With weight 1 more modes are covered than with 0 in 2 of 2 seeds." in text
    assert "With weight 2 more modes are covered than with 0 in 1 of 1 seeds." in text
