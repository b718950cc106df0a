"""Making a network's variables without running it."""

import keras


def spec(*shape, dtype=None):
    """A symbolic input of this shape (batch first)."""
    return keras.KerasTensor(shape, dtype=dtype or keras.config.floatx())


def build(network, *inputs):
    """Makes the variables of `network` by calling it on symbolic inputs (structures of `spec`).

    Keras traces a layer that has no `build` of its own twice, the first time only to build what it
    is made of, and so do the layers inside it: a leaf is traced once for each layer around it.
    One trace builds them all, in half the time.
    """
    _trace_once(network)
    network(*inputs)
    return network


def _trace_once(layer):
    """Says of composite layers that they are built: their parts are, when the call reaches them."""
    parts = list(layer._flatten_layers(include_self=False, recursive=False))
    for part in parts:
        _trace_once(part)
    if parts and type(layer).build is keras.layers.Layer.build:
        layer.built = True
