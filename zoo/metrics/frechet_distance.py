"""Fréchet distance between two sets of features, modeled as Gaussians.

Paper: Heusel et al., arXiv 1706.08500 (FID, with Inception features). Checked against
mseitzer/pytorch-fid fid_score.py, google-research/xmcgan_image_generation tf_inception_utils.py and
TF-GAN classifier_metrics.py. With another network's features it is not FID: a reported number names
the network and how the images were resized.
Known deviation from the usual scripts: the square root uses the eigenvalues of a symmetric matrix
instead of `sqrtm` of a product that is not symmetric; the value is the same, needs no offset for
singular covariances, and is never complex. A matrix that is not a covariance is an error, while
these scripts add an offset, drop an imaginary part or raise.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers
from zoo.metrics.feature_statistics import FeatureStatistics

# Tolerance for negative eigenvalues, relative to the largest one; suits float32 statistics.
_ROUNDING = 1e-5
# Tolerance for a negative distance, relative to both traces: square roots of eigenvalues near 0
# have only half of the significant digits.
_BELOW = 1e-3


def frechet_distance(a, b):
    """|mean a - mean b|^2 + tr(A + B - 2 (A B)^(1/2)), A and B the unbiased covariances.

    Shapes: a (n, d), b (m, d), each with at least two rows -> float, at least 0 (slightly negative
    values due to rounding are set to 0).

    Raises:
        ZooError: other shapes, or values that are not finite real numbers.
    """
    a, b = (real_numbers(x, "An array of features") for x in (a, b))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ZooError(
            "frechet_distance needs two arrays of features, (n, d) and (m, d) with n and m at "
            f"least 2, got {a.shape} and {b.shape}."
        )
    a, b = (FeatureStatistics(x.shape[1]).update(x) for x in (a, b))
    return frechet_distance_of_gaussians(a.mean, a.covariance, b.mean, b.covariance)


def frechet_distance_of_gaussians(mean_a, covariance_a, mean_b, covariance_b):
    """The Fréchet distance from means and covariances, such as those of `FeatureStatistics`.

    Shapes: means (d,), covariances (d, d), symmetric -> float, at least 0.

    Raises:
        ZooError: other shapes, values that are not finite, or a matrix that is not a covariance:
            not symmetric, or with a negative eigenvalue beyond rounding.
    """
    distance = FrechetDistanceTo(mean_a, covariance_a)
    mean_b, covariance_b = distance.checked(mean_b, covariance_b)
    _check_eigenvalues(np.linalg.eigvalsh(covariance_b))
    return distance(mean_b, covariance_b)


class FrechetDistanceTo:
    """The Fréchet distance from one Gaussian, whose square root is computed once.

    Args:
        mean: (d,).
        covariance: (d, d).

    Raises:
        ZooError: as `frechet_distance_of_gaussians`.
    """

    def __init__(self, mean, covariance):
        self.mean = real_numbers(mean, "A mean")
        self.mean, covariance = self.checked(mean, covariance)
        self.trace = np.trace(covariance)
        values, vectors = np.linalg.eigh(covariance)
        _check_eigenvalues(values)
        self.root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T

    def checked(self, mean, covariance):
        """Both arrays in float64; raises `ZooError` as above, except for negative eigenvalues."""
        mean, covariance = real_numbers(mean, "A mean"), real_numbers(covariance, "A covariance")
        size = self.mean.size
        if mean.shape != (size,) or covariance.shape != (size, size):
            raise ZooError(
                f"The Fréchet distance needs means ({size},) and covariances ({size}, {size}), "
                f"got a mean and a covariance of the shapes {mean.shape} and {covariance.shape}."
            )
        largest = np.abs(covariance).max(initial=0)
        if not np.allclose(covariance, covariance.T, rtol=0, atol=_ROUNDING * largest):
            raise ZooError("A covariance must be symmetric, got a matrix that is not.")
        return mean, covariance

    def __call__(self, mean, covariance):
        """float. The covariance must not have negative eigenvalues, as in `FeatureStatistics`."""
        mean, covariance = self.checked(mean, covariance)
        # A B has the eigenvalues of the symmetric A^(1/2) B A^(1/2)
        cross = np.linalg.eigvalsh(self.root @ covariance @ self.root)
        trace = self.trace + np.trace(covariance) - 2 * np.sqrt(np.clip(cross, 0, None)).sum()
        distance = float(np.sum((self.mean - mean) ** 2) + trace)
        if distance < -_BELOW * (self.trace + np.trace(covariance)):
            raise ZooError(
                f"The Fréchet distance is {distance:g}, below 0 by more than rounding: one of the "
                "matrices is not a covariance."
            )
        return max(distance, 0.0)


def _check_eigenvalues(values):
    """Raises `ZooError` for an eigenvalue that is negative beyond rounding."""
    if values.min(initial=0) < -_ROUNDING * np.abs(values).max(initial=0):
        raise ZooError(
            f"A covariance must not have negative eigenvalues, got the eigenvalue {values[0]:g}."
        )
