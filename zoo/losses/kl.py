"""Kullback-Leibler divergence of the conditioning Gaussian to N(0, 1)."""

from keras import ops

from zoo.precision import at_least_float32


def kl_to_standard_normal(mu, log_var):
    """-1/2 mean(1 + log_var - mu^2 - exp(log_var)), the mean over batch and dimensions.

    Source: AttnGAN code/miscc/losses.py `KL_loss` (a mean, where the textbook has a sum over
    dimensions).
    Shapes: mu, log_var (batch, dimensions) -> scalar.
    """
    mu, log_var = at_least_float32(mu), at_least_float32(log_var)
    return -0.5 * ops.mean(1 + log_var - ops.square(mu) - ops.exp(log_var))
