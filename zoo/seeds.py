"""Checks seeds: 64-bit integers, which key all noise."""

import numbers
import secrets

import numpy as np

from zoo.errors import ZooError

LOWEST, HIGHEST = -(2**63), 2**63 - 1


def read_seeds(seed, count, name="seed", span=1):
    """The seeds of `count` conditions.

    Args:
        seed: int, or a list, tuple or array of one int per condition.
        count: int.
        name: str, the user's name for the seed.
        span: int. The seeds `seed` to `seed + span - 1` are used, so all must be in range.

    Returns:
        int64 (count,).

    Raises:
        ZooError: another form, not an integer (nor are True, 1.0 and NaN), or out of range.
    """
    plain = np.asarray(seed).tolist() if hasattr(seed, "__array__") else seed
    several = isinstance(plain, list | tuple)
    values = list(plain) if several else [plain]
    integers = all(isinstance(v, numbers.Integral) and not isinstance(v, bool) for v in values)
    if not integers or several and len(values) != count:
        raise ZooError(
            f"{name} must be an integer, or a list of one integer for each of the {count} "
            f"conditions, got {_short(seed)}."
        )
    for value in values:
        if not LOWEST <= value <= HIGHEST - (span - 1):
            uses = f", because the {span - 1} after it are used too" if span > 1 else ""
            raise ZooError(
                f"{name} must be an integer from {LOWEST} to {HIGHEST - (span - 1)}{uses}, got "
                f"{_short(value)}."
            )
    return np.broadcast_to(np.array(values, np.int64), (count,))


def drawn(seed):
    """The seed itself, or for None a random one, an int from 0 to 2**31 - 1."""
    return secrets.randbelow(2**31) if seed is None else seed


def per_image_seeds(seed, conditions, images, name="seed", images_name="images_per_condition"):
    """The seed of each image: `seed + k` for image k of a condition, condition by condition.

    Args:
        seed: int, or a list of one int per condition.
        conditions: int.
        images: int, images per condition.
        name, images_name: str, the user's names for `seed` and `images`.

    Returns:
        int64 (conditions * images,).

    Raises:
        ZooError: another form, a seed out of range, or no images.
    """
    integer = isinstance(images, numbers.Integral) and not isinstance(images, bool)
    if not integer or images < 1:
        raise ZooError(f"{images_name} must be an integer of at least 1, got {images!r}.")
    first = read_seeds(seed, conditions, name, span=int(images))
    return (first[:, None] + np.arange(images)[None]).reshape(-1)


def _short(value, limit=60):
    if isinstance(value, numbers.Integral) and not isinstance(value, bool) and abs(value) > 10**30:
        return f"a number of {int(value).bit_length()} bits"
    try:
        text = repr(value)
    except ValueError:  # a list of integers too long to convert to text
        return f"a {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 1] + "…"
