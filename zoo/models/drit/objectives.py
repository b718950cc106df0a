"""Objectives of DRIT's encoders and generator in their two steps: weighted sums of `losses`.

The functions take the `DRIT` whose discriminators and weights they use.
"""

import tensorflow as tf

from zoo.models.drit import losses
from zoo.models.drit.domains import DOMAINS

# The official weights. All terms are means over a domain, and summed over the domains.
LOSS_WEIGHTS = {
    "adversarial_loss": 1.0,  # of translations with an encoded attribute
    "content_adversarial_loss": 1.0,  # the content discriminator's target is 1/2
    "self_reconstruction_loss": 10.0,  # L1, from an image's own content and attribute
    "cross_cycle_loss": 10.0,  # L1 after translation and back-translation
    "content_loss": 0.01,  # mean square of content features
    "attribute_loss": 0.01,  # KL divergence, a sum over dimensions; feature-wise, mean square
    "random_adversarial_loss": 1.0,  # of translations with a random attribute
    "latent_regression_loss": 10.0,  # L1 between a random attribute and its encoding
}


def discriminate(network, batches):
    """A discriminator's logits of several batches, of any sizes: a list of logit maps each."""
    sizes = [tf.shape(batch)[0] for batch in batches]
    maps = network(tf.concat(batches, 0), training=True)
    return list(zip(*[tf.split(logits, sizes) for logits in maps], strict=True))


def discriminate_content(model, content):
    """dict of domain -> the content discriminator's logit maps."""
    logits = discriminate(model.content_discriminator, [content[d] for d in DOMAINS])
    return dict(zip(DOMAINS, logits, strict=True))


def first_losses(model, images, outputs):
    """dict of the first step's weighted terms; `first_generator_loss` is their sum."""
    logits = {
        d: discriminate(getattr(model, f"discriminator_{d}"), [outputs["cross"][d]])[0]
        for d in DOMAINS
    }
    content_logits = discriminate_content(model, outputs["content"])
    weighted = _weighted(model, losses.first_terms(images, outputs, logits, content_logits))
    return {"first_generator_loss": tf.add_n(list(weighted.values())), **weighted}


def second_losses(model, outputs):
    """dict of the second step's weighted terms; `second_generator_loss` is their sum."""
    random = outputs["random"]
    logits = {
        d: discriminate(getattr(model, f"discriminator_{d}2"), random[d]) for d in DOMAINS
    }
    weighted = _weighted(model, losses.second_terms(outputs, logits))
    latents = tf.concat(outputs["latents"], 0)
    seeking = [model.mode_seeking_term(tf.concat(random[d], 0), latents) for d in DOMAINS]
    seeking = {name: tf.add_n([term[name] for term in seeking]) for name in seeking[0]}
    total = tf.add_n([*weighted.values(), seeking["mode_seeking"]])
    for name in ("image_distance", "latent_distance"):
        seeking[name] /= len(DOMAINS)
    return {"second_generator_loss": total, **weighted, **seeking}


def _weighted(model, terms):
    return {
        name: model.loss_weights[name] * tf.add_n(list(values.values()))
        for name, values in terms.items()
    }
