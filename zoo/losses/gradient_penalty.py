"""The gradient penalty of WGAN-GP.

Paper: arXiv 1704.00028, equation 3. Checked against junyanz/BicycleGAN models/networks.py
(`cal_gradient_penalty`), where no model uses it.
"""

import tensorflow as tf


def gradient_penalty(critic, real, fake, alpha, target_norm=1.0, weight=10.0):
    """weight * mean over the batch of (|gradient of critic's sum at x| - target_norm)^2.

    x = alpha * real + (1 - alpha) * fake, so alpha 1 takes it at the real pictures, 0 at the
    generated ones. A slope through this needs the second derivative of the critic.

    Args:
        critic: function of pictures to logits of any shape.
        real, fake: float (batch, ...), the same shape.
        alpha: float (batch, 1), or a scalar.
    """
    real, fake = tf.convert_to_tensor(real), tf.convert_to_tensor(fake)
    alpha = tf.cast(alpha, real.dtype)
    if alpha.shape.rank:
        alpha = tf.reshape(alpha, [-1] + [1] * (real.shape.rank - 1))
    x = alpha * real + (1 - alpha) * fake
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = critic(x)
    gradient = tf.reshape(tape.gradient(logits, x), [tf.shape(x)[0], -1])
    norm = tf.norm(gradient + 1e-16, axis=1)
    return weight * tf.reduce_mean(tf.square(norm - target_norm))
