"""Making a network's variables without running it."""

import keras


def spec(*shape, dtype=None):
    """A symbolic input of this shape (batch first)."""
    return keras.KerasTensor(shape, dtype=dtype or keras.config.floatx())


def build(network, *inputs):
    """Makes the variables of `network` by calling it on symbolic inputs (structures of `spec`)."""
    network(*inputs)
    return network
