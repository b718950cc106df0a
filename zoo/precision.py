"""Functions that never run in half precision: losses, and those that are slow or inexact in it."""

import keras
from keras import ops


def at_least_float32(x):
    """Casts float16 and bfloat16 tensors to float32; others stay as they are."""
    x = ops.convert_to_tensor(x)
    half = keras.backend.standardize_dtype(x.dtype) in ("float16", "bfloat16")
    return ops.cast(x, "float32") if half else x


def at_least_float32_dtype(layer):
    """The type "float64" for a layer whose variables are float64, else "float32"."""
    return "float64" if layer.variable_dtype == "float64" else "float32"
