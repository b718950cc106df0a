"""Scores of the classes that a reader names in the cells of images.

The mean intersection over union is that of PASCAL VOC (Everingham et al. 2010), with cells instead
of pixels; classes that are neither named nor there are left out.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import whole_number, whole_numbers


def cell_scores(named, true, classes):
    """How well the cells of all images were named.

    Args:
        named, true: ints of one shape, from 0 to `classes` - 1.
        classes: int.

    Returns:
        dict of float: `accuracy`, the share of the cells that are named correctly; `mean_iou`, the
        mean over classes of (cells of the class named as such) / (cells of the class, or named as
        such); `majority_share`, the share of the most frequent class in `true`.

    Raises:
        ZooError: for different shapes, no cells, or a number that is no class.
    """
    classes = whole_number(classes, "classes")
    named = whole_numbers(named, "The named cells")
    true = whole_numbers(true, "The true cells")
    if named.shape != true.shape or not true.size:
        raise ZooError(
            f"Named and true cells must have one shape and not be empty, got {named.shape} and "
            f"{true.shape}."
        )
    for name, cells in (("named", named), ("true", true)):
        if cells.min() < 0 or cells.max() >= classes:
            raise ZooError(
                f"The {name} cells must be classes from 0 to {classes - 1}, got numbers from "
                f"{cells.min()} to {cells.max()}."
            )
    pairs = np.bincount(true.ravel() * classes + named.ravel(), minlength=classes**2)
    table = pairs.reshape(classes, classes).astype(np.float64)  # true class, named class
    hits, present, said = np.diagonal(table), table.sum(1), table.sum(0)
    union = present + said - hits
    return {
        "accuracy": float(hits.sum() / true.size),
        "mean_iou": float((hits[union > 0] / union[union > 0]).mean()),
        "majority_share": float(present.max() / true.size),
    }
