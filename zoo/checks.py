"""Checks that the numbers of arrays are finite and real.

Used where weights are imported, loaded, saved and exported, and where embeddings, float images and
features are read.
"""

import numpy as np

from zoo.errors import ZooError

# The types of weights. HDF5 and NumPy have no bfloat16; `ml_dtypes` and TensorFlow do.
WEIGHT_TYPES = ("float16", "bfloat16", "float32", "float64")


def check_finite(name, arrays):
    """Raises `ZooError` unless every number is finite.

    Args:
        name: str. What holds the arrays, which starts the message: "The preset runs/x".
        arrays: an array (NumPy, a tensor, a variable, a list of numbers), or a dict of name to
            array. Integers and booleans are always finite.

    Raises:
        ZooError: NaN or infinity; the message names the array and counts them.
    """
    named = arrays if isinstance(arrays, dict) else {None: arrays}
    for key, array in named.items():
        where = name if key is None else f'{name}: "{key}"'
        try:
            array = np.asarray(array)
            finite = array.dtype.kind in "iub" or np.isfinite(array).all()
        except (TypeError, ValueError) as error:
            raise ZooError(f"{where} does not consist of numbers.") from error
        if not finite:
            raise ZooError(f"{where} holds {_count_text(array)}; every number must be finite.")


def check_weights(name, arrays):
    """Raises `ZooError` unless all arrays consist of real, finite floating-point numbers.

    Args:
        name: str. What holds the weights, which starts the message: a file or a model.
        arrays: dict of weight name to array.

    Raises:
        ZooError: an array of another type (integers, booleans, complex numbers, objects, text),
            NaN or infinity; the message names the array.
    """
    for key, array in arrays.items():
        dtype = _dtype_name(array)
        if dtype not in WEIGHT_TYPES:
            raise ZooError(
                f'{name}: "{key}" has type {dtype}, but weights must be real floating point '
                f"numbers ({', '.join(WEIGHT_TYPES)})."
            )
    check_finite(name, arrays)


def _dtype_name(array):
    dtype = getattr(array, "dtype", None)
    if dtype is None:
        dtype = np.asarray(array).dtype
    return dtype if isinstance(dtype, str) else dtype.name


def _count_text(array):
    """ "3 NaN and 1 infinite of 8 numbers" for an array that is not finite."""
    nan = int(np.isnan(array).sum())
    infinite = int(np.isinf(array).sum())
    parts = ([f"{nan} NaN"] if nan else []) + ([f"{infinite} infinite"] if infinite else [])
    numbers = f"{array.size} number{'s' if array.size > 1 else ''}"
    return f"{' and '.join(parts)} of {numbers}"
