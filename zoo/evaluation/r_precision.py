"""R-precision of a preset's images: mismatched captions, their codes, and the folds.

Protocol of DM-GAN's code: an image has its own caption and 99 mismatched ones as candidates; each
of these is a random caption of a random image of another label (CUB: another species, COCO: another
image).
"""

import numpy as np

from zoo.errors import ZooError
from zoo.evaluation.dataset import evenly_spaced
from zoo.evaluation.feature_networks import paper_of
from zoo.evaluation.measures import Measure
from zoo.metrics.r_precision import r_precision, r_precision_hits
from zoo.text import coverage
from zoo.training.progress import progress_bar

CANDIDATES, FOLDS = 100, 10
REAL = 1024  # maximum number of captions whose own images are measured


def precision_of(subject, evaluators, folds, seed):
    """(`Measure` or None, None or the reason why there is none).

    Args:
        subject: `Subject`. evaluators: `Evaluators`.
        folds: "exact" or "official", see `zoo.metrics.r_precision.r_precision`.
    """
    if subject.kind != "captions":
        return None, "it needs captions"
    if evaluators.damsm is None:
        return None, "it needs a DAMSM: give `encoder=PRESET` of one"
    network = next(n for n in evaluators.networks if n.model is evaluators.damsm)
    conditions = subject.conditions
    captions, labels, images = conditions.pool()
    indices = mismatched_captions(conditions.labels, labels, images, CANDIDATES - 1, seed)
    if indices is None:
        return None, "all captions of the data have one label, so none of them are mismatched"
    used, indices = np.unique(indices, return_inverse=True)
    indices = indices.reshape(len(conditions), -1)
    texts = list(conditions.values), [captions[index] for index in used]
    if evaluators.damsm.vocabulary is not None:
        counts = coverage([*texts[0], *texts[1]], evaluators.damsm.vocabulary)
        if counts.loses_captions:  # captions without known words all have the same code
            return None, f"{network.name} cannot read the captions: {counts.describe()}"
    codes = [sentence_codes(evaluators.damsm, part) for part in texts]
    if codes[0] is None or codes[1] is None:
        return None, f"{network.name} cannot read all captions"
    features = evaluators.cache.features(subject.images, network)["features"]
    try:
        measure = precision(
            features, codes[0], (codes[1], indices), subject.shape, network, folds, seed
        )
        add_real_images(measure, subject, codes[0], (codes[1], indices), network, evaluators.cache)
    except ZooError as error:
        return None, str(error)
    measure.protocol |= {"captions": len(captions), "family": paper_of(evaluators.damsm)}
    return measure, None


def add_real_images(measure, subject, sentences, mismatched, network, cache):
    """Adds `real_accuracy`, the R-precision of the captions' own images, to a `Measure`."""
    images, _ = subject.data.real_images(subject.source["condition_split"], subject.size[0])
    chosen = evenly_spaced(len(sentences), REAL)
    used, rows = np.unique(subject.conditions.images[chosen], return_inverse=True)
    codes = cache.features(images.subset(used), network)["features"][rows]
    others = mismatched[0], mismatched[1][chosen]
    hits = _hits(codes[:, None], sentences[chosen], others)
    measure.more["real_accuracy"] = float(hits.mean())
    measure.protocol |= {"real_captions": len(chosen),
                         "accuracy_of_real": f"the captions' own images of {images.name}"}


def mismatched_captions(labels, pool_labels, pool_images, candidates, seed):
    """Indices of captions of other labels for each condition: a random image of another label, then
    a random one of its captions, with replacement.

    Args:
        labels: ints (conditions,).
        pool_labels, pool_images: ints (captions,), label and image of each caption.
        candidates: int, mismatched captions per condition.

    Returns:
        int (conditions, candidates), or None if a condition has no mismatched caption.
    """
    of_caption = np.asarray(pool_labels)
    order = np.lexsort((pool_images, of_caption))  # by label, then by image
    _, first, counts = np.unique(
        np.stack([of_caption[order], np.asarray(pool_images)[order]]), axis=1, return_index=True,
        return_counts=True,
    )
    of_image, random = of_caption[order][first], np.random.RandomState(seed)
    chosen = []
    for label in np.asarray(labels):
        start, end = np.searchsorted(of_image, [label, label + 1])
        others = len(of_image) - (end - start)
        if not others:
            return None
        image = random.randint(others, size=candidates)
        image += np.where(image >= start, end - start, 0)
        caption = (random.random_sample(candidates) * counts[image]).astype(int)
        chosen.append(order[first[image] + caption])
    return np.stack(chosen)


def precision(images, sentences, mismatched, shape, network, folds="exact", seed=0):
    """R-precision as a `Measure`.

    Args:
        images: codes (n, d) of the images, ordered by condition.
        sentences: codes (conditions, d) of the conditions' own captions.
        mismatched: (codes (k, d), indices of them (conditions, candidates - 1)).
        shape: (conditions, images per condition). network: `FeatureNetwork`.

    Raises:
        ZooError: for a code of zeros, or see `zoo.metrics.r_precision`.
    """
    hits = _hits(np.asarray(images).reshape(*shape, -1), sentences, mismatched)
    count = max(1, min(FOLDS, hits.size // (2 if folds == "official" else 1)))

    def rates(units):
        shuffled = np.random.RandomState(seed).permutation(units.reshape(-1))
        return r_precision(shuffled, folds, count)

    return Measure(
        f"r_precision[{network.name}]", hits, lambda units: rates(units)[0],
        {"generated": int(hits.size), "candidates": mismatched[1].shape[1] + 1, "folds": count,
         "fold_rule": folds, "order": "hits shuffled by the seed",
         "wrong_captions": "of other labels, drawn with replacement, the same for all images of "
                           "a caption", "network": network.record()},
        "higher", {"std_over_folds": rates(hits)[1]},
    )


def _hits(images, sentences, mismatched):
    """1 where the own caption is the nearest, int64 (conditions, images per condition), for codes
    (conditions, images per condition, d)."""
    codes, indices = mismatched
    for what, rows in (("an image", images), ("a caption", sentences), ("a caption", codes)):
        if not np.any(rows, axis=-1).all():  # all candidates would be equally near, and each a hit
            raise ZooError(f"the DAMSM's code of {what} is zero, so all captions are equally near")

    def hits_of(rows, sentence, others):
        candidates = np.concatenate([sentence[None], codes[others]])
        return r_precision_hits(rows, np.broadcast_to(candidates, (len(rows), *candidates.shape)))

    return np.stack([hits_of(*row) for row in zip(images, sentences, indices, strict=True)])


def sentence_codes(damsm, captions, batch=256):
    """Codes float32 (captions, features), or None if the DAMSM cannot read one of the captions."""
    import tensorflow as tf

    text, vocabulary = damsm.text, damsm.vocabulary
    known = vocabulary is None or vocabulary.unknown_id is None
    try:
        rows = text.parse(list(captions), unknown="drop" if known else "unk")
    except ZooError:
        return None
    encode = tf.function(
        lambda part: text.encode(part)["sentence"], autograph=False, reduce_retracing=True
    )
    parts = [
        {name: tf.constant(row[start : start + batch]) for name, row in rows.items()}
        for start in range(0, len(captions), batch)
    ]
    progress = progress_bar(parts, len(parts), "encoding captions with the DAMSM: batch")
    return np.concatenate([encode(part).numpy() for part in progress])
