"""Every number of a protocol, of one set of pictures; and why others were not measured."""

import dataclasses
import time

import numpy as np

from zoo.evaluation import measures
from zoo.evaluation.mode_coverage import coverage_of
from zoo.evaluation.r_precision import precision_of
from zoo.evaluation.soa import accuracy_of_preset, object_accuracy


@dataclasses.dataclass
class Numbers:
    """What was measured, and why other numbers were not.

    Attributes:
        found: list of (`Measure`, seconds).
        left: dict of what was not measured -> why.
        judge: str or None, the name of the encoder that the generator was trained towards.
    """

    judge: str | None = None
    found: list = dataclasses.field(default_factory=list)
    left: dict = dataclasses.field(default_factory=dict)

    def add(self, make, *arguments, spent=0.0, **settings):
        """Makes a `Measure`, or a list of some; `spent`: seconds that went before."""
        start = time.monotonic() - spent
        made = make(*arguments, **settings)
        for one in made if isinstance(made, list) else [made]:
            if self.judge and f"[{self.judge}]" in one.metric:
                one.warnings.append("the generator was trained towards this encoder")
            one.value  # noqa: B018 - an error of the numbers shows here, and the time counts
            self.found.append((one, time.monotonic() - start))


def measure(subject, real, protocol, tools, seed, per_class=None):
    """All `Numbers` of a protocol."""
    training = getattr(subject.model, "preset_metadata", {}).get("training") or {}
    numbers = Numbers(training.get("damsm"))
    per_class = protocol.per_class if per_class is None else per_class
    classes = _classes(subject, real, numbers) if per_class else []
    for network in tools.networks:
        _by_network(subject, real, protocol, tools, network, classes, seed, numbers)
    if protocol.bins:
        _bins(subject, real, protocol, tools, classes, seed, numbers)
    _pairs(subject, protocol, tools, seed, numbers)
    _modes(subject, tools, numbers)
    if protocol.precision:
        start = time.monotonic()
        made, why = precision_of(subject, tools, protocol.folds, seed)
        if made is None:
            numbers.left["r_precision"] = why
        else:
            numbers.add(lambda: made, spent=time.monotonic() - start)
    if tools.detector is not None:
        _objects(subject, tools, seed, numbers)
    elif protocol.objects:
        numbers.left["soa"] = "--detector was not given"
    return numbers


def _objects(subject, tools, seed, numbers):
    if subject.model is None:
        numbers.add(object_accuracy, subject.pictures, tools.detector)
        return
    start = time.monotonic()
    made, why = accuracy_of_preset(subject, tools, seed)
    if made:
        numbers.add(lambda: made, spent=time.monotonic() - start)
    else:
        numbers.left["soa"] = why


def _classes(subject, real, numbers):
    """The labels that are measured alone.

    Raises:
        ZooError: the pictures of a folder lack a class of the real ones.
    """
    if subject.pictures.labels is None or real.labels is None:
        numbers.left["classes"] = "the pictures, or the real ones, have no classes"
        return []
    mine, theirs = subject.pictures.class_names, real.class_names
    if mine and theirs and list(mine) != list(theirs):
        if set(mine) != set(theirs):
            numbers.left["classes"] = (
                f"the preset's ({', '.join(mine)}) are not those of the real pictures "
                f"({', '.join(theirs)})"
            )
            return []
        real.labels = np.array([list(mine).index(name) for name in theirs])[real.labels]
        real.class_names = list(mine)
    found = sorted(set(subject.pictures.labels.tolist()))
    if subject.model is None:  # a preset draws the classes that it is told to
        found = list(range(len(real.class_names)))
    for label in found:  # an empty class is an error with its name
        subject.pictures.of_class(label)
        real.of_class(label)
    return found


def _by_network(subject, real, protocol, tools, network, classes, seed, numbers):
    start = time.monotonic()
    mine = tools.cache.features(subject.pictures, network)
    theirs = tools.cache.features(real, network)
    spent = time.monotonic() - start
    too_few = "a covariance takes two pictures at least"
    if min(len(subject.pictures), len(real)) < 2:
        numbers.left[f"fid[{network.name}]"] = too_few
    else:
        numbers.add(measures.fid, mine["features"], theirs["features"], network, subject.shape,
                    spent=spent)
        for label in classes:
            own, other = (np.flatnonzero(s.labels == label) for s in (subject.pictures, real))
            name = f", class {_class_name(subject, real, label)}"
            if min(len(own), len(other)) < 2:
                numbers.left[f"fid[{network.name}]{name}"] = too_few
                continue
            numbers.add(measures.fid, mine["features"][own], theirs["features"][other], network,
                        (len(own), 1), label=name)
    if protocol.splits and "logits" in mine:
        _score(subject, protocol, tools, network, mine, seed, numbers)
    elif protocol.splits:
        numbers.left[f"inception_score[{network.name}]"] = "the network classifies nothing"


def _score(subject, protocol, tools, network, outputs, seed, numbers):
    start = time.monotonic()
    if protocol.official_logits and network.for_score is not None:
        network = network.for_score
        outputs = tools.cache.features(subject.pictures, network)
    numbers.add(measures.inception, outputs, network, subject.shape, protocol, seed,
                spent=time.monotonic() - start)


def _class_name(subject, real, label):
    names = real.class_names or subject.pictures.class_names
    return names[label] if names else label


def _bins(subject, real, protocol, tools, classes, seed, numbers):
    try:
        import sklearn  # noqa: F401
    except ImportError:
        numbers.left["ndb, jsd"] = "scikit-learn, which makes the bins, is not installed"
        return
    settings = {"bins": protocol.bins, "cache": tools.cache, "seed": seed}
    if not classes:
        numbers.add(measures.bins_and_divergence, subject.pictures, real, shape=subject.shape,
                    **settings)
        return
    every = []

    def of_class(label):
        mine, theirs = subject.pictures.of_class(label), real.of_class(label)
        made = measures.bins_and_divergence(
            mine, theirs, shape=(len(mine), 1),
            label=f", class {_class_name(subject, real, label)}", **settings,
        )
        every.append(made)
        return made

    for label in classes:
        numbers.add(of_class, label)
    for place, metric in enumerate(("ndb", "jsd")):
        numbers.add(
            measures.mean_of, [made[place] for made in every], f"{metric}, mean over classes"
        )


def _pairs(subject, protocol, tools, seed, numbers):
    conditions, samples = subject.shape
    if protocol.pairs == 0:
        return
    if samples < 2:
        why = "they compare pictures of one condition, and there is one"
        numbers.left["pair_distance, lpips"] = why
        return
    count = protocol.pairs if conditions > 1 else 50 * (protocol.pairs or 1)
    pairs = measures.pairs_of(conditions, samples, count, seed)
    which = {"pairs": "random, different, of one condition", "seed": seed}
    numbers.add(
        measures.diversity, "pair_distance", measures.pair_distance, subject.pictures, pairs,
        samples, {**which, "distance": "mean absolute difference, pixels in [-1, 1]"},
    )
    if tools.lpips is None:
        numbers.left["lpips"] = "--lpips_trunk and --lpips_heads were not given"
        return
    network = tools.lpips.record()
    numbers.add(measures.diversity, f"lpips[{tools.lpips.name}]", tools.lpips, subject.pictures,
                pairs, samples, {**which, "network": network})


def _modes(subject, tools, numbers):
    if subject.kind in (None, "nothing") or subject.data.form == "domains":
        return
    start = time.monotonic()
    made, why = coverage_of(subject, tools)
    for one in made:
        numbers.add(lambda one=one: one, spent=time.monotonic() - start)
    if why:
        numbers.left["mode_coverage"] = why
