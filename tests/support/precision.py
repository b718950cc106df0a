"""The precision in which networks are created."""

import contextlib

import keras
import pytest


@contextlib.contextmanager
def computing_in(name):
    """A block in which new networks compute in "float32", "float64" or "mixed_bfloat16"."""
    before = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(name)
    keras.config.set_floatx(keras.config.dtype_policy().variable_dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_floatx(before[1])


# Parameters of the fixture `precision` for an iteration: float64 compares every number of it more
# closely, and the iterations of other systems show the effect of float32 on the same parts.
FLOAT64 = ["float64", pytest.param("float32", marks=pytest.mark.large)]


def variants(names, both=1):
    """Parameters (precision, name) of an iteration's variants: all, in both precisions.

    Large are, in float32, those after the first `both`: float64 compares every number of a variant
    more closely, and the effect of rounding on a system's networks shows in one of them.
    """
    return [
        pytest.param(precision, name, marks=pytest.mark.large if late else ())
        for precision in ("float64", "float32") for index, name in enumerate(names)
        for late in [precision == "float32" and index >= both]
    ]
