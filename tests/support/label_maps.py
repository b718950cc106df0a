"""Small facades with label maps in CMP's colors, as files side by side."""

import numpy as np
from PIL import Image

from zoo.data.sources.facade_labels import CLASSES

COLORS = np.array(list(CLASSES.values()), np.uint8)


def cells_to_map(cells, pixels):
    """uint8 (n * pixels, n * pixels, 3), a label map of int cells (n, n)."""
    return COLORS[np.asarray(cells)].repeat(pixels, 0).repeat(pixels, 1)


def write_facades(folder, counts, side=32, grid=8, seed=0):
    """Writes photos and label maps side by side, as PNG; a photo is its map, darkened.

    Args:
        counts: dict of split -> number of files.

    Returns:
        dict of split -> int (files, grid, grid), the cells.
    """
    random, cells = np.random.default_rng(seed), {}
    for split, count in counts.items():
        (folder / split).mkdir(parents=True)
        cells[split] = random.integers(0, len(COLORS), (count, grid, grid))
        for number, one in enumerate(cells[split]):
            label_map = cells_to_map(one, side // grid)
            image = np.concatenate([label_map // 2, label_map], 1)
            Image.fromarray(image).save(folder / split / f"{number:03}.png")
    return cells
