"""Folders of images as users have them, for tests of the preparation and of programs."""

import numpy as np
from PIL import Image

COLORS = {"red": (220, 40, 40), "green": (40, 180, 60), "blue": (40, 60, 220)}
SHAPES = ("circle", "square")


def image(seed, color=None, shape="square", size=24, width=1):
    """A PIL image of a shape in a color on a noisy background, which no other seed has."""
    rng = np.random.default_rng(seed)
    array = rng.integers(0, 256, (size, size * width, 3)).astype(np.uint8)
    y, x = np.mgrid[:size, :size * width] - size // 2
    inside = np.hypot(x, y) < size // 3 if shape == "circle" else np.maximum(abs(x), abs(y)) < 7
    array[inside] = COLORS.get(color, (128, 128, 128))
    return Image.fromarray(array)


def save(path, *args, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image(*args, **options).save(path)
    return path


def captioned(folder, count=40):
    """`count` images without splits; returns dict of file name to its caption."""
    captions = {}
    for k in range(count):
        color, shape = list(COLORS)[k % 3], SHAPES[k % 2]
        save(folder / f"{k:03d}.png", k, color, shape)
        captions[f"{k:03d}.png"] = f"a {color} {shape}"
    return captions


def classes(folder, count=20):
    for color in COLORS:
        for k in range(count):
            save(folder / color / f"{k:03d}.png", hash((color, k)) % 2**32, color)


def two_folders(folder, names=("A", "B"), count=20, stems=("", "")):
    """Two folders of images, with the same names unless the `stems` differ."""
    for side, (name, stem) in enumerate(zip(names, stems, strict=True)):
        for k in range(count):
            save(folder / name / f"{stem}{k:03d}.png", 1000 * side + k, list(COLORS)[side])


def side_by_side(folder, count=20):
    for k in range(count):
        save(folder / f"{k:03d}.png", k, "red", width=2)
