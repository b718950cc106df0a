"""DRIT's loss terms, without their weights.

Paper: DRIT, arXiv 1808.00948, section 3. Checked against HelenMao/MSGAN DRIT-Mode-Seeking/model.py
    (`backward_D`, `backward_contentD`, `backward_G_GAN`, `backward_G_GAN_content`, `_compute_kl`).
Known deviation: cross-entropy of logits, where the official code uses their sigmoid; the same
    except where a float saturates.

Logits are lists of one map per scale: terms are means over a map, summed over the scales.
"""

import tensorflow as tf

from zoo.losses.adversarial import binary_cross_entropy
from zoo.losses.least_squares import over_scales
from zoo.precision import at_least_float32


def cross_entropy(logits, target):
    """Sum over the scales of the mean cross-entropy of sigmoid(logits) with target 0 or 1."""
    return over_scales(binary_cross_entropy, logits, target)


def discriminator_loss(real, fakes):
    """Loss of a discriminator's logits of real images and of each sample's generated images.

    The real images count once per sample, as in the official code, which computes it sample by
    sample.

    Args:
        real: list of logit maps.
        fakes: list of such lists, one per sample.
    """
    fake = tf.add_n([cross_entropy(logits, 0) for logits in fakes])
    return len(fakes) * cross_entropy(real, 1) + fake


def content_discriminator_loss(logits):
    """Cross-entropy with targets 1 (domain b) and 0 (a); `logits`: dict of domain -> logit maps."""
    return cross_entropy(logits["b"], 1) + cross_entropy(logits["a"], 0)


def content_confusion(logits):
    """The content encoder's adversarial loss of one domain's logits, with the target 1/2."""
    return 0.5 * (cross_entropy(logits, 1) + cross_entropy(logits, 0))


def mean_absolute(x, y):
    """mean |x - y|."""
    return tf.reduce_mean(tf.abs(at_least_float32(x) - at_least_float32(y)))


def mean_square(x):
    """mean x^2: the official "KL" of content features, and of attribute codes without variance."""
    return tf.reduce_mean(tf.square(at_least_float32(x)))


def kl_sum(mu, log_var):
    """-1/2 SUM(1 + log_var - mu^2 - exp(log_var)), over batch and dimensions."""
    mu, log_var = at_least_float32(mu), at_least_float32(log_var)
    return -0.5 * tf.reduce_sum(1 + log_var - tf.square(mu) - tf.exp(log_var))


def first_terms(images, outputs, logits, content_logits):
    """Terms of the first step of encoders and generator: dict of name -> dict of domain -> scalar.

    Args:
        images: dict of domain -> the translated images.
        outputs: the result of `forward.forward` on them.
        logits, content_logits: dicts of domain -> list of logit maps, of the domain's translations
            (`outputs["cross"]`) and of its content.
    """

    def by_domain(term):
        return {domain: term(domain) for domain in images}

    def attribute_loss(domain):
        code = outputs["attributes"][domain]
        if "log_var" not in code:
            return mean_square(code["mu"])
        count = tf.cast(tf.shape(code["mu"])[0], tf.float32)
        total = kl_sum(code["mu"], code["log_var"])
        return total / tf.cast(count, total.dtype)

    return {
        "adversarial_loss": by_domain(lambda d: cross_entropy(logits[d], 1)),
        "content_adversarial_loss": by_domain(lambda d: content_confusion(content_logits[d])),
        "self_reconstruction_loss": by_domain(
            lambda d: mean_absolute(outputs["self"][d], images[d])
        ),
        "cross_cycle_loss": by_domain(lambda d: mean_absolute(outputs["cycle"][d], images[d])),
        "content_loss": by_domain(lambda d: mean_square(outputs["content"][d])),
        "attribute_loss": by_domain(attribute_loss),
    }


def second_terms(outputs, logits):
    """Terms of the second step, as in `first_terms`, for the translations with random attributes.

    Args:
        outputs: see `first_terms`.
        logits: dict of domain -> list of lists of logit maps, one per sample.
    """
    return {
        "random_adversarial_loss": {
            domain: tf.add_n([cross_entropy(maps, 1) for maps in samples])
            for domain, samples in logits.items()
        },
        "latent_regression_loss": {  # of the first sample only
            domain: mean_absolute(code["mu"], outputs["latents"][0])
            for domain, code in outputs["regressed"].items()
        },
    }
