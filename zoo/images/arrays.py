"""Arrays of images that a user gives: which numbers they hold, decided and never guessed.

The rule: uint8 is 0 to 255, uint16 is 0 to 65535, and floats are in [-1, 1]. Floats without a value
below -0.1 could as well be in [0, 1], with what a filter overshoots, so they are an error unless
their range is said with `value_range` or they are given as uint8. All values of one array count
together.
"""

import numpy as np

from zoo.checks import check_finite
from zoo.errors import ZooError, check_choice

RANGES = ((-1, 1), (0, 1), (0, 255))
_DARK = -0.1  # a value below is not of [0, 1]
_ROUNDING = 1e-3  # how far floats may leave their range; they are clipped to it


def check_numbers(array, name, value_range=None):
    """Raises `ZooError` unless an array's numbers have one meaning as an image.

    Args:
        array: NumPy array of any shape, not empty.
        name: str, what the message starts with.
        value_range: None, or what floats are in, one of `RANGES`.

    Returns:
        the range, a pair of int; (0, 255) for uint8 and (0, 65535) for uint16.
    """
    if value_range is not None:
        given = tuple(value_range) if isinstance(value_range, list) else value_range
        check_choice("value_range", given, RANGES)
    if array.dtype == np.uint8:
        return 0, 255
    if array.dtype == np.uint16:
        return _check_uint16(array, name)
    if array.dtype.kind != "f":
        raise ZooError(f"{name} is of {array.dtype}: expected uint8, uint16, or float in [-1, 1].")
    check_finite(name, array)
    low, high = float(array.min()), float(array.max())
    if value_range is None and low >= _DARK and high <= 1 + _ROUNDING:
        raise ZooError(
            f"{name} holds floats from {low:g} to {high:g}, which may be meant in [0, 1] or be "
            "bright ones of [-1, 1]: give uint8, which is np.uint8(np.round(255 * x)) of the first "
            "and np.uint8(np.round(127.5 * (x + 1))) of the second, or say value_range=(0, 1) or "
            "(-1, 1) where a function takes it."
        )
    first, last = value_range or (-1, 1)
    slack = _ROUNDING * (last - first) / 2
    if low < first - slack or high > last + slack:
        raise ZooError(
            f"{name} holds floats from {low:g} to {high:g}, which leave [{first}, {last}]: bring "
            "them to [-1, 1] (bytes x are x / 127.5 - 1), or give uint8."
        )
    return first, last


def _check_uint16(array, name):
    high = int(array.max())
    if 0 < high < 256:
        raise ZooError(
            f"{name} is of uint16 but holds values up to {high}, nearly black where 65535 is "
            "white: give uint8 if 255 is white."
        )
    return 0, 65535


def to_signed(array, name, value_range=None):
    """An image's numbers as floats in [-1, 1], float32 or wider; arguments as `check_numbers`."""
    first, last = check_numbers(array, name, value_range)
    array = np.asarray(array, np.result_type(array.dtype, np.float32))
    if (first, last) != (-1, 1):
        array = (array - first) * (2 / (last - first)) - 1
    return np.clip(array, -1, 1)


def to_bytes(array, name, value_range=None):
    """An image's numbers as uint8; floats are rounded, of 16 bits the upper 8 are kept."""
    first, last = check_numbers(array, name, value_range)
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return (array >> 8).astype(np.uint8)
    array = np.clip(np.asarray(array, np.result_type(array.dtype, np.float32)), first, last)
    return np.round((array - first) * (255 / (last - first))).astype(np.uint8)


def shape_advice(shape, colours=(1, 2, 3, 4)):
    """What to do about an array whose channels are not last; an empty string where they may be."""
    if len(shape) in (3, 4) and shape[-1] not in colours and shape[-3] in colours:
        return " The channels come last: np.moveaxis(x, -3, -1) moves them there."
    return ""
