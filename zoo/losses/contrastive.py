"""Contrastive losses between images and texts, and between images.

Paper: XMC-GAN, arXiv 2101.04702, section 4.1. Checked against
    google-research/xmcgan_image_generation xmcgan/libml/attention_lib.py. As there, the losses of
    both directions of a match are added.
Known deviation: a vector of zeros has a cosine of 0 with every other, where the code returns NaN.

A match is a square matrix of logits: the positive of row i is column i, and of column i row i; all
others are negatives. Every loss is a dict of scalars with statistics, which are means of both
directions: `loss`; `accuracy`, the share of rows whose positive is the largest; `entropy`, that of
the softmax of a row.
"""

from keras import ops

from zoo.precision import at_least_float32

TEMPERATURE = 0.1
XMC_GAMMAS = (5.0, 5.0, 50.0)  # inverse temperatures of attention, mean over words, and match


def l2_normalize(x, epsilon=1e-12):
    """x scaled to length 1 along the last axis; squared lengths are at least `epsilon`."""
    square = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return x * ops.rsqrt(ops.maximum(square, epsilon))


def cosine(a, b):
    """Cosine along the last axis; 0 if a vector is 0."""
    return ops.sum(l2_normalize(a) * l2_normalize(b), axis=-1)


def match(logits):
    """Cross-entropy of the diagonal, by row plus by column: (n, n) -> dict (see above)."""
    sides = [_statistics(side) for side in (logits, ops.transpose(logits))]
    total = {name: sides[0][name] + sides[1][name] for name in sides[0]}
    return {**total, "accuracy": total["accuracy"] / 2, "entropy": total["entropy"] / 2}


def _statistics(logits):
    likely = ops.log_softmax(logits, axis=-1)
    p = ops.exp(likely)
    hits = ops.equal(ops.argmax(logits, axis=-1), ops.arange(ops.shape(logits)[0], dtype="int64"))
    return {
        "loss": -ops.mean(ops.diagonal(likely)),
        "accuracy": ops.mean(ops.cast(hits, logits.dtype)),
        "entropy": -ops.mean(ops.sum(p * ops.log(p + 1e-8), axis=-1)),
    }


def contrastive_loss(a, b, temperature=TEMPERATURE, normalize=True):
    """Contrastive loss of vectors by cosine: images with sentences, or images with images.

    Args:
        a, b: float (n, d); row i of one belongs to row i of the other.
        temperature: float. Divides the cosines.
        normalize: bool. False uses dot products instead of cosines.
    """
    a, b = at_least_float32(a), at_least_float32(b)
    if normalize:
        a, b = l2_normalize(a), l2_normalize(b)
    return match(ops.matmul(a, ops.transpose(b)) / temperature)


def attend_regions(regions, words, gamma, mask=None):
    """Region context of each word: softmax over regions of gamma * cosine, times unit regions.

    A masked word attends equally to all regions.

    Shapes: regions (images, r, d), words (captions, t, d), mask bool (captions, t), True at words
        -> (captions, images, t, d).
    """
    regions = l2_normalize(regions)
    scores = gamma * ops.einsum("jtd,ird->jitr", l2_normalize(words), regions)
    if mask is not None:
        scores = ops.where(mask[:, None, :, None], scores, ops.zeros_like(scores))
    return ops.einsum("jitr,ird->jitd", ops.softmax(scores, axis=-1), regions)


def word_similarities(regions, words, mask, gammas=XMC_GAMMAS):
    """1 / gamma2 log sum_t exp(gamma2 cos(word_t, context_t)), t the words of a caption.

    Args:
        regions: float (images, ..., d).
        words: float (captions, t, d).
        mask: bool (captions, t), True at a caption's words.
        gammas: see `XMC_GAMMAS`.

    Returns float (images, captions).
    """
    regions, words = at_least_float32(regions), at_least_float32(words)
    regions = ops.reshape(regions, (ops.shape(regions)[0], -1, regions.shape[-1]))
    context = attend_regions(regions, words, gammas[0], mask)
    scores = gammas[1] * cosine(words[:, None], context)  # (captions, images, words)
    scores = ops.where(mask[:, None], scores, ops.cast(-1e30, scores.dtype))
    return ops.transpose(ops.logsumexp(scores, axis=-1)) / gammas[1]


def word_loss(regions, words, mask, gammas=XMC_GAMMAS):
    """Contrastive loss of image regions with the captions' words (see `word_similarities`)."""
    return match(gammas[2] * word_similarities(regions, words, mask, gammas))
