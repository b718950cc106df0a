"""Outputs of shipped presets stay the same, see `shipped.py`, up to a processor's rounding."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.presets import shipped


@pytest.mark.parametrize("name", shipped.names()[0])
def test_images_are_as_they_were(name):
    shipped.require_text_encoder(name)
    images = shipped.images(name)
    with Image.open(shipped.FOLDER / f"{name}.png") as file:
        expected = np.asarray(file, np.int32)
    difference = np.abs(np.concatenate(images, 1).astype(np.int32) - expected)
    assert difference.max() <= 1 and (difference > 0).mean() < 0.01


def test_outputs_are_as_they_were():
    expected = json.loads((shipped.FOLDER / "outputs.json").read_text("utf-8"))
    assert sorted(expected) == sorted(shipped.names()[1])
    for name, values in expected.items():
        np.testing.assert_allclose(shipped.outputs(name), values, rtol=1e-3, atol=1e-4)
