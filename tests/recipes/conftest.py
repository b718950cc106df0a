"""Fixtures of the tests of `recipes.generate`."""

import sys

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import zoo


@pytest.fixture
def call(models, monkeypatch):
    """Runs the program in this process with arguments, and restores the flags."""
    from recipes import generate  # here, because its flags are then known in this process
    from zoo import command_line

    monkeypatch.setattr(zoo, "from_preset", models.__getitem__)
    if not flags.FLAGS.is_parsed():
        flags.FLAGS([sys.argv[0]])

    def run(*arguments):
        with flagsaver.flagsaver():
            command_line.parse(["generate", *map(str, arguments)])
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
