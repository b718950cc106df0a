"""Creation of a network's variables without running it."""

import contextlib
import contextvars

import keras

_GENERATION_ONLY = contextvars.ContextVar("zoo_generation_only", default=False)


def symbolic_input(*shape, dtype=None):
    """A symbolic input of this shape (batch first)."""
    return keras.KerasTensor(shape, dtype=dtype or keras.config.floatx())


def build_on(network, *inputs):
    """Creates the variables of `network` by calling it on symbolic inputs (structures of
    `symbolic_input`).

    Keras traces a layer without its own `build` twice, the first time only to build its sublayers,
    and so do these: a leaf is traced once per enclosing layer. Here a single trace builds all of
    them, in half the time.
    """
    _trace_once(network)
    network(*inputs)
    return network


def _trace_once(layer):
    """Marks composite layers as built; their parts are built when the call reaches them."""
    parts = list(layer._flatten_layers(include_self=False, recursive=False))
    for part in parts:
        _trace_once(part)
    if parts and type(layer).build is keras.layers.Layer.build:
        layer.built = True


@contextlib.contextmanager
def without_values():
    """A block in which random initial values are zeros, for networks that are only described.

    Drawing the values of a large network takes longer than building it.
    """
    classes = [cls for cls in _all_subclasses(keras.initializers.Initializer)
               if "__call__" in vars(cls)]
    before = {cls: cls.__call__ for cls in classes}

    def zeros(self, shape, dtype=None, **_):
        del self
        return keras.ops.zeros(shape, dtype=dtype)

    try:
        for cls in classes:
            cls.__call__ = zeros
        yield
    finally:
        for cls, function in before.items():
            cls.__call__ = function


def _all_subclasses(cls):
    return [part for child in cls.__subclasses__() for part in (child, *_all_subclasses(child))]


@contextlib.contextmanager
def generation_only():
    """A block in which systems defer the networks that only training needs to their first use."""
    token = _GENERATION_ONLY.set(True)
    try:
        yield
    finally:
        _GENERATION_ONLY.reset(token)


def builds_for_generation_only():
    """Whether a `generation_only` block is open."""
    return _GENERATION_ONLY.get()
