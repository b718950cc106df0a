"""Mean distance between images of one condition: LPIPS or pixel differences."""

import numpy as np

from zoo.evaluation.measures import Measure
from zoo.training.progress import progress_bar


def pairs_of(conditions, samples, pairs, seed):
    """Random, distinct pairs of the images of each condition.

    Args:
        conditions, samples: ints, number of conditions and of images per condition.
        pairs: int, maximum number of pairs per condition; None for all.
        seed: int.

    Returns:
        int (conditions, pairs, 2), indices below `samples`.
    """
    every = np.array([(i, j) for i in range(samples) for j in range(i + 1, samples)])
    pairs = len(every) if pairs is None else min(pairs, len(every))
    random = np.random.RandomState(seed)
    return np.stack([every[random.permutation(len(every))[:pairs]] for _ in range(conditions)])


def pair_distance(a, b):
    """Mean absolute differences, with images in [-1, 1]: float64 (batch,) of two uint8 batches."""
    return np.abs(a.astype(np.float64) - b).mean((1, 2, 3)) / 127.5


def measure_diversity(metric, distance, images, pairs, samples, protocol, batch=32):
    """Mean distance of pairs of images of one condition, as a `Measure`.

    Args:
        metric: str, its name.
        distance: function of two uint8 batches (batch, h, w, 3) -> (batch,).
        images: `ImageSet`, ordered by condition.
        pairs: int (conditions, pairs, 2), see `pairs_of`.
        samples: int, images per condition.
        protocol: dict, further facts for the report.
    """
    first = np.arange(len(pairs))[:, None, None] * samples
    indices = (pairs + first).reshape(-1, 2)
    parts = np.array_split(indices, -(-len(indices) // batch))
    values = np.concatenate([
        distance(images.load(part[:, 0]), images.load(part[:, 1]))
        for part in progress_bar(parts, len(parts), f"{metric}: batch of pairs")
    ])
    return Measure(
        metric, values.reshape(pairs.shape[:2]), lambda units: units.mean(),
        {"conditions": len(pairs), "pairs_of_each": pairs.shape[1],
         "samples_per_condition": samples, **protocol}, "higher",
    )
