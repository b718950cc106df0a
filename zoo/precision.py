"""Precision: a model's own, and what never runs in half precision because it is slow or inexact."""

import contextlib

import keras
from keras import ops


@contextlib.contextmanager
def using_policy(dtype):
    """A block in which new layers have this Keras dtype policy (a name or a policy).

    Keras gives a layer the global policy of the moment in which it is created, whatever the model
    that it becomes part of computes in. None leaves the global policy as it is.
    """
    before = keras.config.dtype_policy()
    if dtype is not None:
        keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def at_least_float32(x):
    """Casts float16 and bfloat16 tensors to float32; others stay as they are."""
    x = ops.convert_to_tensor(x)
    half = keras.backend.standardize_dtype(x.dtype) in ("float16", "bfloat16")
    return ops.cast(x, "float32") if half else x


def at_least_float32_dtype(layer):
    """The type "float64" for a layer whose variables are float64, else "float32"."""
    return "float64" if layer.variable_dtype == "float64" else "float32"
