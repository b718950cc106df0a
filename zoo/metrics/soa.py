"""SOA, semantic object accuracy: whether a detector finds the objects that captions name.

Paper: Hinz, Heinrich, Wermter, arXiv 1910.13321, section 3. Checked against
tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis, SOA/calculate_soa.py
(`calc_soa`) and SOA/util.py (`get_iou`).
Protocol of the paper: captions of the COCO-2014 validation split that mention one of 80 labels;
three images per caption (for persons 30,000 captions with one image each); YOLOv3 at 256 pixels,
followed by `zoo.metrics.detections`. A reported number names the detector and the captions.
Known deviation: the order of labels with equally many images is fixed (see `soa`), while it depends
on NumPy's unstable sort in the official code. A mean over no images is NaN.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers, whole_numbers

_GRID = 256  # cells per side of the grid of boxes
_HALF = 40  # labels in the top and in the bottom part


def label_accuracy(label, detected):
    """Counts the images of a label in which the label is detected at least once.

    Args:
        label: int.
        detected: a sequence with one array of label ids (of any length) per image.

    Returns:
        (hits, images), ints.
    """
    return sum(int(np.any(np.asarray(ids) == label)) for ids in detected), len(detected)


def label_iou(label, detected, detected_boxes, given, given_boxes):
    """Intersection over union of a label's detected boxes with the given ones.

    The value of an image is that of the best pair of a detected and a given box of the label;
    images without such a pair are left out.

    Args:
        label: int.
        detected, given: a sequence with one array of label ids (k,) per image.
        detected_boxes, given_boxes: a sequence with one array (k, 4) per image: left, top, width,
            height, relative to the image's sides.

    Returns:
        float, the mean over the images with a value; 0 if there are none.

    Raises:
        ZooError: the sequences or arrays do not match.
    """
    sequences = (detected, detected_boxes, given, given_boxes)
    if len({len(sequence) for sequence in sequences}) != 1:
        raise ZooError("label_iou needs equally many sets of labels and of boxes, one per image.")
    best = []
    for image in zip(*sequences, strict=True):
        predicted, true = (_boxes_of(label, *image[i : i + 2]) for i in (0, 2))
        if len(predicted) and len(true):
            best.append(max(box_iou(a, b) for a in predicted for b in true))
    return float(np.mean(best)) if best else 0.0


def box_iou(a, b):
    """Intersection over union of two boxes on a grid of 256 x 256 cells.

    Left, top, width and height are first truncated to cells. Boxes are clipped at the left and top
    of the image but not at the right and bottom, and are at least one cell wide and high.

    Shapes: a, b (4,): left, top, width, height relative to the sides -> float from 0 to 1.

    Raises:
        ZooError: another shape, or values that are not finite real numbers.
    """
    a, b = _corners(a), _corners(b)
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    both = sides.prod()
    return float(both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both))


def soa(hits, images, ious=None):
    """The SOA scores of all labels.

    A label without images has accuracy 0 and weight 0.

    Args:
        hits, images: ints (labels,), the results of `label_accuracy`.
        ious: (labels,), the results of `label_iou`, or None.

    Returns:
        dict:
            accuracy: float64 (labels,).
            soa_c: mean over labels.
            soa_i: mean over images: labels weighted by their images.
            soa_c_top40, soa_c_bot40: mean over the 40 labels with the most and with the fewest
                images; NaN unless there are 80 labels. Among labels with equally many images, the
                later ones come first.
            soa_c_iou, soa_i_iou: the same means of `ious`, if given.

    Raises:
        ZooError: other shapes, numbers that are not whole, or more hits than images.
    """
    hits, images = whole_numbers(hits, "The array hits"), whole_numbers(images, "The array images")
    if hits.ndim != 1 or not hits.size or hits.shape != images.shape:
        raise ZooError(
            "soa needs hits and images of the shape (labels,), at least one label, got "
            f"{hits.shape} and {images.shape}."
        )
    if not ((hits >= 0) & (hits <= images)).all():
        raise ZooError("hits must be between 0 and the number of images of each label.")
    accuracy = np.divide(hits, images, out=np.zeros(hits.shape), where=images > 0)
    order = np.argsort(images, kind="stable")[::-1]
    complete = len(hits) == 2 * _HALF
    scores = {
        "accuracy": accuracy,
        "soa_c": float(accuracy.mean()),
        "soa_i": _weighted(accuracy, images),
        "soa_c_top40": float(accuracy[order[:_HALF]].mean()) if complete else np.nan,
        "soa_c_bot40": float(accuracy[order[_HALF:]].mean()) if complete else np.nan,
    }
    if ious is not None:
        ious = real_numbers(ious, "The array ious")
        if ious.shape != hits.shape:
            raise ZooError(f"ious must have the shape {hits.shape}, got {ious.shape}.")
        if not ((ious >= 0) & (ious <= 1)).all():
            raise ZooError(f"ious must be in [0, 1], got {ious.min():g} to {ious.max():g}.")
        scores |= {"soa_c_iou": float(ious.mean()), "soa_i_iou": _weighted(ious, images)}
    return scores


def _weighted(values, weights):
    return float(values @ weights / weights.sum()) if weights.any() else np.nan


def _boxes_of(label, ids, boxes):
    ids, boxes = np.asarray(ids), real_numbers(boxes, "An array of boxes")
    if ids.ndim != 1 or boxes.shape != (len(ids), 4) and ids.size:
        raise ZooError(
            "An image's labels (k,) and boxes (k, 4) must match, got arrays of the shapes "
            f"{ids.shape} and {boxes.shape}."
        )
    return boxes[ids == label] if ids.size else ()


def _corners(box):
    """Cells (left, top, right, bottom); right and bottom are exclusive."""
    box = real_numbers(box, "A box")
    if box.shape != (4,):
        raise ZooError(f"A box must have the shape (4,), got {box.shape}.")
    cells = (box * _GRID).astype(np.int64)  # towards 0
    start = np.maximum(cells[:2], 0)
    return np.concatenate([start, np.maximum(cells[:2] + cells[2:], start + 1)])
