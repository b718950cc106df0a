"""The limits of requests to an export: flags, checks, and the file that carries them."""

import dataclasses
import os
import struct

from export.warmup import FOLDER
from zoo import storage
from zoo.conditions.records import LIMITS, Limits
from zoo.errors import ZooError

NAME = "limits.json"  # in the folder of the warm-up requests, which servers leave alone
MOST = 2**31 - 1  # graphs count in int32
_POWERS = {2**63 - 1: "2^63 - 1", -(2**63): "-2^63"}
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


def check_number(name, value, most, least=1):
    """Raises `ZooError` unless `value` is an int from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        ends = range_text(least, most)
        raise ZooError(f"{name} must be a whole number {ends}, got {value!r}.")


def range_text(least, most):
    """A range as in messages, "from 1 to 64"."""
    return "from " + " to ".join(_POWERS.get(end, str(end)) for end in (least, most))


def check_requests(limits, requests):
    """Raises `ZooError` if a warm-up request exceeds a limit: no server would load the export.

    Args:
        limits: `Limits` of the export.
        requests: list of (signature name, dict of inputs), see `export.service.example_requests`.
    """
    for signature, inputs in requests:
        for limit, least in _least_limits(inputs).items():
            if getattr(limits, limit) < least:
                raise ZooError(
                    f"{limit} must be at least {least}, which the warm-up request of {signature} "
                    f"needs, got {getattr(limits, limit)}: a server that cannot answer it does not "
                    "load the export."
                )


def _least_limits(inputs):
    """dict of the name of a limit -> the least value with which these inputs are accepted."""
    found = {"max_batch": len(inputs["seed"])}
    for name, values in inputs.items():
        if name == "captions":
            found["max_caption_bytes"] = max(map(len, values))
        elif name == "images":
            found["max_pixels"] = values.shape[1] * values.shape[2]
        elif name.endswith("_bytes"):  # PNG files: width and height begin at byte 16
            sides = [struct.unpack(">II", file[16:24]) for file in values]
            found["max_pixels"] = max(width * height for width, height in sides)
    return found


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
