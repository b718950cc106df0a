"""Initial weights of the AttnGAN family (official `weights_init`) and of its text encoder."""

import keras


def orthogonal():
    """Orthogonal, gain 1, on the matrix (outputs, inputs x kernel)."""
    return keras.initializers.Orthogonal(gain=1.0)


def gamma():
    """Batch-norm scale, N(1, 0.02)."""
    return keras.initializers.RandomNormal(mean=1.0, stddev=0.02)


def uniform(limit):
    """U(-limit, limit)."""
    return keras.initializers.RandomUniform(-limit, limit)


def normal(stddev=0.02):
    """N(0, stddev), DCGAN's choice."""
    return keras.initializers.RandomNormal(mean=0.0, stddev=stddev)


def xavier_normal(gain=0.02):
    """N(0, gain * sqrt(2 / (fan_in + fan_out))); BicycleGAN's choice with gain 0.02."""
    return keras.initializers.VarianceScaling(gain**2, "fan_avg", "untruncated_normal")
