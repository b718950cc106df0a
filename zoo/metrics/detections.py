"""From a detector's predictions to detections: threshold, then suppression that merges boxes.

Checked against tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis, SOA/util.py
(`non_max_suppression`). The score of the class has no part in the threshold.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers


def keep_detections(predictions, objectness=0.5, overlap=0.4):
    """The detections of each image, surest first.

    Predictions below `objectness` go. In the order of objectness x best class, one that is left
    absorbs all later ones of its class whose intersection over union with it is above `overlap`;
    its corners become the mean of all these boxes, weighted by objectness.

    Args:
        predictions: (images, n, 5 + classes): centre x and y, width, height in pixels,
            objectness, and a score for each class.
        objectness: float in (0, 1], the least that is kept.
        overlap: float in [0, 1].

    Returns:
        list with an array float64 (k, 7) for each image: left, top, right, bottom, objectness,
        score of the class, class id.

    Raises:
        ZooError: another shape or threshold, values that are not finite, or scores outside 0 to 1.
    """
    if not 0 < objectness <= 1:
        raise ZooError(f"objectness must lie above 0 and up to 1, but {objectness!r} came.")
    if not 0 <= overlap <= 1:
        raise ZooError(f"overlap must lie from 0 to 1, got {overlap!r}.")
    x = real_numbers(predictions, "An array of predictions")
    if x.ndim != 3 or x.shape[2] < 6:
        raise ZooError(
            f"predictions must have the shape (images, n, 5 + classes), but {x.shape} came."
        )
    if x.size and not (x[..., 4:].min() >= -1e-6 and x[..., 4:].max() <= 1 + 1e-6):
        raise ZooError(
            "The objectness and scores of predictions lie from 0 to 1, got numbers from "
            f"{x[..., 4:].min():g} to {x[..., 4:].max():g}: give them behind the sigmoid."
        )
    return [_merged(rows[rows[:, 4] >= objectness], overlap) for rows in x]


def _merged(rows, overlap):
    centre, half = rows[:, :2], rows[:, 2:4] / 2
    scores = rows[:, 5:]
    boxes = np.column_stack(
        [centre - half, centre + half, rows[:, 4], scores.max(1), scores.argmax(1)]
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
    """Intersection over union where corners are pixels that belong to the box."""
    sides = np.minimum(box[2:4], boxes[:, 2:4]) - np.maximum(box[:2], boxes[:, :2]) + 1
    both = np.maximum(sides, 0).prod(1)
    areas = (boxes[:, 2:4] - boxes[:, :2] + 1).prod(1)
    return both / ((box[2:4] - box[:2] + 1).prod() + areas - both)
