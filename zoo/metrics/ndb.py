"""NDB: the number of statistically different bins, and the Jensen-Shannon divergence.

Paper: Richardson & Weiss, arXiv 1805.12462, section 2. Checked against eitanrich/gans-n-gmms
utils/ndb.py (`NDB`, `two_proportions_z_test`, `jensen_shannon_divergence`).
Protocol of the papers: k-means divides the training images, as flat arrays, into bins; generated
images are assigned to the nearest bin, and the two shares of each bin are compared. A reported
number names the number of bins, whitening, dimensions, seed and both numbers of images; the
dimensions and the initialization of k-means are random, so systems are compared on the same `Bins`.
Known deviations: distances are float64 for every input, while uint8 images overflow in the official
code; k-means is that of the installed scikit-learn.
"""

import dataclasses
import math

import numpy as np

from zoo.errors import ZooError
from zoo.metrics.arrays import real_numbers, whole_number

_MANY_DIMENSIONS = 1000  # with more dimensions, a sixth of them defines the bins
_STARTS, _ITERATIONS = 10, 100  # of k-means; the best start is used
_ROWS = 256  # rows converted to float64 at a time; the samples may be bytes in a file


@dataclasses.dataclass(frozen=True)
class Bins:
    """The bins of training samples, most frequent first.

    Attributes:
        centers: float64 (bins, d), means of the whitened samples of each bin, in all dimensions.
        proportions: float64 (bins,), shares of the training samples.
        count: int, training samples.
        used: int (u,), dimensions that the distance uses.
        mean, deviation: float64 (d,) or (), what whitening subtracts and divides by.
        scale: str, the values of the training samples: "bytes", integers above 1; "unit", floats
            in [-1, 1]; or "" for all others.
    """

    centers: np.ndarray
    proportions: np.ndarray
    count: int
    used: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    scale: str = ""

    def assign(self, samples):
        """The nearest bin of each sample; ties go to the first one.

        Shapes: (n, d), at least one row -> int64 (n,).

        Raises:
            ZooError: another shape, values that are not finite, or floats in [-1, 1] for bins of
                bytes, and the other way round.
        """
        x, size = _samples(samples), self.centers.shape[1]
        if x.shape[1] != size:
            raise ZooError(f"samples must have the {size} columns of the bins, got {x.shape[1]}.")
        if {self.scale, scale := _scale(x)} == {"bytes", "unit"}:
            words = {"bytes": "bytes, 0 to 255", "unit": "floats in [-1, 1]"}
            raise ZooError(
                f"samples must have the values of the bins, {words[self.scale]}, got "
                f"{words[scale]}: convert them to the same range."
            )
        centers = self.centers[:, self.used]
        nearest = []
        for rows in _parts(x, self.mean, self.deviation, self.used):
            distances = np.stack([((rows - center) ** 2).sum(1) for center in centers])
            nearest.append(distances.argmin(0))
        return np.concatenate(nearest)


def make_bins(samples, bins, whitening=False, max_dims=None, seed=0, progress=None):
    """k-means bins of training samples: `bins_of_labels` of the result of `cluster`.

    Arguments and errors are those of `cluster`.

    Returns:
        `Bins`.
    """
    labels, used = cluster(samples, bins, whitening, max_dims, seed, progress)
    return bins_of_labels(samples, labels, whitening, used)


def cluster(samples, bins, whitening=False, max_dims=None, seed=0, progress=None):
    """The k-means cluster of each training sample, and the dimensions that were used.

    Args:
        samples: (m, d), such as flat images. Floats or uint8; a memory-mapped array
            (`numpy.memmap`) is read in chunks of rows. k-means itself holds m rows of the used
            dimensions in float64.
        bins: int, number of bins, up to m.
        whitening: bool. Subtract each dimension's mean and divide by its deviation + 1e-6.
        max_dims: int or None. Number of randomly drawn dimensions that the distance uses. None: all
            of up to 1000 dimensions, a sixth of more.
        seed: int, of the dimensions and of k-means.
        progress: function of (starts done, starts of k-means) or None; called after each start.

    Returns:
        (int32 (m,), int (u,)): clusters, dimensions.

    Raises:
        ZooError: other shapes or numbers, or scikit-learn is missing.
    """
    try:
        from sklearn.cluster import KMeans
    except ImportError:
        raise ZooError(
            "The bins of NDB need scikit-learn, which is not installed: pip install scikit-learn."
        ) from None

    x = _samples(samples)
    bins = whole_number(bins, "bins", 1, len(x), ", the number of rows")
    used = used_dimensions(x.shape[1], max_dims, seed)
    rows = np.concatenate(list(_parts(x, *_whitening(x, whitening), used)))
    random, best = np.random.RandomState(seed), None
    for start in range(_STARTS):  # one at a time, equal to scikit-learn's `n_init`
        means = KMeans(bins, max_iter=_ITERATIONS, n_init=1, random_state=random).fit(rows)
        if best is None or means.inertia_ < best.inertia_:
            best = means
        if progress is not None:
            progress(start + 1, _STARTS)
    return best.labels_, used


def used_dimensions(size, max_dims=None, seed=0):
    """The dimensions (of `size`) that `cluster` draws: int (max_dims,), in random order."""
    if max_dims is None:
        max_dims = size if size <= _MANY_DIMENSIONS else size // 6
    max_dims = whole_number(max_dims, "max_dims", 1, size)
    seed = whole_number(seed, "seed", 0, 2**32 - 1)
    return np.random.RandomState(seed).permutation(size)[:max_dims]


def bins_of_labels(samples, labels, whitening=False, used=None):
    """`Bins` of training samples (m, d) whose clusters (m,) are known.

    Args:
        samples, whitening: see `cluster`.
        labels: ints (m,), equal for the samples of one bin.
        used: ints, dimensions that the distance uses; None for all.

    Raises:
        ZooError: other shapes, or values that are not finite.
    """
    x, labels = _samples(samples), np.asarray(labels)
    if labels.shape != (len(x),):
        raise ZooError(f"labels must have the shape ({len(x)},), got {labels.shape}.")
    mean, deviation = _whitening(x, whitening)
    names, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    sums = np.zeros((len(names), x.shape[1]))
    for start, rows in zip(range(0, len(x), _ROWS), _parts(x, mean, deviation), strict=True):
        np.add.at(sums, inverse[start : start + _ROWS], rows)
    return Bins(
        centers=(sums / counts[:, None])[order],
        proportions=counts[order] / len(x),
        count=len(x),
        used=np.arange(x.shape[1]) if used is None else np.asarray(used),
        mean=mean,
        deviation=deviation,
        scale=_scale(x),
    )


def ndb(bins, samples, significance=0.05, z_threshold=None):
    """Compares samples with the training samples of `bins`.

    Args:
        bins: `Bins`.
        samples: (n, d), at least one row.
        significance, z_threshold: see `different_proportions`.

    Returns:
        dict:
            ndb: int, number of different bins; papers also report `ndb` / bins.
            jsd: float, divergence of the two sets of proportions, in nats.
            proportions: float64 (bins,), of the samples.
            different: bool (bins,).

    Raises:
        ZooError: another shape, values that are not finite, or an invalid significance.
    """
    nearest = bins.assign(samples)
    shares = np.bincount(nearest, minlength=len(bins.centers)) / len(nearest)
    different = different_proportions(
        bins.proportions, bins.count, shares, len(nearest), significance, z_threshold
    )
    return {
        "ndb": int(different.sum()),
        "jsd": jensen_shannon_divergence(bins.proportions, shares),
        "proportions": shares,
        "different": different,
    }


def different_proportions(p, p_count, q, q_count, significance=0.05, z_threshold=None):
    """Two-proportion z-test of each bin; a bin that is empty in both sets is not different.

    z = (p - q) / sqrt(s (1 - s) (1 / n + 1 / m)) with s = (p n + q m) / (n + m).

    Args:
        p, q: shares (bins,).
        p_count, q_count: n and m, the numbers of samples that the shares refer to.
        significance: float in (0, 1); a bin is different if the two-sided probability of |z| is
            below it.
        z_threshold: float or None. If given, a bin is different if |z| is above it instead.

    Returns:
        bool (bins,).

    Raises:
        ZooError: other shapes, shares or counts.
    """
    p, q = _shares(p, q)
    if not (p_count > 0 and q_count > 0):
        raise ZooError(f"Shares must be of at least one sample, got {p_count} and {q_count}.")
    if not 0 < significance < 1:
        raise ZooError(f"significance must be between 0 and 1, got {significance!r}.")
    pooled = (p * p_count + q * q_count) / (p_count + q_count)
    # due to rounding, a share of 1 may be slightly larger
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 0) * (1 / p_count + 1 / q_count))
    z = np.abs(np.divide(p - q, error, out=np.zeros_like(p), where=error > 0))
    if z_threshold is not None:
        return z > z_threshold
    return np.array([math.erfc(x / math.sqrt(2)) < significance for x in z])  # 2 Phi(-|z|)


def jensen_shannon_divergence(p, q):
    """KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2, in nats: from 0 to log 2.

    Shapes: p and q (bins,), shares -> float.

    Raises:
        ZooError: other shapes or shares, or a sum other than 1.
    """
    p, q = _shares(p, q)
    if not np.allclose([p.sum(), q.sum()], 1, atol=1e-6):
        raise ZooError(f"Proportions must sum to 1, got {p.sum():g} and {q.sum():g}.")
    middle = (p + q) / 2

    def divergence(x):
        ratio = np.divide(x, middle, out=np.ones_like(x), where=x > 0)
        return np.sum(x * np.log(ratio))

    value = (divergence(p) + divergence(q)) / 2
    return float(np.clip(value, 0, math.log(2)))  # rounding may exceed the bounds


def _shares(p, q):
    p, q = real_numbers(p, "An array of proportions"), real_numbers(q, "An array of proportions")
    shares = p.ndim == 1 and p.shape == q.shape and ((p >= 0) & (p <= 1) & (q >= 0) & (q <= 1))
    if not np.all(shares):
        raise ZooError(
            "Proportions must be two arrays (bins,) of numbers from 0 to 1, got arrays of the "
            f"shapes {p.shape} and {q.shape}."
        )
    return p, q


def _samples(samples):
    """The array after checks, unconverted; `_parts` converts it to float64 in chunks."""
    x = np.asarray(samples)
    if x.ndim != 2 or not x.size:
        raise ZooError(f"samples must have the shape (n, d), got {x.shape}. Flatten images.")
    if x.dtype.kind not in "fiub":
        raise ZooError(f"samples must be numbers, got {x.dtype}.")
    if x.dtype.kind == "f" and not all(np.isfinite(rows).all() for rows in _parts(x)):
        raise ZooError("samples must be finite, got a NaN or an infinity.")
    return x


def _scale(x):
    """"bytes" for integers above 1, "unit" for floats in [-1, 1], else "": of an array (n, d)."""
    parts = (x[start : start + _ROWS] for start in range(0, len(x), _ROWS))
    within = all(rows.min() >= -1 and rows.max() <= 1 for rows in parts)
    if x.dtype.kind == "f":
        return "unit" if within else ""
    return "" if within else "bytes"


def _parts(x, mean=0.0, deviation=1.0, used=None):
    """Yields (x - mean) / deviation in the used dimensions, float64, `_ROWS` rows at a time."""
    if used is not None:
        mean, deviation = (np.broadcast_to(v, x.shape[1])[used] for v in (mean, deviation))
    for start in range(0, len(x), _ROWS):
        rows = np.asarray(x[start : start + _ROWS], np.float64)
        yield ((rows if used is None else rows[:, used]) - mean) / deviation


def _whitening(x, whitening):
    if not whitening:
        return np.zeros(()), np.ones(())
    mean = sum(rows.sum(0) for rows in _parts(x)) / len(x)
    variance = sum((rows**2).sum(0) for rows in _parts(x, mean)) / len(x)
    return mean, np.sqrt(variance) + 1e-6
