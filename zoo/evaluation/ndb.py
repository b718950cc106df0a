"""NDB and JSD: in which of the real images' bins the generated ones fall."""

import numpy as np

from zoo.evaluation.measures import Measure
from zoo.metrics.ndb import bins_of_labels, cluster, ndb, used_dimensions
from zoo.training.progress import Progress


def measure_ndb(images, real, bins, shape, cache, seed, whitening=True, label=""):
    """NDB and JSD of flat RGB images: a list of two `Measure`s whose `units` are bin numbers.

    Args:
        images, real: `ImageSet`s; `images` is ordered by condition.
        bins: int, clusters of the real images.
        shape: (conditions, images per condition).
        cache: `Cache` that keeps the clusters.
        seed: int, of k-means and of the dimensions that are drawn.
        whitening: bool, whether the dimensions are scaled by their standard deviation.
        label: str, appended to the metrics' names.
    """
    cache.folder.mkdir(parents=True, exist_ok=True)
    made_of = bins_of(real, bins, cache, seed, whitening)
    nearest = made_of.assign(images.flat(cache.folder)).reshape(shape)
    found = len(made_of.centers)
    protocol = {
        "generated": int(nearest.size), "real": made_of.count, "bins": found, "seed": seed,
        "whitening": whitening, "significance": 0.05, "pixels": "flat RGB bytes",
        "dimensions": f"{len(made_of.used)} of {made_of.centers.shape[1]}, drawn by the seed",
    }

    def compared(units):
        return ndb_of_bins(made_of, units)

    whole = compared(nearest)
    shares = {
        "bins": made_of.proportions.tolist(), "shares": whole["proportions"].tolist(),
        "different": whole["different"].tolist(),
    }
    few = [] if found == bins else [
        f"{found} bins instead of {bins}: the real images are too few, or too much alike"
    ]
    return [
        Measure(f"ndb{label}", nearest, lambda u: compared(u)["ndb"], protocol, "lower",
                {"share_of_bins": whole["ndb"] / found, **shares}, list(few)),
        Measure(f"jsd{label}", nearest, lambda u: compared(u)["jsd"], protocol, "lower",
                warnings=list(few)),
    ]


def bins_of(real, bins, cache, seed, whitening):
    """`Bins` of an `ImageSet`.

    The clusters are cached by the hash of everything they depend on: k-means takes minutes, and two
    presets are compared in the same bins.
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
    """The result of `zoo.metrics.ndb.ndb` for samples whose bins are known: ints, any shape."""
    return ndb(_Known(bins), np.asarray(nearest).reshape(-1, 1))


class _Known:
    """Bins whose samples are the numbers of their bins."""

    def __init__(self, bins):
        self.centers, self.proportions, self.count = bins.centers, bins.proportions, bins.count

    def assign(self, samples):
        return samples[:, 0]
