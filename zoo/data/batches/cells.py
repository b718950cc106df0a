"""Batches of photos with the classes of their cells, see `zoo.data.label_maps`."""

import tensorflow as tf

from zoo.data.batches.paired import paired_dataset, paired_evaluation
from zoo.data.label_maps import cells_of


def cells_dataset(source, image_size, batch_size, grid, **settings):
    """Endless batches of photos with the classes of their cells.

    Args:
        source: pairs of label map and photo, with `cell_colors`, such as `FacadeLabels`.
        image_size, batch_size, **settings: see `paired_dataset`; map and photo have the same crop
            and flip.
        grid: int, cells per side; divides `image_size`.

    Returns:
        `tf.data.Dataset` of dicts: `images`, float32 [B, s, s, 3] in [-1, 1], the photos; `cells`,
        int64 [B, grid, grid], indices of `source.cell_colors`.
    """
    return _with_cells(paired_dataset(source, image_size, batch_size, **settings), source, grid)


def cells_evaluation(source, image_size, batch_size, grid):
    """Every photo once, in order, not cropped, not flipped; the last batch may be smaller.

    Arguments and fields are those of `cells_dataset`.
    """
    return _with_cells(paired_evaluation(source, image_size, batch_size), source, grid)


def _with_cells(pairs, source, grid):
    def batch_of(pair):
        maps = tf.round((pair["source"] + 1) * 127.5)
        return {"images": pair["target"], "cells": cells_of(maps, source.cell_colors, grid)}

    return pairs.map(batch_of, tf.data.AUTOTUNE, deterministic=True).prefetch(2)
