"""Fréchet distance between two sets of features, taken as Gaussians.

Paper: Heusel et al., arXiv 1706.08500 (FID, with Inception features). Checked against
mseitzer/pytorch-fid fid_score.py, google-research/xmcgan_image_generation tf_inception_utils.py and
TF-GAN classifier_metrics.py. Of features of another network it is not FID: the name of a reported
number says whose features they were, and how the pictures were resized.
Known deviation from the usual scripts: the root is taken by symmetric eigenvalues, where these take
`sqrtm` of a product that is not symmetric; the value is the same, needs no offset for singular
covariances, and is never complex. A matrix that is no covariance is an error, where these add an
offset, drop an imaginary part or raise.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.feature_statistics import FeatureStatistics

# The share of the largest eigenvalue that rounding may leave below 0, of statistics in float32 too.
_ROUNDING = 1e-5


def frechet_distance(a, b):
    """|mean a - mean b|^2 + tr(A + B - 2 (A B)^(1/2)), A and B the unbiased covariances.

    Shapes: a (n, d), b (m, d), two rows each at least -> float, at least 0 up to rounding.

    Raises:
        ZooError: other shapes, or values that are not finite.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ZooError(
            "frechet_distance needs two arrays of features, (n, d) and (m, d) with n and m at "
            f"least 2, but {a.shape} and {b.shape} came."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ZooError("frechet_distance needs finite features, but a NaN or an infinity came.")
    a, b = (FeatureStatistics(x.shape[1]).update(x) for x in (a, b))
    return frechet_distance_of_gaussians(a.mean, a.covariance, b.mean, b.covariance)


def frechet_distance_of_gaussians(mean_a, covariance_a, mean_b, covariance_b):
    """The same of means and covariances, such as those of `FeatureStatistics` or of a file.

    Shapes: means (d,), covariances (d, d), symmetric -> float, at least 0 up to rounding.

    Raises:
        ZooError: other shapes, values that are not finite, or a matrix that is no covariance: not
            symmetric, or with a negative eigenvalue beyond rounding.
    """
    means = [np.asarray(mean, np.float64) for mean in (mean_a, mean_b)]
    covariances = [np.asarray(matrix, np.float64) for matrix in (covariance_a, covariance_b)]
    size = means[0].size
    shapes = [x.shape for x in (*means, *covariances)]
    if shapes != [(size,), (size,), (size, size), (size, size)]:
        raise ZooError(
            "The Fréchet distance needs two means (d,) and two covariances (d, d), but means and "
            f"covariances of the shapes {shapes} came."
        )
    if not all(np.isfinite(x).all() for x in (*means, *covariances)):
        raise ZooError("Means and covariances must be finite, but a NaN or an infinity came.")
    roots = [_root(matrix) for matrix in covariances]  # both: each is checked
    # A B has the eigenvalues of the symmetric A^(1/2) B A^(1/2)
    cross = np.linalg.eigvalsh(roots[0] @ covariances[1] @ roots[0])
    trace = sum(np.trace(matrix) for matrix in covariances)
    trace -= 2 * np.sqrt(np.clip(cross, 0, None)).sum()
    return float(np.sum((means[0] - means[1]) ** 2) + trace)


def _root(covariance):
    """Symmetric root of a covariance, whose rounding below 0 counts as 0."""
    largest = np.abs(covariance).max(initial=0)
    if not np.allclose(covariance, covariance.T, rtol=0, atol=_ROUNDING * largest):
        raise ZooError("A covariance must be symmetric, but the matrix that came is not.")
    values, vectors = np.linalg.eigh(covariance)
    if values.min(initial=0) < -_ROUNDING * np.abs(values).max(initial=0):
        raise ZooError(
            f"A covariance has no negative eigenvalue, but the matrix that came has {values[0]:g}."
        )
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
