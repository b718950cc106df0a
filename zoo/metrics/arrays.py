"""Checks the inputs of metrics: finite real numbers, converted to float64, and whole numbers."""

from numbers import Integral

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


def whole_numbers(array, name):
    """The array in int64.

    Args:
        array, name: see `real_numbers`.

    Raises:
        ZooError: another type, or a number with a fraction.
    """
    x = real_numbers(array, name)
    if (x != np.floor(x)).any():
        raise ZooError(f"{name} must consist of whole numbers, got one with a fraction.")
    return x.astype(np.int64)


def whole_number(value, name, least=1, most=None, most_of=""):
    """The value as an int, also of one of NumPy's integer types.

    Args:
        value: any object.
        name: str, start of the error message.
        least, most: ints, the limits; `most` may be None for none.
        most_of: str that says where `most` comes from, such as ", the number of rows".

    Raises:
        ZooError: another type (a boolean, 2.0, text), or out of range.
    """
    integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not integer or value < least or most is not None and value > most:
        limits = f"of at least {least}" if most is None else f"from {least} to {most}{most_of}"
        shown = int(value) if integer else repr(value)
        raise ZooError(f"{name} must be a whole number {limits}, got {shown}.")
    return int(value)
