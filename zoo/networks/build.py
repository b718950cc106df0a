"""Making a network's variables without running it."""

import keras


def spec(*shape, dtype=None):
    """A symbolic input of this shape (batch first)."""
    return keras.KerasTensor(shape, dtype=dtype or keras.config.floatx())


def build(network, *inputs):
    """Calls `network` on symbolic inputs (`spec`, or structures of it), which creates its variables."""
    if not getattr(network, "_zoo_built", False):
        network(*inputs)
        network._zoo_built = True
    return network
