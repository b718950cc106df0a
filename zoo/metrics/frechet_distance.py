"""Fréchet distance between two sets of features, taken as Gaussians.

Paper: Heusel et al., arXiv 1706.08500 (FID, with Inception features). Of features of another
network it is not FID: the name of a reported number says whose features they were.
Known deviation from the usual scripts: the root is taken by symmetric eigenvalues, where these take
`sqrtm` of a product that is not symmetric; the value is the same, needs no offset for singular
covariances, and is never complex.
"""

import numpy as np

from zoo.errors import ZooError


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
    covariance_a, covariance_b = (np.cov(x, rowvar=False).reshape(x.shape[1], -1) for x in (a, b))
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.linalg.eigvalsh(root @ covariance_b @ root)
    trace = np.trace(covariance_a) + np.trace(covariance_b)
    trace -= 2 * np.sqrt(np.clip(cross, 0, None)).sum()
    return float(np.sum((a.mean(0) - b.mean(0)) ** 2) + trace)
