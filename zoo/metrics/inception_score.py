"""Inception score and negative log posterior probability.

Paper: Salimans et al., arXiv 1606.03498, section 4. Checked against StackGAN-v2 trainer.py
`compute_inception_score` and `negative_log_posterior_probability` (in HelenMao/MSGAN), DM-GAN
eval/IS (both scripts), XMC-GAN tf_inception_utils.py `calculate_inception_score` and TF-GAN
`classifier_score_from_logits`.
Protocols (the probabilities are computed by `zoo.metrics.class_probabilities`):
    COCO of AttnGAN and DM-GAN: 2015 Inception graph without its last bias, 1008 classes, 10 splits.
    CUB of the StackGAN family: Inception fine-tuned on 50 birds, without the background class;
        images shuffled, full batches of 64 only, 10 splits.
    XMC-GAN: Keras' InceptionV3, 1000 classes, 1 split; for more splits, `remainder="dropped"`.
Known deviations: a probability of 0 contributes 0, while the official code gives NaN; float64
instead of float32.
"""

import numpy as np

from zoo.errors import ZooError, check_choice
from zoo.metrics.arrays import real_numbers, whole_number

REMAINDERS = ("spread", "dropped")


def inception_score(probabilities, splits=10, remainder="spread"):
    """exp(mean over x of KL(p(y|x) || p(y))) of each split, p(y) being the split's mean.

    Split k of n rows has the rows k n // splits to (k + 1) n // splits. The papers' protocol has
    ten splits and shuffled images; a reported number names the classifier and its preprocessing.

    Args:
        probabilities: (n, classes), each row a distribution p(y|x).
        splits: int, from 1 to n.
        remainder: treatment of n that is not a multiple of `splits`: "spread", as above, or
            "dropped": each split has n // splits rows and the last rows are left out.

    Returns:
        (mean, population standard deviation) over the splits, floats.

    Raises:
        ZooError: another shape, rows that are not distributions, an invalid number of splits, or an
            unknown `remainder`.
    """
    return _mean_and_deviation(inception_scores(probabilities, splits, remainder))


def inception_scores(probabilities, splits=10, remainder="spread"):
    """The score of each split: arguments and errors of `inception_score`, float64 (splits,)."""

    def score(part):
        ratio = np.divide(part, part.mean(0), out=np.ones_like(part), where=part > 0)
        value = np.exp(np.mean(np.sum(part * np.log(ratio), axis=1)))
        return np.clip(value, 1, part.shape[1])  # rounding may exceed the bounds

    check_choice("remainder", remainder, REMAINDERS)
    return _over_splits(score, probabilities, splits, remainder)


def negative_log_posterior_probability(probabilities, splits=10):
    """Mean of -log max_y p(y|x) of each split: the classifier's uncertainty about single images.

    Arguments, returned pair and errors are those of `inception_score`.
    """

    def surprise(part):
        return np.abs(np.log(np.minimum(part.max(1), 1))).mean()  # a sum of 1 up to rounding

    scores = _over_splits(surprise, probabilities, splits)
    return _mean_and_deviation(scores)


def _mean_and_deviation(scores):
    return float(np.mean(scores)), float(np.std(scores))


def _over_splits(score, probabilities, splits, remainder="spread"):
    p = real_numbers(probabilities, "An array of probabilities")
    if p.ndim != 2 or not p.size:
        raise ZooError(f"probabilities must have the shape (n, classes), got {p.shape}.")
    if not ((p >= 0).all() and np.allclose(p.sum(1), 1, atol=1e-3)):
        raise ZooError(
            "probabilities must be distributions: nonnegative numbers that sum to 1 in each row. "
            "Give the classifier's softmax, not its logits."
        )
    splits = whole_number(splits, "splits", 1, len(p), ", the number of rows")
    rows = len(p) if remainder == "spread" else len(p) // splits * splits
    edges = [i * rows // splits for i in range(splits + 1)]
    return np.array([score(p[start:end]) for start, end in zip(edges, edges[1:], strict=False)])
