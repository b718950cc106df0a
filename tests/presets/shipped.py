"""Outputs of every shipped preset, kept so that a change of the code cannot change them unseen.

    python -m tests.presets.shipped   # writes tests/presets/shipped/; only for a new preset

Generators keep two images as a PNG, encoders some of their outputs.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

import zoo

FOLDER = Path(__file__).with_name("shipped")
CONDITIONS = {
    "attn_gan_emoji_64": ["a red heart"], "dcgan_ms_cifar10_32": ["horse"],
    "dm_gan_emoji_64": ["a red heart"], "dm_gan_ms_emoji_64": ["a red heart"],
    "mirror_gan_emoji_64": ["a red heart"],
}


def images(name):
    """uint8 (2, h, w, 3) of a preset that generates."""
    return zoo.from_preset(name).generate(CONDITIONS[name] * 2, seed=[7, 8])


def outputs(name):
    """float array of a preset that reads images."""
    model = zoo.from_preset(name)
    size = model.image_size
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    rows, columns = np.meshgrid(ramp, ramp, indexing="ij")
    image = np.stack([rows, columns, np.zeros_like(rows)], -1)
    if model.task == "image-captioning":
        return np.asarray(model.captioner.encoder(image[None], training=False))[0, :8]
    return np.asarray(model.image_encoder(image[None], training=False)["code"])[0, :8]


def main():
    FOLDER.mkdir(exist_ok=True)
    values = {}
    for preset in (entry["name"] for entry in zoo.list_presets()):
        if preset in CONDITIONS:
            Image.fromarray(np.concatenate(images(preset), 1)).save(FOLDER / f"{preset}.png")
        else:
            values[preset] = [round(float(v), 6) for v in outputs(preset)]
    (FOLDER / "outputs.json").write_text(json.dumps(values, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
