"""Cross-entropy of captions predicted word by word."""

from keras import ops

from zoo.errors import check_choice
from zoo.precision import at_least_float32

REDUCTIONS = ("words", "captions")


def caption_loss(logits, tokens, mask, reduction="words", average=None):
    """-log probability of the words: mean over words, or mean over captions of each caption's sum.

    MirrorGAN (arXiv 1903.05854), section 3.4, sums over a caption ("captions"); the released code,
    qiaott/MirrorGAN miscc/losses.py `caption_loss`, takes the mean over all words of the batch
    ("words"), which gives long captions more weight.

    Args:
        reduction: "words" or "captions".
        average: function of the number of words or captions, such as its mean over replicas, or
            None.

    Shapes: logits (batch, words, vocabulary), tokens int (batch, words), mask bool (batch, words),
        True at the words -> scalar.
    """
    check_reduction(reduction)
    logits = at_least_float32(logits)
    entropies = ops.logsumexp(logits, axis=-1) - picked(logits, tokens)  # (batch, words)
    total = ops.sum(ops.where(mask, entropies, 0))
    counted = mask if reduction == "words" else ops.ones_like(mask[:, 0])
    count = ops.sum(ops.cast(counted, total.dtype))
    return total / (count if average is None else average(count))


def picked(logits, tokens):
    """The logit of each token: (batch, words, vocabulary), int (batch, words) -> (batch, words)."""
    return ops.take_along_axis(logits, ops.cast(tokens, "int32")[..., None], axis=-1)[..., 0]


def word_accuracy(logits, tokens, mask):
    """Share of the masked words whose logit is the largest. Shapes: see `caption_loss`."""
    right = ops.equal(ops.argmax(logits, axis=-1), ops.cast(tokens, "int32"))
    right = ops.cast(ops.logical_and(right, mask), "float32")
    return ops.sum(right) / ops.sum(ops.cast(mask, "float32"))


def check_reduction(reduction, name="`reduction`"):
    """The value; raises `ZooError` if it is unknown. `name`: the argument's, for the message."""
    return check_choice(name, reduction, REDUCTIONS)
