"""SOA, semantic object accuracy: does a detector find what the caption names?

Paper: Hinz, Heinrich, Wermter, arXiv 1910.13321, section 3. Checked against
tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis, SOA/calculate_soa.py
(`calc_soa`) and SOA/util.py (`get_iou`).
Protocol of the paper: captions of the COCO-2014 validation split that mention one of 80 labels;
three images a caption (for persons 30,000 captions, one image each); YOLOv3 at 256 pixels, and
`zoo.metrics.detections` behind it. Which detector and which captions belong to a reported number.
Known deviation: of labels with as many images the order is fixed (see `soa`), where it follows
NumPy's unstable sort. A mean over no images is NaN.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers

_GRID = 256  # cells a side that boxes are drawn on
_HALF = 40  # labels in the top and in the bottom part


def label_accuracy(label, detected):
    """In how many of a label's images is the label detected at least once?

    Args:
        label: int.
        detected: a sequence with an array of label ids (any number) for each image.

    Returns:
        (hits, images), ints.
    """
    return sum(int(np.any(np.asarray(ids) == label)) for ids in detected), len(detected)


def label_iou(label, detected, detected_boxes, given, given_boxes):
    """How well do the label's detected boxes lie on the given ones?

    An image counts the best pair of a detected and a given box of the label; one that lacks either
    is left out.

    Args:
        label: int.
        detected, given: a sequence with an array of label ids (k,) for each image.
        detected_boxes, given_boxes: a sequence with an array (k, 4) for each image: left, top,
            width, height as shares of the image's sides.

    Returns:
        float, the mean over the images that count; 0 where none does.

    Raises:
        ZooError: sequences or arrays that do not fit together.
    """
    sequences = (detected, detected_boxes, given, given_boxes)
    if len({len(sequence) for sequence in sequences}) != 1:
        raise ZooError("label_iou needs as many sets of labels as of boxes, one set per image.")
    best = []
    for pictures in zip(*sequences, strict=True):
        found, true = (_boxes_of(label, *pictures[i : i + 2]) for i in (0, 2))
        if len(found) and len(true):
            best.append(max(box_iou(a, b) for a in found for b in true))
    return float(np.mean(best)) if best else 0.0


def box_iou(a, b):
    """Intersection over union of two boxes on a grid of 256 x 256 cells.

    Left, top, width and height are truncated to cells first; what lies left of the image or above
    it is cut off, what lies right or below is not, and a box is one cell wide and high at least.

    Shapes: a, b (4,): left, top, width, height as shares of the sides -> float from 0 to 1.
    """
    a, b = _corners(a), _corners(b)
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    both = sides.prod()
    return float(both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both))


def soa(hits, pictures, ious=None):
    """The scores over labels.

    A label without images has the accuracy 0 and no weight.

    Args:
        hits, images: ints (labels,), as from `label_accuracy`.
        ious: (labels,) as from `label_iou`, or None.

    Returns:
        dict:
            accuracy: float64 (labels,).
            soa_c: mean over labels.
            soa_i: mean over images: labels weighted by their images.
            soa_c_top40, soa_c_bot40: mean over the 40 labels with the most and with the fewest
                images; NaN for other than 80 labels. Of labels with as many images the later
                ones are first.
            soa_c_iou, soa_i_iou: the same means of `ious`, where given.

    Raises:
        ZooError: other shapes, or hits that are no part of the images.
    """
    hits, pictures = np.asarray(hits), np.asarray(pictures)
    if hits.ndim != 1 or not hits.size or hits.shape != pictures.shape:
        raise ZooError(
            "soa needs hits and images of the shape (labels,), one label at least, but "
            f"{hits.shape} and {pictures.shape} came."
        )
    if not ((hits >= 0) & (hits <= pictures)).all():
        raise ZooError("hits must lie between 0 and the number of images of each label.")
    accuracy = np.divide(hits, pictures, out=np.zeros(hits.shape), where=pictures > 0)
    order = np.argsort(pictures, kind="stable")[::-1]
    whole = len(hits) == 2 * _HALF
    scores = {
        "accuracy": accuracy,
        "soa_c": float(accuracy.mean()),
        "soa_i": _weighted(accuracy, pictures),
        "soa_c_top40": float(accuracy[order[:_HALF]].mean()) if whole else np.nan,
        "soa_c_bot40": float(accuracy[order[_HALF:]].mean()) if whole else np.nan,
    }
    if ious is not None:
        ious = real_numbers(ious, "The array ious")
        if ious.shape != hits.shape:
            raise ZooError(f"ious must have the shape {hits.shape}, but {ious.shape} came.")
        if not ((ious >= 0) & (ious <= 1)).all():
            raise ZooError(f"ious lie from 0 to 1, got {ious.min():g} to {ious.max():g}.")
        scores |= {"soa_c_iou": float(ious.mean()), "soa_i_iou": _weighted(ious, pictures)}
    return scores


def _weighted(values, weights):
    return float(values @ weights / weights.sum()) if weights.any() else np.nan


def _boxes_of(label, ids, boxes):
    ids, boxes = np.asarray(ids), real_numbers(boxes, "An array of boxes")
    if ids.ndim != 1 or boxes.shape != (len(ids), 4) and ids.size:
        raise ZooError(
            "A image's labels (k,) and boxes (k, 4) must fit together, but arrays of the shapes "
            f"{ids.shape} and {boxes.shape} came."
        )
    return boxes[ids == label] if ids.size else ()


def _corners(box):
    """Cells (left, top, right, bottom), right and bottom behind the last one."""
    cells = (np.asarray(box, np.float64) * _GRID).astype(np.int64)  # towards 0
    start = np.maximum(cells[:2], 0)
    return np.concatenate([start, np.maximum(cells[:2] + cells[2:], start + 1)])
