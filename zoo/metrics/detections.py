"""Converts a detector's predictions to detections: a threshold, then merging suppression.

Checked against tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis, SOA/util.py
(`non_max_suppression`). The threshold does not depend on the class score.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers


def keep_detections(predictions, objectness=0.5, overlap=0.4):
    """The detections of each image, most confident first.

    Predictions below `objectness` are dropped. In the order of objectness x best class score, each
    remaining one absorbs all later ones of its class whose intersection over union with it is above
    `overlap`; its corners become the mean of all these boxes, weighted by objectness.

    Args:
        predictions: (images, n, 5 + classes): center x and y, width, height in pixels,
            objectness, and one score per class.
        objectness: float in (0, 1], minimum objectness.
        overlap: float in [0, 1].

    Returns:
        list with one float64 array (k, 7) per image: left, top, right, bottom, objectness, class
        score, class id.

    Raises:
        ZooError: another shape or threshold, values that are not finite, or scores outside [0, 1].
    """
    if not 0 < objectness <= 1:
        raise ZooError(f"objectness must be in (0, 1], got {objectness!r}.")
    if not 0 <= overlap <= 1:
        raise ZooError(f"overlap must be in [0, 1], got {overlap!r}.")
    x = real_numbers(predictions, "An array of predictions")
    if x.ndim != 3 or x.shape[2] < 6:
        raise ZooError(
            f"predictions must have the shape (images, n, 5 + classes), got {x.shape}."
        )
    if x.size and not (x[..., 4:].min() >= -1e-6 and x[..., 4:].max() <= 1 + 1e-6):
        raise ZooError(
            "The objectness and scores of predictions must be in [0, 1], got numbers from "
            f"{x[..., 4:].min():g} to {x[..., 4:].max():g}: apply the sigmoid first."
        )
    return [_merged(rows[rows[:, 4] >= objectness], overlap) for rows in x]


def _merged(rows, overlap):
    center, half = rows[:, :2], rows[:, 2:4] / 2
    scores = rows[:, 5:]
    boxes = np.column_stack(
        [center - half, center + half, rows[:, 4], scores.max(1), scores.argmax(1)]
    )
    boxes = boxes[np.argsort(-boxes[:, 4] * boxes[:, 5], kind="stable")]
    kept = []
    while len(boxes):
        first = boxes[0]
        absorbed = (boxes[:, 6] == first[6]) & (_overlaps(first, boxes) > overlap)
        absorbed[0] = True
        corners = np.average(boxes[absorbed, :4], axis=0, weights=boxes[absorbed, 4])
        kept.append(np.concatenate([corners, first[4:]]))
        boxes = boxes[~absorbed]
    return np.stack(kept) if kept else np.zeros((0, 7))


def _overlaps(box, boxes):
    """Intersection over union of boxes that include their corner pixels."""
    sides = np.minimum(box[2:4], boxes[:, 2:4]) - np.maximum(box[:2], boxes[:, :2]) + 1
    both = np.maximum(sides, 0).prod(1)
    areas = (boxes[:, 2:4] - boxes[:, :2] + 1).prod(1)
    return both / ((box[2:4] - box[:2] + 1).prod() + areas - both)
