"""Determines the value range of a user's image arrays, without guessing.

uint8 is 0 to 255, uint16 is 0 to 65535, and floats are in [-1, 1]. Floats without a value below
-0.1 could equally be in [0, 1], including the overshoot of a filter, so they are an error unless
`value_range` states their range. All values of one array are considered together.
"""

import numpy as np

from zoo.checks import check_finite
from zoo.errors import ZooError, check_choice

RANGES = ((-1, 1), (0, 1), (0, 255))
_DARK = -0.1  # a lower value is outside of [0, 1]
_ROUNDING = 1e-3  # how far floats may leave their range; they are clipped to it


def check_numbers(array, name, value_range=None):
    """Raises `ZooError` unless the value range of an image array is unambiguous.

    Args:
        array: NumPy array of any shape, not empty.
        name: str, start of the error message.
        value_range: None, or the range of floats, one of `RANGES`.

    Returns:
        the range, a pair of int; (0, 255) for uint8 and (0, 65535) for uint16.
    """
    if value_range is not None:
        pair = tuple(value_range) if isinstance(value_range, list) else value_range
        check_choice("value_range", pair, RANGES)
    if array.dtype == np.uint8:
        return 0, 255
    if array.dtype == np.uint16:
        return _check_uint16(array, name)
    if array.dtype.kind != "f":
        raise ZooError(f"{name} must be uint8, uint16, or float in [-1, 1], got {array.dtype}.")
    check_finite(name, array)
    low, high = float(array.min()), float(array.max())
    if value_range is None and low >= _DARK and high <= 1 + _ROUNDING:
        raise ZooError(
            f"{name} has floats from {low:g} to {high:g}, which may be in [0, 1], or bright values "
            "in [-1, 1]: pass value_range=(0, 1) or (-1, 1) if the function has this argument, or "
            "give uint8, np.uint8(np.round(255 * x)) or np.uint8(np.round(127.5 * (x + 1)))."
        )
    first, last = value_range or (-1, 1)
    slack = _ROUNDING * (last - first) / 2
    if low < first - slack or high > last + slack:
        raise ZooError(
            f"{name} has floats from {low:g} to {high:g}, outside of [{first}, {last}]: scale "
            "them to [-1, 1] (x / 127.5 - 1 for bytes x), or give uint8."
        )
    return first, last


def _check_uint16(array, name):
    high = int(array.max())
    if 0 < high < 256:
        raise ZooError(
            f"{name} is uint16 but has values up to {high} only, nearly black since 65535 is "
            "white: give uint8 if 255 is white."
        )
    return 0, 65535


def to_signed(array, name, value_range=None):
    """Image values as floats in [-1, 1], float32 or wider; arguments as in `check_numbers`."""
    first, last = check_numbers(array, name, value_range)
    array = np.asarray(array, np.result_type(array.dtype, np.float32))
    if (first, last) != (-1, 1):
        array = (array - first) * (2 / (last - first)) - 1
    return np.clip(array, -1, 1)


def to_bytes(array, name, value_range=None):
    """Image values as uint8: floats are rounded, and 16-bit values keep their upper 8 bits."""
    first, last = check_numbers(array, name, value_range)
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return (array >> 8).astype(np.uint8)
    array = np.clip(np.asarray(array, np.result_type(array.dtype, np.float32)), first, last)
    return np.round((array - first) * (255 / (last - first))).astype(np.uint8)


def shape_advice(shape, channels=(1, 2, 3, 4)):
    """A sentence for an error message if an array's channels seem to come first, else ""."""
    if len(shape) in (3, 4) and shape[-1] not in channels and shape[-3] in channels:
        return " The channels come last: np.moveaxis(x, -3, -1) moves them there."
    return ""
