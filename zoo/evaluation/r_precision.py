"""R-precision of a preset's images: the captions that are drawn, their codes, and the folds.

Protocol of DM-GAN's code: beside its own caption an image has 99 wrong ones; each is a random
caption of a random image of another label (of CUB another bird, of COCO another image).
"""

import numpy as np

from zoo.errors import ZooError
from zoo.evaluation.feature_networks import damsm_name, paper_of
from zoo.evaluation.measures import Measure
from zoo.metrics.r_precision import r_precision, r_precision_hits
from zoo.text import coverage
from zoo.training.progress import progress_bar

CANDIDATES, FOLDS = 100, 10


def precision_of(subject, evaluators, folds, seed):
    """(`Measure` or None, None or why there is none).

    Args:
        subject: `Subject`. evaluators: `Evaluators`.
        folds: "exact" or "official", see `zoo.metrics.r_precision.r_precision`.
    """
    if subject.kind != "captions":
        return None, "it takes captions"
    if evaluators.damsm is None:
        return None, "it takes a DAMSM: give --encoder=PRESET of one"
    conditions = subject.conditions
    captions, labels, pictures = conditions.pool()
    places = wrong_captions(conditions.labels, labels, pictures, CANDIDATES - 1, seed)
    if places is None:
        return None, "all captions of the data have one label, so none is a wrong one"
    drawn, places = np.unique(places, return_inverse=True)
    places = places.reshape(len(conditions), -1)
    texts = list(conditions.values), [captions[place] for place in drawn]
    if evaluators.damsm.vocabulary is not None:
        counts = coverage([*texts[0], *texts[1]], evaluators.damsm.vocabulary)
        if counts.loses_captions:  # those without known words are alike, and all as near
            name = damsm_name(evaluators.damsm)
            return None, f"{name} cannot read the captions: {counts.describe()}"
    codes = [sentence_codes(evaluators.damsm, part) for part in texts]
    if codes[0] is None or codes[1] is None:
        return None, f"{damsm_name(evaluators.damsm)} cannot read all captions"
    network = next(n for n in evaluators.networks if n.model is evaluators.damsm)
    images = evaluators.cache.features(subject.images, network)["features"]
    try:
        made = precision(images, codes[0], (codes[1], places), subject.shape, network, folds, seed)
    except ZooError as error:
        return None, str(error)
    made.protocol |= {"captions": len(captions), "family": paper_of(evaluators.damsm)}
    return made, None


def wrong_captions(labels, pool_labels, pool_pictures, candidates, seed):
    """For each condition places of captions of other labels: a random image of another label,
    then a random one of its captions, with replacement.

    Args:
        labels: ints (conditions,).
        pool_labels, pool_pictures: ints (captions,), whose captions they are.
        candidates: int, wrong captions of each.

    Returns:
        int (conditions, candidates), or None where a condition has no wrong caption.
    """
    of_caption = np.asarray(pool_labels)
    order = np.lexsort((pool_pictures, of_caption))  # by label, then by image
    _, first, counts = np.unique(
        np.stack([of_caption[order], np.asarray(pool_pictures)[order]]), axis=1, return_index=True,
        return_counts=True,
    )
    of_picture, random = of_caption[order][first], np.random.RandomState(seed)
    chosen = []
    for label in np.asarray(labels):
        start, end = np.searchsorted(of_picture, [label, label + 1])
        others = len(of_picture) - (end - start)
        if not others:
            return None
        picture = random.randint(others, size=candidates)
        picture += np.where(picture >= start, end - start, 0)
        caption = (random.random_sample(candidates) * counts[picture]).astype(int)
        chosen.append(order[first[picture] + caption])
    return np.stack(chosen)


def precision(images, sentences, wrong, shape, network, folds="exact", seed=0):
    """R-precision as a `Measure`.

    Args:
        images: codes (n, d) of the images, ordered by condition.
        sentences: codes (conditions, d) of their own captions.
        wrong: (codes (k, d), places (conditions, candidates - 1) among them).
        shape: (conditions, images of each). network: `FeatureNetwork`.

    Raises:
        ZooError: a code of zeros, or see `zoo.metrics.r_precision`.
    """
    images, (codes, places) = np.asarray(images).reshape(*shape, -1), wrong
    for what, rows in (("an image", images), ("a caption", sentences), ("a caption", codes)):
        if not np.any(rows, axis=-1).all():  # all candidates would be as near, and each a hit
            raise ZooError(f"the DAMSM's code of {what} is all zeros, so nothing is nearest to it")

    def hits_of(rows, sentence, others):
        candidates = np.concatenate([sentence[None], codes[others]])
        return r_precision_hits(rows, np.broadcast_to(candidates, (len(rows), *candidates.shape)))

    hits = np.stack([hits_of(*row) for row in zip(images, sentences, places, strict=True)])
    count = max(1, min(FOLDS, hits.size // (2 if folds == "official" else 1)))

    def rates(units):
        shuffled = np.random.RandomState(seed).permutation(units.reshape(-1))
        return r_precision(shuffled, folds, count)

    return Measure(
        f"r_precision[{network.name}]", hits, lambda units: rates(units)[0],
        {"generated": int(hits.size), "candidates": places.shape[1] + 1, "folds": count,
         "fold_rule": folds, "order": "hits shuffled by the seed",
         "wrong_captions": "of other labels, drawn with replacement, the same for all images of "
                           "a caption", "network": network.record()},
        "higher", {"std_over_folds": rates(hits)[1]},
    )


def sentence_codes(damsm, captions, batch=256):
    """float32 (captions, features), or None where the DAMSM cannot read one of them."""
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
    progress = progress_bar(parts, len(parts), "captions read by the DAMSM: batch")
    return np.concatenate([encode(part).numpy() for part in progress])
