"""Mean and covariance of features that come batch by batch, as FID needs them.

The sums are float64 and centred (Chan, Golub, LeVeque 1983): a mean that is large beside the spread
costs no digits. The memory does not grow with the number of rows. Checked against the statistics of
mseitzer/pytorch-fid fid_score.py, which holds all features.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers


class FeatureStatistics:
    """Running mean and unbiased covariance of features of `size` numbers.

    Args:
        size: int, length of a feature, such as 2048 of Inception's last pool.

    Attributes:
        count: int, rows so far.
        mean: float64 (size,).
    """

    def __init__(self, size):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ZooError(f"size must be a whole number from 1 up, not {size!r}.")
        self.size, self.count = size, 0
        self.mean, self._scatter = np.zeros(size), np.zeros((size, size))

    def update(self, features):
        """Adds a batch (rows, size) of any numbers; returns self.

        Raises:
            ZooError: another shape, or values that are not finite.
        """
        x = real_numbers(features, "An array of features")
        if x.ndim != 2 or x.shape[1] != self.size:
            raise ZooError(f"features must have the shape (rows, {self.size}), not {x.shape}.")
        if len(x):
            mean = x.mean(0)
            self._add(len(x), mean, (x - mean).T @ (x - mean))
        return self

    def merge(self, other):
        """Adds the rows that another `FeatureStatistics` has seen; returns self."""
        if other.size != self.size:
            raise ZooError(f"Features of {self.size} and of {other.size} numbers do not merge.")
        if other.count:
            self._add(other.count, other.mean, other._scatter)
        return self

    @property
    def covariance(self):
        """Unbiased covariance, float64 (size, size); it takes two rows at least."""
        if self.count < 2:
            raise ZooError(f"A covariance takes two rows at least, but {self.count} came.")
        return self._scatter / (self.count - 1)

    def _add(self, count, mean, scatter):
        total, shift = self.count + count, mean - self.mean
        self._scatter = (
            self._scatter + scatter + np.outer(shift, shift) * (self.count * count / total)
        )
        self.mean = self.mean + shift * (count / total)
        self.count = total
