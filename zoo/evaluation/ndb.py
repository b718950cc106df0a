"""NDB and JSD: number of statistically different bins, and divergence of the bins' shares."""

import numpy as np

from zoo.evaluation.measures import Measure
from zoo.metrics.ndb import bins_of_labels, cluster, ndb, used_dimensions
from zoo.training.progress import Progress


def measure_ndb(images, real, bins, shape, cache, seed, whitening=True, label=""):
    """NDB and JSD of flat RGB images: a list of two `Measure`s whose `units` are bin indices.

    Args:
        images, real: `ImageSet`s; `images` is ordered by condition.
        bins: int, number of clusters of the real images.
        shape: (conditions, images per condition).
        cache: `Cache` of the clusters.
        seed: int, of k-means and the random selection of dimensions.
        whitening: bool, whether the dimensions are divided by their standard deviation.
        label: str, suffix of the metrics' names.
    """
    cache.folder.mkdir(parents=True, exist_ok=True)
    real_bins = bins_of(real, bins, cache, seed, whitening)
    nearest = real_bins.assign(images.flat(cache.folder)).reshape(shape)
    count = len(real_bins.centers)
    protocol = {
        "generated": int(nearest.size), "real": real_bins.count, "bins": count, "seed": seed,
        "whitening": whitening, "significance": 0.05, "pixels": "flat RGB bytes",
        "dimensions": f"{len(real_bins.used)} of {real_bins.centers.shape[1]}, random by the seed",
    }

    def compared(units):
        return ndb_of_bins(real_bins, units)

    whole = compared(nearest)
    shares = {
        "bins": real_bins.proportions.tolist(), "shares": whole["proportions"].tolist(),
        "different": whole["different"].tolist(),
    }
    warnings = [] if count == bins else [
        f"{count} bins instead of {bins}: there are too few real images, or they are too similar"
    ]
    return [
        Measure(f"ndb{label}", nearest, lambda u: compared(u)["ndb"], protocol, "lower",
                {"share_of_bins": whole["ndb"] / count, **shares}, list(warnings)),
        Measure(f"jsd{label}", nearest, lambda u: compared(u)["jsd"], protocol, "lower",
                warnings=list(warnings)),
    ]


def bins_of(real, bins, cache, seed, whitening):
    """The `Bins` of an `ImageSet`.

    The clusters are cached, because k-means takes minutes and presets are compared with the same
    bins.
    """
    import sklearn

    rows = real.flat(cache.folder)

    def clusters():
        progress = Progress(1, what="k-means of NDB: start", unit="")

        def show(done, total):
            progress.total = total
            progress.advance()
            progress.show()

        try:
            yield cluster(rows, min(bins, len(real)), whitening, seed=seed, progress=show)[0]
        finally:
            progress.clear()

    parts = "clusters 1", real.digest, bins, whitening, seed, sklearn.__version__
    labels = cache.rows("clusters", parts, len(real), clusters, "clusters")
    return bins_of_labels(rows, labels, whitening, used_dimensions(rows.shape[1], seed=seed))


def ndb_of_bins(bins, nearest):
    """The result of `zoo.metrics.ndb.ndb` for samples given by their bin indices, of any shape."""
    return ndb(_AssignedBins(bins), np.asarray(nearest).reshape(-1, 1))


class _AssignedBins:
    """Bins whose samples are given as bin indices."""

    def __init__(self, bins):
        self.centers, self.proportions, self.count = bins.centers, bins.proportions, bins.count

    def assign(self, samples):
        return samples[:, 0]
