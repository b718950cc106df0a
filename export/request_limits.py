"""The limits of requests to an export: flags, checks, and the file that carries them."""

import dataclasses
import os

from export.warmup import FOLDER
from zoo import storage
from zoo.conditions.records import LIMITS, Limits
from zoo.errors import ZooError

NAME = "limits.json"  # in the folder of the warm-up requests, which servers leave alone
MOST = 2**31 - 1  # graphs count in int32
HELP = {
    "max_batch": "most rows of a request",
    "max_pixels": "most pixels of an image that is sent, from its header",
    "max_caption_bytes": "most bytes of a caption",
}


def add_flags(parser, defaults=None):
    """Adds a flag per limit to a parser.

    Args:
        parser: `argparse.ArgumentParser`.
        defaults: `Limits`, or None for flags that are None unless they are given.
    """
    for name, text in HELP.items():
        value = getattr(defaults, name, None)
        default = "default: the export's" if value is None else f"default {value}"
        parser.add_argument(f"--{name}", type=int, default=value, help=f"{text} ({default})")


def values_of(options):
    """dict of name -> value of the flags that a parsed command line has."""
    values = {name: getattr(options, name) for name in HELP}
    return {name: value for name, value in values.items() if value is not None}


def check_limits(limits, where=""):
    """Raises `ZooError` if a limit is not a positive int32. `where`: what follows its name."""
    for name, value in dataclasses.asdict(limits).items():
        check_number(name + where, value, MOST)


def check_number(name, value, most):
    """Raises `ZooError` unless `value` is an int from 1 to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ZooError(f"{name} must be a whole number from 1 to {most}, got {value!r}.")


def write_limits(directory, limits):
    """Writes `Limits` into a SavedModel (one version)."""
    os.makedirs(os.path.join(directory, FOLDER), exist_ok=True)
    storage.write_json(os.path.join(directory, FOLDER, NAME), dataclasses.asdict(limits))


def read_limits(directory):
    """The `Limits` of a SavedModel (one version); the defaults for one without the file.

    Raises:
        ZooError: the file is damaged.
    """
    path = os.path.join(directory, FOLDER, NAME)
    if not os.path.isfile(path):
        return LIMITS
    stored = storage.read_strict_json(path)
    limits = Limits(**{n: stored.get(n, v) for n, v in dataclasses.asdict(LIMITS).items()})
    check_limits(limits, f" in {path}")
    return limits
