"""Every number of a protocol, of one set of pictures; and why others were not measured."""

import time

import numpy as np

from recipes.evaluation import measures
from recipes.evaluation.soa import object_accuracy
from zoo.errors import ZooError


def measure(subject, real, protocol, tools, seed, per_class=None):
    """All measures of a protocol.

    Returns:
        (list of (`Measure`, seconds), dict of what was not measured -> why).
    """
    found, left = [], {}
    training = getattr(subject.model, "preset_metadata", {}).get("training") or {}
    judge = training.get("damsm")

    def add(make, *arguments, **settings):
        start = time.monotonic()
        made_ = make(*arguments, **settings)
        for one in made_ if isinstance(made_, list) else [made_]:
            if judge and f"[{judge}]" in one.metric:
                one.warnings.append("the generator was trained towards this encoder")
            one.value  # noqa: B018 - an error of the numbers shows here, and the time counts
            found.append((one, time.monotonic() - start))

    per_class = protocol.per_class if per_class is None else per_class
    classes = _classes(subject, real, per_class, left)
    for network in tools.networks:
        _by_network(subject, real, protocol, tools, network, classes, seed, add, left)
    if protocol.bins:
        _bins(subject, real, protocol, tools, classes, seed, add, left)
    _pairs(subject, protocol, tools, seed, add, left)
    if protocol.precision:
        _precision(subject, tools, seed, add, left)
    if tools.detector is not None:
        add(object_accuracy, subject.pictures, tools.detector)
    elif protocol.objects:
        left["soa"] = "it takes --images in folders label_00, label_01 ... and --detector"
    return found, left


def _classes(subject, real, per_class, left):
    """The labels that are measured alone."""
    if not per_class:
        return []
    if subject.pictures.labels is None or real.labels is None:
        left["classes"] = "the pictures, or the real ones, have no classes"
        return []
    mine, theirs = subject.pictures.class_names, real.class_names
    if mine and theirs and list(mine) != list(theirs):
        if set(mine) != set(theirs):
            left["classes"] = (
                f"the preset's ({', '.join(mine)}) are not those of the real pictures "
                f"({', '.join(theirs)})"
            )
            return []
        real.labels = np.array([list(mine).index(name) for name in theirs])[real.labels]
        real.class_names = list(mine)
    return sorted(set(subject.pictures.labels.tolist()))


def _by_network(subject, real, protocol, tools, network, classes, seed, add, left):
    mine = tools.cache.features(subject.pictures, network)
    theirs = tools.cache.features(real, network)
    if min(len(subject.pictures), len(real)) < 2:
        left[f"fid[{network.name}]"] = "a covariance takes two pictures at least"
    else:
        add(measures.fid, mine["features"], theirs["features"], network, subject.shape)
        for label in classes:
            real.of_class(label)  # an empty class is an error with its name
            own, other = (np.flatnonzero(s.labels == label) for s in (subject.pictures, real))
            name = f", class {_class_name(subject, real, label)}"
            if min(len(own), len(other)) < 2:
                left[f"fid[{network.name}]{name}"] = "a covariance takes two pictures at least"
                continue
            add(measures.fid, mine["features"][own], theirs["features"][other], network,
                (len(own), 1), label=name)
    if protocol.splits and "logits" in mine:
        add(measures.inception, mine, network, subject.shape, protocol.splits,
            protocol.official_logits, seed)
    elif protocol.splits:
        left[f"inception_score[{network.name}]"] = "the network classifies nothing"


def _class_name(subject, real, label):
    names = real.class_names or subject.pictures.class_names
    return names[label] if names else label


def _bins(subject, real, protocol, tools, classes, seed, add, left):
    try:
        import sklearn  # noqa: F401
    except ImportError:
        left["ndb, jsd"] = "scikit-learn, which makes the bins, is not installed"
        return
    folder = tools.cache.folder
    folder.mkdir(parents=True, exist_ok=True)
    if not classes:
        bins = min(protocol.bins, len(real))
        add(measures.bins_and_divergence, subject.pictures, real, bins, subject.shape, folder, seed)
        return
    every = []

    def of_class(label):
        mine, theirs = subject.pictures.of_class(label), real.of_class(label)
        made = measures.bins_and_divergence(
            mine, theirs, min(protocol.bins, len(theirs)), (len(mine), 1), folder, seed,
            label=f", class {_class_name(subject, real, label)}",
        )
        every.append(made)
        return made

    for label in classes:
        add(of_class, label)
    for place, metric in enumerate(("ndb", "jsd")):
        add(measures.mean_of, [made[place] for made in every], f"{metric}, mean over classes")


def _pairs(subject, protocol, tools, seed, add, left):
    conditions, samples = subject.shape
    if protocol.pairs == 0:
        return
    if samples < 2:
        left["pair_distance, lpips"] = "they compare pictures of one condition, and there is one"
        return
    count = protocol.pairs if conditions > 1 else 50 * (protocol.pairs or 1)
    pairs = measures.pairs_of(conditions, samples, count, seed)
    which = {"pairs": "random, different, of one condition", "seed": seed}
    add(measures.diversity, "pair_distance", measures.pair_distance, subject.pictures, pairs,
        samples, {**which, "distance": "mean absolute difference, pixels in [-1, 1]"})
    if tools.lpips is None:
        left["lpips"] = "--lpips_trunk and --lpips_heads were not given"
        return
    network = tools.lpips.record()
    add(measures.diversity, f"lpips[{tools.lpips.name}]", tools.lpips, subject.pictures, pairs,
        samples, {**which, "network": network})


def _precision(subject, tools, seed, add, left):
    metric = "r_precision"
    if subject.kind != "captions":
        left[metric] = "it takes captions"
        return
    if tools.damsm is None:
        left[metric] = "it takes a DAMSM: give --encoder=PRESET of one"
        return
    from recipes.evaluation.networks import damsm_name, weights_digest

    conditions = subject.conditions
    texts = conditions.values, conditions.pool[0]
    codes = [sentence_codes(tools.damsm, captions) for captions in texts]
    if codes[0] is None or codes[1] is None:
        left[metric] = f"{damsm_name(tools.damsm)} cannot read all captions"
        return
    network = next(n for n in tools.networks if n.name == damsm_name(tools.damsm))
    made = measures.precision(
        tools.cache.features(subject.pictures, network)["features"],
        (codes[0], conditions.labels), (codes[1], conditions.pool[1]), subject.shape, network.name,
        weights_digest(tools.damsm), seed,
    )
    if made is None:
        left[metric] = "all captions of the data have one label, so none is a wrong one"
        return
    add(lambda: made)


def sentence_codes(damsm, captions, batch=256):
    """float32 (captions, features), or None where its vocabulary cannot read one of them."""
    import tensorflow as tf

    from zoo.text import CaptionTokenizer, check_captions

    unknown = "drop" if damsm.vocabulary.unknown_id is None else "unk"
    try:
        check_captions(captions, damsm.vocabulary, unknown=unknown)
    except ZooError:
        return None
    tokenizer = CaptionTokenizer(damsm.vocabulary, damsm.max_words, unknown=unknown)
    codes = []
    for start in range(0, len(captions), batch):
        read = tokenizer(tf.constant(captions[start : start + batch]))
        codes.append(damsm.text_encoder(read["tokens"], read["lengths"])["sentence"].numpy())
    return np.concatenate(codes)
