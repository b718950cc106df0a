"""The precision in which networks are created."""

import contextlib

import keras


@contextlib.contextmanager
def computing_in(name):
    """A block in which new networks compute in "float32" or "float64"."""
    before = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy(name)
    keras.config.set_floatx(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_floatx(before[1])
