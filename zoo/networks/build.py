"""Making a network's variables without running it."""

import contextlib
import contextvars

import keras

_GENERATION_ONLY = contextvars.ContextVar("zoo_generation_only", default=False)


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


@contextlib.contextmanager
def generation_only():
    """In this block systems put off what only training needs until it is first asked for."""
    token = _GENERATION_ONLY.set(True)
    try:
        yield
    finally:
        _GENERATION_ONLY.reset(token)


def builds_for_generation_only():
    """Whether a `generation_only` block is open."""
    return _GENERATION_ONLY.get()
