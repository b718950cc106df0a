"""Checks the input arrays of metrics: finite real numbers, converted to float64."""

import numpy as np

from zoo.checks import check_finite
from zoo.errors import ZooError


def real_numbers(array, name):
    """The array in float64.

    Args:
        array: any array of integers or floats.
        name: str, start of the error message.

    Raises:
        ZooError: another type (complex, boolean, text, objects, rows of different lengths), NaN or
            infinity.
    """
    try:
        x = np.asarray(array)
    except (TypeError, ValueError):
        kind = type(array).__name__
        raise ZooError(f"{name} must consist of real numbers, got a {kind}.") from None
    if x.dtype.kind not in "fiu" and x.dtype.name != "bfloat16":
        raise ZooError(f"{name} must consist of real numbers, got an array of {x.dtype}.")
    check_finite(name, x)
    return x.astype(np.float64)
