"""The contact sheet of a data set: a sample of its images with captions or classes."""

import numpy as np

from zoo.visualization import canvas
from zoo.visualization.canvas import GAP, SMALL

SHOWN, COLUMNS, TILE = 48, 8, 128


def contact_sheet(kind, items, facts):
    """Up to 48 images in the order of their names, evenly spaced.

    Args:
        kind: str. items: list of `Item`. facts: their `Facts`.

    Returns:
        uint8 (H, W, 3).
    """
    count = min(SHOWN, len(items))
    chosen = np.unique(np.linspace(0, len(items) - 1, count).astype(int))
    if kind == "pairs" and items[0].group:  # each image next to its partner
        order = sorted(range(len(items)), key=lambda k: (items[k].split, _stem(items[k])))
        starts = np.unique(np.linspace(0, len(order) // 2 - 1, count // 2).astype(int))
        chosen = [order[2 * start + side] for start in starts for side in (0, 1)]
    cells = [_cell(items[k], facts[k].thumb) for k in chosen]
    lines = [canvas.row(cells[k:k + COLUMNS], GAP) for k in range(0, len(cells), COLUMNS)]
    return np.asarray(canvas.with_margin(canvas.column(lines, GAP)).convert("RGB"))


def _cell(item, thumb):
    title = item.captions[0] if item.captions else item.group or item.place
    line = canvas.text_line(f"{title}", TILE, size=SMALL)
    return canvas.column([canvas.tile(thumb, TILE), line], 2)


def _stem(item):
    return item.place.rpartition(".")[0], item.group
