"""Image files for tests."""

import os
import zipfile

import numpy as np
from PIL import Image


def save(path, image):
    """Writes an image given as PIL image, array, or (width, height, gray value)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(image, tuple):
        image = Image.new("RGB", image[:2], (image[2],) * 3)
    elif isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(path)
    return path


def pack(folder, path, prefix=""):
    """Zips a folder, with its empty folders."""
    with zipfile.ZipFile(path, "w") as archive:
        for root, folders, names in os.walk(folder):
            for name in names + folders:
                full = os.path.join(root, name)
                archive.write(full, prefix + os.path.relpath(full, folder))
    return path


def cut_off(path):
    """Removes the second half of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def noise(height, width, seed=0, channels=3):
    """uint8 [height, width, channels]."""
    shape = (height, width, channels)
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)
