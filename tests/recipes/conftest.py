"""Fixtures of the tests of `recipes.generate`."""

import numpy as np
import pytest
from PIL import Image

import zoo
from recipes import generate
from tests.support import programs


@pytest.fixture
def call(models, monkeypatch):
    """Runs the program in this process with arguments."""
    monkeypatch.setattr(zoo, "from_preset", models.__getitem__)

    def run(*arguments):
        with programs.parsed(generate, *arguments):
            generate.main([])

    return run


@pytest.fixture
def photos(tmp_path):
    """A folder with two images."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate(("hill.png", "lake.jpg")):
        values = np.random.default_rng(seed).integers(0, 256, (40, 30, 3), np.uint8)
        Image.fromarray(values).save(folder / name)
    return folder
