"""Weighted losses of BicycleGAN's generator and encoder.

Paper: BicycleGAN, arXiv 1711.11586, section 3. Checked against junyanz/BicycleGAN
    models/bicycle_gan_model.py. The functions take the `BicycleGAN` whose networks, weights and
    latents they use.
"""

import tensorflow as tf

from zoo.losses.kl import kl_to_standard_normal
from zoo.models.pix2pix.networks import l1_distance


def draw_code(code, noise):
    """mu + noise * exp(log_var / 2), (batch, latent_dim)."""
    return code["mu"] + tf.cast(noise, code["mu"].dtype) * tf.exp(code["log_var"] / 2)


def generator_losses(model, source, target, code, encoded, random, latents):
    """dict of the weighted terms that train G and E together; `generator_loss` is their sum.

    Args:
        source, target: float (n, size, size, channels), the encoded pairs.
        code: dict of `mu`, `log_var`, of the targets.
        encoded: translations of the sources with their targets' codes.
        random: translations of the sources with `latents`, all samples.
    """
    first = model.adversarial_loss(model.discriminate(1, source, encoded), 1)
    second = tf.add_n([
        model.adversarial_loss(model.discriminate(2, source, fake), 1)
        for fake in model.split_samples(random)
    ])
    adversarial, adversarial_2 = model.gan_weight * first, model.gan2_weight * second
    l1 = model.l1_weight * l1_distance(encoded, target)
    kl = kl_term(model, code)
    seeking = model.mode_seeking_term(random, latents)
    return {
        "generator_loss": adversarial + adversarial_2 + l1 + kl + seeking["mode_seeking"],
        "adversarial_loss": adversarial,
        "adversarial_2_loss": adversarial_2,
        "l1_loss": l1,
        "kl_loss": kl,
        **seeking,
    }


def latent_loss_and_slope(model, random, latents):
    """The weighted L1 of the first sample's latent, and its derivative with respect to all images.

    The latent term trains G through a fixed E. With slope = d loss / d images, held fixed, the
    linear form sum(slope * images) has the gradient of the loss with respect to G's weights and
    none with respect to E's.

    With mixed_float16 the derivative is taken with the loss scale of G's optimizer, without which
    it would underflow in E; where it overflows, that optimizer skips the step.
    """
    random, scale = tf.stop_gradient(random), model.generator_optimizer.scale_loss(1.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(random)
        first, latents = (model.split_samples(x)[0] for x in (random, latents))
        loss = latent_term(model, model.encoder(first, training=True)["mu"], latents)
        scaled = loss * scale
    return loss, tape.gradient(scaled, random) / scale


def latent_term(model, mu, latents):
    """Weighted mean absolute difference of the latents and the recovered ones."""
    return model.latent_weight * tf.reduce_mean(tf.abs(mu - tf.cast(latents, mu.dtype)))


def kl_term(model, code):
    """Weighted KL divergence of the codes to N(0, 1), summed over batch and dimensions.

    The other terms are means, so this is the sum over the batches of all replicas.
    """
    count = tf.cast(tf.size(code["mu"]) * model.replicas, code["mu"].dtype)
    return model.kl_weight * count * kl_to_standard_normal(code["mu"], code["log_var"])
