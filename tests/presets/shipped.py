"""Outputs of every shipped preset, kept so that a change of the code cannot change them unseen.

    python -m tests.presets.shipped   # writes tests/presets/shipped/; only for a new preset

Generators keep two images as a PNG, encoders some of their outputs.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.presets import registry

FOLDER = Path(__file__).with_name("shipped")


def names():
    """Names of the shipped presets: (those that generate images, the others)."""
    rows = [(row["name"], row["task"].endswith("-to-image")) for row in zoo.list_presets()]
    return tuple([name for name, generates in rows if generates is wanted]
                 for wanted in (True, False))


def require_text_encoder(name):
    """Skips a test of a preset that needs the package of its text encoder where that is missing."""
    config = Path(registry.builtin_directory(name), "config.json").read_text("utf-8")
    for package in set(re.findall(r"package://(\w+)/", config)):
        pytest.importorskip(package, reason=f"{name} needs the package {package}")
        pytest.importorskip("keras_hub", reason=f"{name} needs keras-hub, extra text")


def ramp(size):
    """float32 (size, size, 3) in [-1, 1]: red grows by row, green by column, blue is 0."""
    line = np.linspace(-1, 1, size, dtype=np.float32)
    rows, columns = np.meshgrid(line, line, indexing="ij")
    return np.stack([rows, columns, np.zeros_like(rows)], -1)


def condition(model):
    """The condition of the stored images."""
    if model.condition.kind == "images":
        return ((ramp(model.image_size) + 1) * 127.5).astype(np.uint8)
    return {"captions": "a red heart", "labels": "horse"}[model.condition.kind]


def images(name):
    """uint8 (2, h, w, 3) of a preset that generates."""
    model = zoo.from_preset(name)
    return model.generate([condition(model)] * 2, seed=[7, 8])


def outputs(name):
    """float array of a preset that reads images."""
    model = zoo.from_preset(name)
    image = ramp(model.image_size)
    if model.task == "image-captioning":
        return np.asarray(model.captioner.encoder(image[None], training=False))[0, :8]
    return np.asarray(model.image_encoder(image[None], training=False)["code"])[0, :8]


def main():
    FOLDER.mkdir(exist_ok=True)
    generators, others = names()
    for preset in generators:
        Image.fromarray(np.concatenate(images(preset), 1)).save(FOLDER / f"{preset}.png")
    values = {name: [round(float(v), 6) for v in outputs(name)] for name in others}
    (FOLDER / "outputs.json").write_text(json.dumps(values, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
