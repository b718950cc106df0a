"""What XMC-GAN's networks are trained on, made of what its discriminator gave.

Paper: XMC-GAN, arXiv 2101.04702, section 4. Checked against google-research/xmcgan_image_generation
    xmcgan/xmc_gan.py (`calculate_contrastive_loss`, `train_g_d`).

`judged` is a dict: `logits` (n,), `pooled` (m, c), `regions` (m, h, w, d), each a list of the real
pictures' and of every sample's; of the texts `sentence` (m, c), `words` (m, t, d), `mask` bool (m,
t), True at words. m is n, or the rows of all replicas. `weights` is a dict of floats, `word`,
`sentence`, `image`.
"""

from keras import ops

from zoo.losses.adversarial import hinge_discriminator_loss, hinge_generator_loss
from zoo.losses.contrastive import contrastive_loss, word_loss

STATISTICS = ("loss", "accuracy", "entropy")  # of a match


def statistics(*matches):
    """list of str: what is told of these matches, such as `word_loss` and `word_accuracy`."""
    return [f"{match}_{statistic}" for statistic in STATISTICS for match in matches]


def discriminator_terms(judged, weights):
    """Hinge loss, and the contrast of the real images with their texts.

    Returns a dict of scalars: `discriminator_loss`, the sum of the hinge loss and of the weighted
        `real_word_loss` and `real_sentence_loss`; and of both also accuracy and entropy, under such
        names as `real_word_accuracy`.
    """
    real, *fakes = judged["logits"]
    terms = {f"real_{name}": value for name, value in _contrasts(judged, 0, weights).items()}
    hinge = hinge_discriminator_loss(real, ops.concatenate(fakes))
    total = hinge + terms["real_word_loss"] + terms["real_sentence_loss"]
    return {"discriminator_loss": total, **terms}


def generator_terms(judged, weights):
    """Hinge loss, and the contrast of generated images with texts and with the real ones.

    Returns a dict of scalars, means over the samples: `adversarial_loss`, and weighted `word_loss`,
        `sentence_loss`, `image_loss`; and the last three's accuracies and entropies.
    """
    samples = range(1, len(judged["logits"]))
    each = [_contrasts(judged, sample, weights, images=True) for sample in samples]
    means = {name: sum(terms[name] for terms in each) / len(each) for name in each[0]}
    hinge = hinge_generator_loss(ops.concatenate(judged["logits"][1:]))
    return {"adversarial_loss": hinge, **means}


def _contrasts(judged, index, weights, images=False):
    """The matches of the real images (0) or of a sample, as one dict; losses are weighted."""
    pooled = judged["pooled"][index]
    matches = {
        "word": word_loss(judged["regions"][index], judged["words"], judged["mask"]),
        "sentence": contrastive_loss(pooled, judged["sentence"]),
    }
    if images:
        matches["image"] = contrastive_loss(pooled, judged["pooled"][0])
    found = {}
    for name, match in matches.items():
        for statistic, value in match.items():
            factor = weights[name] if statistic == "loss" else 1.0
            found[f"{name}_{statistic}"] = factor * value
    return found
