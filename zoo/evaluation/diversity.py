"""Mean distance between images of one condition: LPIPS or pixel differences."""

import dataclasses

import numpy as np

from zoo.evaluation.measures import Measure
from zoo.training.progress import progress_bar


@dataclasses.dataclass
class PairMeasure(Measure):
    """A mean over pairs of images of one condition; a bootstrap draws the images.

    Attributes:
        pairs: int (conditions, pairs, 2), the images of the pairs whose distances are `units`.
        samples: int, images per condition.
    """

    pairs: np.ndarray = None
    samples: int = 0

    @property
    def shape(self):
        return len(self.pairs), self.samples

    def drawn(self, rows, columns):
        """The mean over pairs of drawn images, see `Measure.drawn`.

        A pair counts as often as the product of how often its two images were drawn, so an image
        and its own copy are no pair. A condition of which no pair was drawn counts with all.
        """
        conditions, samples = self.shape
        first = samples * np.arange(conditions)[:, None]
        times = np.bincount((first + columns).reshape(-1), minlength=conditions * samples)
        weights = times[first[..., None] + self.pairs[rows[:, 0]]].prod(-1)
        weights = np.where(weights.any(1, keepdims=True), weights, 1)
        return float(np.average(self.units[rows[:, 0]], 1, weights).mean())


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
    """Mean distance of pairs of images of one condition, as a `PairMeasure`.

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
    return PairMeasure(
        metric, values.reshape(pairs.shape[:2]), lambda units: units.mean(),
        {"conditions": len(pairs), "pairs_of_each": pairs.shape[1],
         "samples_per_condition": samples, **protocol}, "higher", pairs=pairs, samples=samples,
    )
