"""Share of the images in which a classifier recognizes the condition.

`class_accuracy[...]`: the classifier names the image's class; for a translation between two domains
that are classes of the classifier, the domain that it was translated to. `word_accuracy[...]`: it
names the base of the caption, "farmer" of "woman farmer: medium skin tone"; for the emoji only,
whose classifier has a head for these words. The classifier's accuracy on real images of the same
split is reported as well: no generator can be expected to exceed it.
"""

import numpy as np

from zoo.evaluation.dataset import evenly_spaced
from zoo.evaluation.measures import Measure

REAL = 1024  # maximum number of real images for the classifier's own accuracy


def named_conditions(subject, real, evaluators):
    """One `Measure` per classifier that knows the classes or the words of the conditions.

    Args:
        subject: `Subject` of a model. real: `ImageSet` of real images. evaluators: `Evaluators`.
    """
    measures = []
    for network in evaluators.networks:
        if network.classifier is None:
            continue
        of_kind = {"labels": _classes, "captions": _words, "images": _domains}.get(subject.kind)
        found = of_kind and of_kind(subject, real, network.classifier)
        if found:
            measures.append(_measure(subject, network, evaluators.cache, *found))
    return measures


def _classes(subject, real, classifier):
    """(name, output, names, wanted name of each condition, real images, their names) or None."""
    if not set(subject.conditions.names) <= set(classifier.class_names):
        return None
    names = real.class_names or ()
    known = real.labels is not None and set(names) <= set(classifier.class_names)
    truth = [names[label] for label in real.labels] if known else None
    return ("class_accuracy", "logits", classifier.class_names, subject.conditions.names,
            real if known else None, truth)


def _domains(subject, real, classifier):
    """The same of the domain that images are translated to; and the untranslated images."""
    data, settings = subject.data, subject.conditions.settings
    if data.form != "domains":
        return None
    source, _ = data.held_out(subject.size[0], subject.source["condition_split"])
    domains = list(getattr(source, "domains", ()))
    if not domains or not set(domains) <= set(classifier.class_names):
        return None
    target = domains["ab".index(settings["direction"][-1])]
    return ("class_accuracy", "logits", classifier.class_names, [target] * subject.shape[0], real,
            [target] * len(real), subject.conditions.sources)


def _words(subject, real, classifier):
    """The same of the bases of the emoji's captions."""
    del real
    if subject.data.name != "emoji" or not getattr(classifier, "word_names", ()):
        return None
    from zoo.data.sources.emoji import base_of

    size = subject.size[0]
    source, word = subject.data.held_out(size, subject.source["condition_split"])
    images, _ = subject.data.real_images(word, size)
    indices = evenly_spaced(len(images), REAL)
    truth = [base_of(source.captions[index][0]) for index in indices]
    wanted = [base_of(caption) for caption in subject.conditions.names]
    return ("word_accuracy", "word_logits", classifier.word_names, wanted, images.subset(indices),
            truth)


def _measure(subject, network, cache, name, output, names, wanted, real, truth, sources=None):
    def hits(images, expected):
        best = cache.features(images, network)[output].argmax(1)
        return np.array([names[index] == word for index, word in zip(best, expected, strict=True)])

    conditions, samples = subject.shape
    units = hits(subject.images, np.repeat(wanted, samples)).reshape(conditions, samples)
    protocol = {
        "generated": conditions * samples, "classes": len(names), "network": network.record(),
        "known_conditions": float(np.isin(wanted, names).mean()),
    }
    more = {}
    if real is not None:
        more["real_accuracy"] = float(hits(real, truth).mean())
        protocol["accuracy_of_real"] = f"{len(real)} images of {real.name}"
    if sources is not None:
        more["baseline"] = float(hits(sources, wanted).mean())
        protocol["baseline_of"] = "the images before their translation"
    return Measure(f"{name}[{network.name}]", units.astype(np.float64), lambda u: u.mean(),
                   protocol, "higher", more)
