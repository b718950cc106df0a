"""Measured values with the data for their bootstrap intervals.

A `Measure` has one value per image (or pair of images) of each condition, `units`, and a
`statistic` of such an array: a bootstrap resamples units and computes the statistic. If there are
many conditions, whole conditions are resampled, with all their images; if there are few, such as
classes, images are resampled within each condition, and pairs follow their images, see
`zoo.evaluation.diversity.PairMeasure`.
"""

import dataclasses
import functools

import numpy as np

from zoo.training.progress import progress_bar

MANY = 20  # from this number of conditions on, conditions are resampled instead of images
REPEATS = 100  # draws of a bootstrap by default
TRAINED_WITH = "the generator was trained with this encoder"  # a warning


@dataclasses.dataclass
class Measure:
    """A measured value and its protocol.

    Attributes:
        metric: str, such as "fid[damsm_emoji_64]".
        units: array (conditions, images or pairs per condition, ...).
        statistic: function of such an array -> float.
        protocol: dict of facts: counts, network, seed.
        better: "lower", "higher", or "" if neither is better.
        more: dict of further results, such as the standard deviation over splits.
        warnings: list of str.
        resampled: bool. False if a bootstrap of the units is meaningless.
        costly: bool. True if one draw takes seconds; then the default is no interval.
    """

    metric: str
    units: np.ndarray
    statistic: object
    protocol: dict
    better: str = ""
    more: dict = dataclasses.field(default_factory=dict)
    warnings: list = dataclasses.field(default_factory=list)
    resampled: bool = True
    costly: bool = False

    @functools.cached_property
    def value(self):
        return float(self.statistic(self.units))

    def draws(self, repeats):
        """Number of bootstrap draws: `repeats`, or the default if it is None."""
        if not self.resampled or self.units.shape[0] * self.units.shape[1] < 2:
            return 0
        return repeats if repeats is not None else 0 if self.costly else REPEATS

    @property
    def shape(self):
        """(conditions, images of each) that a bootstrap draws from."""
        return self.units.shape[:2]

    @property
    def whole(self):
        """Whether conditions are drawn, with all their images, instead of images within them."""
        return self.units.shape[0] >= MANY or self.units.shape[1] == 1

    def draw(self, random):
        """Indices drawn with replacement by a `numpy.random.RandomState`.

        Returns:
            (conditions, their images), both int of this measure's `shape`.
        """
        conditions, of_each = self.shape
        rows = np.arange(conditions)[:, None]
        columns = np.broadcast_to(np.arange(of_each), self.shape)
        if self.whole:
            rows = random.randint(conditions, size=conditions)[:, None]
        else:
            columns = random.randint(of_each, size=self.shape)
        return np.broadcast_to(rows, columns.shape), columns

    def drawn(self, rows, columns):
        """The statistic of what `draw` returned."""
        return self.statistic(np.asarray(self.units[rows, columns]))

    def interval(self, repeats=None, seed=0, share=0.95):
        """[low, high] of a bootstrap around the value, see `centered_interval`; or None."""
        repeats = self.draws(repeats)
        if not repeats:
            return None
        random = np.random.RandomState(seed)
        draws = progress_bar(range(repeats), repeats, f"bootstrap of {self.metric}: draw")
        values = [self.drawn(*self.draw(random)) for _ in draws]
        return centered_interval(self.value, values, share)


def centered_interval(value, draws, share=0.95):
    """[low, high]: quantiles of the draws, shifted so that their mean is the value.

    Draws with replacement repeat images, which biases a Fréchet distance by more than its spread;
    the bias is an artifact, the spread is meaningful. The bias of a small number of images remains
    in the value.
    """
    low, high = np.quantile(draws, [(1 - share) / 2, (1 + share) / 2]) - np.mean(draws) + value
    return [float(low), float(high)]


def mean_of(measures, metric):
    """The unweighted mean of measures, such as those of all classes, as a `Measure`."""
    first = measures[0]
    return Measure(
        metric, np.array([[measure.value] for measure in measures]), lambda units: units.mean(),
        {**first.protocol, "parts": len(measures)}, first.better, resampled=False,
    )
