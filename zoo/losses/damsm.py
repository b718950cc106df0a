"""Deep attentional multimodal similarity of images with captions, by word and by sentence.

Paper: AttnGAN, arXiv 1711.10485, equations 7-13. Checked against taoxugit/AttnGAN
code/miscc/losses.py and code/GlobalAttention.py `func_attention`. The code's deviation from the
paper is kept: the word score has no exponent 1/gamma2.
"""

from keras import ops

from zoo.precision import at_least_float32

DAMSM_GAMMAS = (4.0, 5.0, 10.0)  # the official configuration; the paper's text has gamma1 = 5


def cosine(a, b, epsilon=1e-8):
    """Cosine along the last axis, the product of the norms clipped from below."""
    norms = ops.norm(a, axis=-1) * ops.norm(b, axis=-1)
    return ops.sum(a * b, axis=-1) / ops.maximum(norms, epsilon)


def attend_regions(regions, words, mask, gamma1):
    """Region context of each word: softmax over words, times gamma1, softmax over regions.

    Shapes: regions (images, r, d), words (captions, t, d), mask (captions, t), True at a caption's
        words -> context (captions, images, t, d), attention (captions, images, t, r).
    """
    scores = ops.einsum("ird,jtd->jitr", regions, words)  # (captions, images, words, regions)
    closed = ops.logical_not(mask)[:, None, :, None]
    scores = ops.softmax(ops.where(closed, ops.cast(-1e30, scores.dtype), scores), axis=2)
    attention = ops.softmax(gamma1 * scores, axis=3)
    return ops.einsum("jitr,ird->jitd", attention, regions), attention


def word_similarities(regions, words, mask, gammas=DAMSM_GAMMAS):
    """S[i, j] = log sum_t exp(gamma2 cos(context_t, word_t)), t the words of caption j.

    Shapes: regions (images, h, w, d), words (captions, t, d), mask bool (captions, t), True at
        words -> (images, captions).
    """
    regions, words = at_least_float32(regions), at_least_float32(words)
    regions = ops.reshape(regions, (ops.shape(regions)[0], -1, ops.shape(regions)[-1]))
    context, _ = attend_regions(regions, words, mask, gammas[0])
    scores = gammas[1] * cosine(context, words[:, None])  # (captions, images, words)
    scores = ops.where(mask[:, None], scores, ops.cast(-1e30, scores.dtype))
    return ops.transpose(ops.logsumexp(scores, axis=2))


def sentence_similarities(codes, sentences):
    """Cosine of image codes (images, d) with sentences (captions, d) -> (images, captions)."""
    codes, sentences = at_least_float32(codes), at_least_float32(sentences)
    return cosine(codes[:, None], sentences[None])


def matching_losses(similarities, labels=None, gamma3=DAMSM_GAMMAS[2]):
    """Cross-entropy of retrieving each image's caption, and each caption's image.

    Pairs of different rows with the same label are no negatives.

    Args:
        similarities: float (batch, batch), images x captions.
        labels: int (batch,) or None. The captions of rows with the same label are interchangeable.

    Returns:
        (image -> caption, caption -> image), two scalars, means over the batch.
    """
    logits = gamma3 * similarities
    batch = ops.shape(logits)[0]
    own = ops.eye(batch, dtype="bool")
    if labels is not None:
        same = ops.equal(labels[:, None], labels[None, :])
        masked = ops.logical_and(same, ops.logical_not(own))
        logits = ops.where(masked, ops.cast(-1e30, logits.dtype), logits)
    chosen = ops.diagonal(logits)
    return tuple(ops.mean(ops.logsumexp(logits, axis=axis) - chosen) for axis in (1, 0))


def damsm_losses(image_features, text_features, mask, labels=None, gammas=DAMSM_GAMMAS):
    """The DAMSM's word and sentence losses, each for both directions.

    Args:
        image_features: dict with `regions` (batch, h, w, d) and `code` (batch, d).
        text_features: dict with `words` (batch, t, d) and `sentence` (batch, d).
        mask: bool (batch, t), True at the words of each caption.
        labels: see `matching_losses`.

    Returns:
        dict of scalars: `word_loss` = w0 + w1, `sentence_loss` = s0 + s1.
    """
    words = word_similarities(image_features["regions"], text_features["words"], mask, gammas)
    sentences = sentence_similarities(image_features["code"], text_features["sentence"])
    return {
        "word_loss": sum(matching_losses(words, labels, gammas[2])),
        "sentence_loss": sum(matching_losses(sentences, labels, gammas[2])),
    }
