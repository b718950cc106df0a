"""Mean and covariance of features, accumulated batch by batch, for FID.

The sums are float64 and centered (Chan, Golub, LeVeque 1983), so a mean that is large relative to
the spread costs no precision. Memory does not grow with the number of rows. Checked against the
statistics of mseitzer/pytorch-fid fid_score.py, which holds all features.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers, whole_number


class FeatureStatistics:
    """Running mean and unbiased covariance of feature vectors.

    Args:
        size: int, length of a feature vector, such as 2048 for Inception's last pooling layer.

    Attributes:
        count: int, rows so far.
        mean: float64 (size,).
    """

    def __init__(self, size):
        self.size, self.count = whole_number(size, "size"), 0
        self.mean, self._scatter = np.zeros(self.size), np.zeros((self.size, self.size))

    def update(self, features):
        """Adds a batch (rows, size) of any numbers; returns self.

        Raises:
            ZooError: another shape, or values that are not finite.
        """
        x = real_numbers(features, "An array of features")
        if x.ndim != 2 or x.shape[1] != self.size:
            raise ZooError(f"features must have the shape (rows, {self.size}), got {x.shape}.")
        if len(x):
            mean = x.mean(0)
            self._add(len(x), mean, (x - mean).T @ (x - mean))
        return self

    def merge(self, other):
        """Adds the rows of another `FeatureStatistics`; returns self."""
        if other.size != self.size:
            raise ZooError(
                f"Expected statistics of {self.size} features, got {other.size}: only statistics "
                "of the same network can be merged."
            )
        if other.count:
            self._add(other.count, other.mean, other._scatter)
        return self

    @property
    def covariance(self):
        """Unbiased covariance, float64 (size, size); it needs at least two rows."""
        if self.count < 2:
            raise ZooError(f"A covariance needs at least two rows, got {self.count}.")
        return self._scatter / (self.count - 1)

    def _add(self, count, mean, scatter):
        total, shift = self.count + count, mean - self.mean
        self._scatter = (
            self._scatter + scatter + np.outer(shift, shift) * (self.count * count / total)
        )
        self.mean = self.mean + shift * (count / total)
        self.count = total
