"""From pictures to numbers: each measure with what is needed to draw it again from part of them.

A measure keeps a value for each picture (or pair) of each condition, `units`, and a `statistic` of
such an array, so that a bootstrap is: draw units, take the statistic. Where the conditions are many
they are drawn, with all their pictures; where they are few, such as classes, pictures are drawn
within each.
"""

import dataclasses
import functools

import numpy as np

from zoo.metrics.class_probabilities import class_logits, class_probabilities
from zoo.metrics.feature_statistics import FeatureStatistics
from zoo.metrics.frechet_distance import DistanceFrom
from zoo.metrics.inception_score import inception_score
from zoo.metrics.ndb import bins_of_labels, cluster, ndb, used_dimensions
from zoo.training.progress import Progress, counted

MANY = 20  # conditions from which on these are drawn, and not pictures within them
REPEATS = 100  # draws of a bootstrap where nothing is said
COSTLY = 512  # features, above which a draw takes seconds and is made when asked for alone


@dataclasses.dataclass
class Measure:
    """A number and how it came about.

    Attributes:
        metric: str, such as "fid[damsm_emoji_64]".
        units: array (conditions, of each, ...).
        statistic: function of such an array -> float.
        protocol: dict, what belongs to the number.
        better: "lower", "higher", or "" where neither is.
        more: dict, other results, such as a deviation over splits.
        warnings: list of str.
        resampled: bool. False where a bootstrap of the units says nothing.
        costly: bool. True where a draw takes seconds.
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

    def draws(self, asked):
        """Draws of a bootstrap: those asked for, or by `REPEATS` and `costly`."""
        if not self.resampled or self.units.shape[0] * self.units.shape[1] < 2:
            return 0
        return asked if asked is not None else 0 if self.costly else REPEATS

    def drawn(self, random):
        """Units drawn with replacement by a `numpy.random.RandomState`."""
        rows, columns = draw(random, *self.units.shape[:2])
        return np.asarray(self.units[rows, columns])

    def interval(self, repeats=None, seed=0, share=0.95):
        """[low, high] of a bootstrap around the value, see `centred_interval`; or None."""
        repeats = self.draws(repeats)
        if not repeats:
            return None
        random = np.random.RandomState(seed)
        draws = counted(range(repeats), repeats, f"bootstrap of {self.metric}: draw")
        values = [self.statistic(self.drawn(random)) for _ in draws]
        return centred_interval(self.value, values, share)


def draw(random, conditions, of_each):
    """Places (conditions, of_each) of drawn units: rows, and columns within them."""
    rows = np.arange(conditions)[:, None]
    columns = np.broadcast_to(np.arange(of_each), (conditions, of_each))
    if conditions >= MANY or of_each == 1:
        rows = random.randint(conditions, size=conditions)[:, None]
    else:
        columns = random.randint(of_each, size=(conditions, of_each))
    return np.broadcast_to(rows, columns.shape), columns


def centred_interval(value, draws, share=0.95):
    """[low, high]: quantiles of the draws, shifted so that their mean is the value.

    Draws with replacement repeat pictures, which shifts a Fréchet distance more than it spreads;
    the shift says nothing, the spread does. The bias of few pictures is in the value all the same.
    """
    low, high = np.quantile(draws, [(1 - share) / 2, (1 + share) / 2]) - np.mean(draws) + value
    return [float(low), float(high)]


# --- distances of sets ----------------------------------------------------------------------------


def statistics_of(features, rows=1024):
    """`FeatureStatistics` of (n, d), some rows at a time."""
    statistics = FeatureStatistics(int(features.shape[1]))
    for start in range(0, len(features), rows):
        statistics.update(features[start : start + rows])
    return statistics


def fid(features, real, network, shape, label=""):
    """Fréchet distance of features (n, d), ordered by condition, from those of real pictures.

    Args:
        shape: (conditions, pictures of each).
        label: str, of a part of the pictures, such as a class.
    """
    real = statistics_of(real)
    distance = DistanceFrom(real.mean, real.covariance)

    def statistic(units):
        made = statistics_of(units.reshape(-1, units.shape[-1]))
        return distance(made.mean, made.covariance)

    count, size = features.shape
    warnings = [
        f"only {n} {which} pictures for features of {size} numbers: the covariance is singular, "
        "and the distance is too large by an amount that depends on that number"
        for which, n in (("generated", count), ("real", real.count)) if n <= size
    ]
    return Measure(
        f"fid[{network.name}]{label}", features.reshape(*shape, -1), statistic,
        {"generated": count, "real": real.count, "features": size, "network": network.record(),
         "family": network.family},
        "lower", warnings=warnings, costly=size > COSTLY,
    )


def bins_and_divergence(pictures, real, bins, shape, cache, seed, whitening=True, label=""):
    """NDB and JSD of flat RGB pictures; `pictures`, `real`: `PictureSet`s."""
    cache.folder.mkdir(parents=True, exist_ok=True)
    made_of = bins_of(real, bins, cache, seed, whitening)
    nearest = made_of.assign(pictures.flat(cache.folder)).reshape(shape)
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
        f"{found} bins instead of {bins}: the real pictures are too few, or too much alike"
    ]
    return [
        Measure(f"ndb{label}", nearest, lambda u: compared(u)["ndb"], protocol, "lower",
                {"share_of_bins": whole["ndb"] / found, **shares}, list(few)),
        Measure(f"jsd{label}", nearest, lambda u: compared(u)["jsd"], protocol, "lower",
                warnings=list(few)),
    ]


def bins_of(real, bins, cache, seed, whitening):
    """`Bins` of a `PictureSet`; the clusters are kept by what they depend on, for k-means takes
    minutes and two presets are compared in the same bins."""
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
    """What `zoo.metrics.ndb.ndb` gives, of samples whose bins are known."""
    return ndb(_Known(bins), np.asarray(nearest).reshape(-1, 1))


class _Known:
    """Bins whose samples are the numbers of their bins."""

    def __init__(self, bins):
        self.centers, self.proportions, self.count = bins.centers, bins.proportions, bins.count

    def assign(self, samples):
        return samples[:, 0]


def mean_of(measures, metric):
    """The plain mean of several parts' measures, such as those of classes."""
    first = measures[0]
    return Measure(
        metric, np.array([[measure.value] for measure in measures]), lambda units: units.mean(),
        {**first.protocol, "parts": len(measures)}, first.better, resampled=False,
    )


# --- pictures of one condition --------------------------------------------------------------------


def pairs_of(conditions, samples, pairs, seed):
    """Different random pairs of a condition's pictures: int (conditions, pairs, 2), fewer pairs
    where there are no more."""
    every = np.array([(i, j) for i in range(samples) for j in range(i + 1, samples)])
    pairs = len(every) if pairs is None else min(pairs, len(every))
    random = np.random.RandomState(seed)
    return np.stack([every[random.permutation(len(every))[:pairs]] for _ in range(conditions)])


def pair_distance(a, b):
    """Mean absolute difference in the scale of [-1, 1]: float64 (batch,), of uint8 pictures."""
    return np.abs(a.astype(np.float64) - b).mean((1, 2, 3)) / 127.5


def diversity(metric, distance, pictures, pairs, samples, protocol, batch=32):
    """Mean distance of pairs of pictures of one condition.

    Args:
        distance: function of two uint8 batches -> (batch,).
        pairs: see `pairs_of`.
    """
    first = np.arange(len(pairs))[:, None, None] * samples
    places = (pairs + first).reshape(-1, 2)
    parts = np.array_split(places, -(-len(places) // batch))
    values = np.concatenate([
        distance(pictures.load(part[:, 0]), pictures.load(part[:, 1]))
        for part in counted(parts, len(parts), f"{metric}: batch of pairs")
    ])
    return Measure(
        metric, values.reshape(pairs.shape[:2]), lambda units: units.mean(),
        {"conditions": len(pairs), "pairs_of_each": pairs.shape[1],
         "samples_per_condition": samples, **protocol}, "higher",
    )


# --- classifiers ----------------------------------------------------------------------------------


def inception(outputs, network, shape, protocol, seed):
    """Inception score of a network's logits; the pictures are shuffled before they are split.

    Args:
        protocol: `Protocol`: its `splits` and `remainder`, and `official_logits`: True leaves the
            last bias out where the network knows its kernel, as OpenAI's script does.
    """
    biased = not (protocol.official_logits and network.logit_kernel is not None)
    logits = outputs["logits"] if biased else class_logits(
        outputs["features"], network.logit_kernel
    )
    probabilities = class_probabilities(logits)
    splits, warnings = min(protocol.splits, len(probabilities)), []
    if splits < protocol.splits:
        warnings.append(f"{splits} splits instead of {protocol.splits}: there are no more pictures")
    if protocol.official_logits and biased:
        warnings.append(
            "the logits have their bias, which the official script leaves out: the kernel of "
            f"{network.name} is not known"
        )

    def score(units):
        rows = units.reshape(-1, units.shape[-1])
        rows = rows[np.random.RandomState(seed).permutation(len(rows))]
        return inception_score(rows, splits, protocol.remainder)

    return Measure(
        f"inception_score[{network.name}]", probabilities.reshape(*shape, -1),
        lambda units: score(units)[0],
        {"generated": len(probabilities), "splits": splits, "remainder": protocol.remainder,
         "order": "shuffled by the seed", "bias": biased, "classes": probabilities.shape[1],
         "network": network.record(), "family": network.family}, "higher",
        {"std_over_splits": score(probabilities.reshape(*shape, -1))[1]} if splits > 1 else {},
        warnings,
        costly=probabilities.size > 10**7,
    )
