"""Creation of a network's variables without running it."""

import contextlib
import contextvars
import functools

import keras
import tensorflow as tf

_GENERATION_ONLY = contextvars.ContextVar("zoo_generation_only", default=False)


def symbolic_input(*shape, dtype=None):
    """A symbolic input of this shape (batch first)."""
    return keras.KerasTensor(shape, dtype=dtype or keras.config.floatx())


def build_on(network, *inputs):
    """Creates the variables of `network` by calling it on symbolic inputs (structures of
    `symbolic_input`).

    Keras alone takes four times as long. It traces a layer without its own `build` twice, the first
    time only to build its sublayers, and so do these: a leaf is traced once per enclosing layer.
    And where a leaf reads a variable that does not exist yet, the variable's whole initializer is
    traced. Here each layer is called once, and a leaf that knows its output's shape only builds
    itself.
    """
    changed = []
    _call_for_shapes(network, changed)
    try:
        network(*inputs)
    finally:
        for layer in changed:
            object.__delattr__(layer, "call")
    return network


def _call_for_shapes(layer, changed):
    """Replaces `layer.call`, and with its first use that of its parts, for one trace of shapes.

    `changed`: list to which every layer is added whose `call` is now an attribute.
    """
    call, parts = layer.call, _parts(layer)
    if parts and type(layer).build is keras.layers.Layer.build:
        layer.built = True  # its parts are built when the call reaches them

    @functools.wraps(call)
    def call_for_shapes(*args, **kwargs):
        parts = _parts(layer)  # with those that `build` has made
        if _knows_shape(layer, parts):
            spec = layer.compute_output_spec(*args, **kwargs)
            return keras.tree.map_structure(_placeholder, spec)
        for part in parts:
            if "call" not in vars(part):
                _call_for_shapes(part, changed)
        return call(*args, **kwargs)

    object.__setattr__(layer, "call", call_for_shapes)  # Keras would look for layers in it
    changed.append(layer)
    for part in parts:
        if "call" not in vars(part):
            _call_for_shapes(part, changed)


def _parts(layer):
    return list(layer._flatten_layers(include_self=False, recursive=False))


def _knows_shape(layer, parts):
    """Whether nothing is built by `layer.call`, and its result's shape is known without it."""
    known = type(layer).compute_output_shape is not keras.layers.Layer.compute_output_shape
    return known and (not parts or isinstance(layer, keras.layers.RNN))


def _placeholder(spec):
    return tf.compat.v1.placeholder(spec.dtype, spec.shape)


@contextlib.contextmanager
def without_values():
    """A block in which initial values are zeros, for networks that are only described.

    Drawing the values of a large network takes longer than building it. Variables of one shape
    have their zeros in common.
    """
    classes = [cls for cls in _all_subclasses(keras.initializers.Initializer)
               if "__call__" in vars(cls)]
    before = {cls: cls.__call__ for cls in classes}

    @functools.cache
    def shared(shape, dtype):
        with tf.init_scope():
            return tf.zeros(shape, dtype)

    def zeros(self, shape, dtype=None, **_):
        del self
        return shared(tuple(shape), keras.backend.standardize_dtype(dtype))

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
