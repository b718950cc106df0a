"""Loss terms of XMC-GAN's networks, from the discriminator's outputs.

Paper: XMC-GAN, arXiv 2101.04702, section 4. Checked against google-research/xmcgan_image_generation
    xmcgan/xmc_gan.py (`calculate_contrastive_loss`, `train_g_d`).

`outputs` is a dict: `logits` (n,), `pooled` (m, c), `regions` (m, h, w, d), each a list with one
entry for the real images and one per sample; for the texts `sentence` (m, c), `words` (m, t, d),
`mask` bool (m, t), True at words. m is n, or the number of rows of all replicas. `weights` is a
dict of floats, `word`, `sentence`, `image`.
"""

from keras import ops

from zoo.losses.adversarial import hinge_discriminator_loss, hinge_generator_loss
from zoo.losses.contrastive import contrastive_loss, word_loss

STATISTICS = ("loss", "accuracy", "entropy")  # of a match


def statistics(*matches):
    """list of str: the names of these matches' statistics, such as `word_accuracy`."""
    return [f"{match}_{statistic}" for statistic in STATISTICS for match in matches]


def discriminator_terms(outputs, weights):
    """Hinge loss, and the contrastive losses of the real images with their texts.

    Returns a dict of scalars: `discriminator_loss`, the sum of the hinge loss and of the weighted
        `real_word_loss` and `real_sentence_loss`; and the accuracy and entropy of both, under names
        such as `real_word_accuracy`.
    """
    real, *fakes = outputs["logits"]
    terms = {f"real_{name}": value for name, value in _contrasts(outputs, 0, weights).items()}
    hinge = hinge_discriminator_loss(real, ops.concatenate(fakes))
    total = hinge + terms["real_word_loss"] + terms["real_sentence_loss"]
    return {"discriminator_loss": total, **terms}


def generator_terms(outputs, weights):
    """Hinge loss, and the contrastive losses of generated images with texts and with real images.

    Returns a dict of scalars, means over the samples: `adversarial_loss`, and weighted `word_loss`,
        `sentence_loss`, `image_loss`; and the accuracies and entropies of the last three.
    """
    samples = range(1, len(outputs["logits"]))
    each = [_contrasts(outputs, sample, weights, images=True) for sample in samples]
    means = {name: sum(terms[name] for terms in each) / len(each) for name in each[0]}
    hinge = hinge_generator_loss(ops.concatenate(outputs["logits"][1:]))
    return {"adversarial_loss": hinge, **means}


def _contrasts(outputs, index, weights, images=False):
    """The contrastive losses (weighted) and their statistics, of the real images (index 0) or of a
    sample, as one dict."""
    pooled = outputs["pooled"][index]
    matches = {
        "word": word_loss(outputs["regions"][index], outputs["words"], outputs["mask"]),
        "sentence": contrastive_loss(pooled, outputs["sentence"]),
    }
    if images:
        matches["image"] = contrastive_loss(pooled, outputs["pooled"][0])
    terms = {}
    for name, match in matches.items():
        for statistic, value in match.items():
            factor = weights[name] if statistic == "loss" else 1.0
            terms[f"{name}_{statistic}"] = factor * value
    return terms
