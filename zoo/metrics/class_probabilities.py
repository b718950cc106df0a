"""Converts a classifier's last features to the probabilities that the Inception score uses.

Checked against DM-GAN eval/IS: coco/inception_score_coco.py (logits without bias) and
bird/inception_score_bird.py (no background class, full batches); TF-GAN uses logits with the bias.
The conventions give different scores, so a reported number names its convention.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers, whole_number


def class_logits(features, kernel, bias=None):
    """features @ kernel, plus the optional bias.

    OpenAI's script, and therefore the COCO scores of AttnGAN and DM-GAN, omit the bias of the 2015
    Inception graph; TF-GAN and your own classifiers use it.

    Shapes: features (n, d), kernel (d, classes), bias (classes,) -> float64 (n, classes).

    Raises:
        ZooError: other shapes, or values that are not finite real numbers.
    """
    x, w = real_numbers(features, "An array of features"), real_numbers(kernel, "The kernel")
    b = np.zeros(w.shape[-1:]) if bias is None else real_numbers(bias, "The bias")
    if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[0] or b.shape != w.shape[1:]:
        raise ZooError(
            "class_logits needs features (n, d), a kernel (d, classes) and a bias (classes,) or "
            f"None, got {x.shape}, {w.shape} and {b.shape}."
        )
    return x @ w + b


def class_probabilities(logits, background=False):
    """Softmax in float64, stable for large logits.

    Args:
        logits: (n, classes).
        background: bool. True omits class 0 before the softmax: in the CUB classifier of the
            StackGAN family it is the background.

    Returns:
        float64 (n, classes), or (n, classes - 1) with `background`.

    Raises:
        ZooError: another shape, no class left, or logits that are not finite.
    """
    x = real_numbers(logits, "An array of logits")
    if x.ndim != 2 or x.shape[1] <= bool(background):
        raise ZooError(
            "logits must have the shape (n, classes), with a class besides the background, got "
            f"{x.shape}."
        )
    x = x[:, 1:] if background else x
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def full_batches(rows, batch_size=64):
    """The rows of full batches; the CUB script ignores the remaining ones.

    Raises:
        ZooError: `batch_size` is not a positive integer, or the rows do not fill one batch.
    """
    batch_size = whole_number(batch_size, "batch_size")
    count = len(rows) // batch_size * batch_size
    if not count:
        raise ZooError(f"A batch needs {batch_size} rows, got {len(rows)}.")
    return rows[:count]
