"""Measures all metrics of a protocol; metrics that cannot be measured are listed with a reason."""

import dataclasses
import time

import numpy as np

from zoo.evaluation.cell_agreement import cell_agreement
from zoo.evaluation.diversity import measure_diversity, pair_distance, pairs_of
from zoo.evaluation.fid import measure_fid
from zoo.evaluation.identity import trained_with
from zoo.evaluation.inception_score import measure_inception_score
from zoo.evaluation.measures import TRAINED_WITH, mean_of
from zoo.evaluation.mode_coverage import mode_coverage
from zoo.evaluation.named_condition import named_conditions
from zoo.evaluation.ndb import measure_ndb
from zoo.evaluation.r_precision import precision_of
from zoo.evaluation.soa import accuracy_of_preset, object_accuracy

_TOO_FEW = "a covariance needs at least two images"


@dataclasses.dataclass
class Results:
    """Measured metrics, and the reasons why others were not measured.

    Attributes:
        trained_with: names of the encoders that the generator was trained with.
        measures: list of (`Measure`, seconds).
        not_measured: dict of metric -> reason.
    """

    trained_with: tuple = ()
    measures: list = dataclasses.field(default_factory=list)
    not_measured: dict = dataclasses.field(default_factory=dict)

    def add(self, measures, start):
        """Adds a `Measure`, or a list of them, started at `start` (of `time.monotonic`)."""
        for measure in measures if isinstance(measures, list) else [measures]:
            if any(f"[{name}]" in measure.metric for name in self.trained_with):
                measure.warnings.append(TRAINED_WITH)
            measure.value  # noqa: B018 - computed now, so that errors and time are seen here
            self.measures.append((measure, time.monotonic() - start))


def measure(subject, real, protocol, evaluators, seed, per_class=None):
    """All `Results` of a protocol.

    Args:
        subject: `zoo.evaluation.subject.Subject`.
        real: `ImageSet` of real images.
        protocol: `Protocol`, with the counts to use.
        evaluators: `Evaluators`.
        seed: int, of all random selections.
        per_class: bool, whether each class is evaluated separately too; None as in the protocol.

    Raises:
        ZooError: if images of a folder lack a class of the real images, or a network's features are
            not finite.
    """
    return Measurement(subject, real, protocol, evaluators, seed).run(per_class)


class Measurement:
    """One call of `measure`: one method per kind of metric, whose output is in `results`."""

    def __init__(self, subject, real, protocol, evaluators, seed):
        self.subject, self.real, self.protocol = subject, real, protocol
        self.evaluators, self.seed = evaluators, seed
        self.results = Results(tuple(
            network.name for network in evaluators.networks
            if trained_with(subject.model, network.model)
        ))

    def run(self, per_class=None):
        per_class = self.protocol.per_class if per_class is None else per_class
        classes = self.classes() if per_class else []
        for network in self.evaluators.networks:
            features = self.fid(network, classes)
            if self.protocol.splits:
                self.inception_score(network, features)
        if self.protocol.bins:
            self.ndb(classes)
        if self.protocol.pairs != 0:
            self.diversity()
        self.mode_coverage()
        self.named_conditions()
        self.cell_agreement()
        if self.protocol.precision:
            self.r_precision()
        if self.evaluators.detector is not None:
            self.soa()
        elif self.protocol.objects:
            self.results.not_measured["soa"] = "`detector` was not given"
        return self.results

    def classes(self):
        """The labels that are evaluated separately.

        Raises:
            ZooError: if the images of a folder lack a class of the real images.
        """
        subject, real, not_measured = self.subject, self.real, self.results.not_measured
        if subject.images.labels is None or real.labels is None:
            not_measured["classes"] = "the generated or the real images have no classes"
            return []
        mine, theirs = subject.images.class_names, real.class_names
        if mine and theirs and list(mine) != list(theirs):
            if set(mine) != set(theirs):
                not_measured["classes"] = (
                    f"those of the preset ({', '.join(mine)}) differ from those of the real images "
                    f"({', '.join(theirs)})"
                )
                return []
            real.labels = np.array([list(mine).index(name) for name in theirs])[real.labels]
            real.class_names = list(mine)
        labels = sorted(set(subject.images.labels.tolist()))
        if subject.model is None:  # a preset generates only the classes of its conditions
            labels = list(range(len(real.class_names)))
        for label in labels:  # raises for an empty class
            subject.images.of_class(label)
            real.of_class(label)
        return labels

    def class_suffix(self, label):
        """Suffix of the name of a metric of one class."""
        names = self.real.class_names or self.subject.images.class_names
        return f", class {names[label] if names else label}"

    def fid(self, network, classes):
        """Measures FID of all images and each class; returns outputs of the generated images."""
        subject, real = self.subject, self.real
        start = time.monotonic()
        mine = self.evaluators.cache.features(subject.images, network)
        theirs = self.evaluators.cache.features(real, network)
        if min(len(subject.images), len(real)) < 2:
            self.results.not_measured[f"fid[{network.name}]"] = _TOO_FEW
            return mine
        self.results.add(
            measure_fid(mine["features"], theirs["features"], network, subject.shape), start
        )
        for label in classes:
            start, name = time.monotonic(), self.class_suffix(label)
            own, other = (np.flatnonzero(s.labels == label) for s in (subject.images, real))
            if min(len(own), len(other)) < 2:
                self.results.not_measured[f"fid[{network.name}]{name}"] = _TOO_FEW
                continue
            self.results.add(
                measure_fid(mine["features"][own], theirs["features"][other], network,
                            (len(own), 1), name),
                start,
            )
        return mine

    def inception_score(self, network, outputs):
        start = time.monotonic()
        if "logits" not in outputs:
            name = f"inception_score[{network.name}]"
            self.results.not_measured[name] = "the network is not a classifier"
            return
        if self.protocol.official_logits and network.for_score is not None:
            network = network.for_score
            outputs = self.evaluators.cache.features(self.subject.images, network)
        self.results.add(
            measure_inception_score(
                outputs, network, self.subject.shape, self.protocol, self.seed
            ),
            start,
        )

    def ndb(self, classes):
        """Measures NDB and JSD of all images, or of each class and the mean over classes."""
        try:
            import sklearn  # noqa: F401
        except ImportError:
            reason = "scikit-learn, which computes the bins, is not installed"
            self.results.not_measured["ndb, jsd"] = reason
            return
        settings = {"bins": self.protocol.bins, "cache": self.evaluators.cache, "seed": self.seed}
        images, real, start = self.subject.images, self.real, time.monotonic()
        if not classes:
            self.results.add(
                measure_ndb(images, real, shape=self.subject.shape, **settings), start
            )
            return
        pairs = []
        for label in classes:
            start, mine = time.monotonic(), images.of_class(label)
            pairs.append(measure_ndb(
                mine, real.of_class(label), shape=(len(mine), 1), label=self.class_suffix(label),
                **settings,
            ))
            self.results.add(pairs[-1], start)
        for index, metric in enumerate(("ndb", "jsd")):
            start = time.monotonic()
            parts = [pair[index] for pair in pairs]
            self.results.add(mean_of(parts, f"{metric}, mean over classes"), start)

    def diversity(self):
        """Measures distances between images of one condition: of pixels, features, and LPIPS."""
        (conditions, samples), start = self.subject.shape, time.monotonic()
        if samples < 2:
            reason = "they compare images of one condition, but there is only one"
            self.results.not_measured["pair_distance, lpips"] = reason
            return
        count = self.protocol.pairs if conditions > 1 else 50 * (self.protocol.pairs or 1)
        pairs = pairs_of(conditions, samples, count, self.seed)
        which = {"pairs": "random, distinct, of one condition", "seed": self.seed}
        self.results.add(
            measure_diversity(
                "pair_distance", pair_distance, self.subject.images, pairs, samples,
                {**which, "distance": "mean absolute difference, pixels in [-1, 1]"},
            ),
            start,
        )
        for network in self.evaluators.networks:
            if network.maps is None:
                continue
            start = time.monotonic()
            self.results.add(
                measure_diversity(
                    f"feature_distance[{network.name}]", network.distance, self.subject.images,
                    pairs, samples,
                    {**which, "distance": "LPIPS without channel weights", "network":
                     network.record()},
                ),
                start,
            )
        lpips, start = self.evaluators.lpips, time.monotonic()
        if lpips is None:
            reason = "`lpips_trunk` and `lpips_heads` were not given"
            self.results.not_measured["lpips"] = reason
            return
        self.results.add(
            measure_diversity(
                f"lpips[{lpips.name}]", lpips, self.subject.images, pairs, samples,
                {**which, "network": lpips.record()},
            ),
            start,
        )

    def mode_coverage(self):
        if self.subject.kind in (None, "nothing") or self.subject.data.form == "domains":
            return
        start = time.monotonic()
        measures, reason = mode_coverage(self.subject, self.evaluators)
        self.results.add(measures, start)
        if reason:
            self.results.not_measured["mode_coverage"] = reason

    def named_conditions(self):
        if self.subject.kind in ("labels", "captions", "images"):
            start = time.monotonic()
            measures = named_conditions(self.subject, self.real, self.evaluators)
            self.results.add(measures, start)

    def cell_agreement(self):
        start = time.monotonic()
        measures, reason = cell_agreement(self.subject, self.evaluators)
        self.results.add(measures, start)
        if reason:
            self.results.not_measured["cell_agreement"] = reason

    def r_precision(self):
        start = time.monotonic()
        measured, reason = precision_of(
            self.subject, self.evaluators, self.protocol.folds, self.seed
        )
        if measured is None:
            self.results.not_measured["r_precision"] = reason
        else:
            self.results.add(measured, start)

    def soa(self):
        start = time.monotonic()
        if self.subject.model is None:
            self.results.add(object_accuracy(self.subject.images, self.evaluators.detector), start)
            return
        measures, reason = accuracy_of_preset(self.subject, self.evaluators, self.seed)
        if measures:
            self.results.add(measures, start)
        else:
            self.results.not_measured["soa"] = reason
