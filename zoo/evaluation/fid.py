"""Fréchet distance between generated and real images in the features of a network."""

from zoo.evaluation.measures import Measure
from zoo.metrics.feature_statistics import FeatureStatistics
from zoo.metrics.frechet_distance import FrechetDistanceTo

COSTLY = 512  # features; with more of them one draw of the bootstrap takes seconds


def measure_fid(features, real, network, shape, label=""):
    """FID as a `Measure`; its `units` are the features of the generated images.

    Args:
        features: float32 (n, d), of the generated images, ordered by condition.
        real: float32 (m, d), of the real images.
        network: `FeatureNetwork` of the features.
        shape: (conditions, images per condition); their product is n.
        label: str, suffix of the metric's name if only a part of the images is used, such as
            those of one class.
    """
    real = statistics_of(real)
    distance = FrechetDistanceTo(real.mean, real.covariance)

    def statistic(units):
        generated = statistics_of(units.reshape(-1, units.shape[-1]))
        return distance(generated.mean, generated.covariance)

    count, size = features.shape
    warnings = [
        f"only {n} {which} images for {size}-dimensional features: the covariance is singular, and "
        "the distance is biased upwards by an amount that depends on that number"
        for which, n in (("generated", count), ("real", real.count)) if n <= size
    ]
    return Measure(
        f"fid[{network.name}]{label}", features.reshape(*shape, -1), statistic,
        {"generated": count, "real": real.count, "features": size, "network": network.record(),
         "family": network.family},
        "lower", warnings=warnings, costly=size > COSTLY,
    )


def statistics_of(features, rows=1024):
    """`FeatureStatistics` of features (n, d), read `rows` at a time."""
    statistics = FeatureStatistics(int(features.shape[1]))
    for start in range(0, len(features), rows):
        statistics.update(features[start : start + rows])
    return statistics
