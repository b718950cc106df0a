"""What a server answers: outputs, or a refusal with a status of HTTP and of gRPC."""

import numpy as np

from export.transports import Spec

# kind -> (HTTP status, name of the gRPC status)
KINDS = {
    "invalid": (400, "INVALID_ARGUMENT"),
    "missing": (404, "NOT_FOUND"),
    "slow": (408, "DEADLINE_EXCEEDED"),
    "large": (413, "RESOURCE_EXHAUSTED"),
    "internal": (500, "INTERNAL"),
    "busy": (503, "UNAVAILABLE"),
    "late": (504, "DEADLINE_EXCEEDED"),
}


class Refused(Exception):
    """A request that is not answered with outputs.

    Args:
        kind: str, a key of `KINDS`.
        message: str, one sentence for the user.
    """

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind
        self.http, self.grpc = KINDS[kind]


def check_inputs(inputs, specs):
    """The number of rows of a request.

    Args:
        inputs: dict of input name -> array.
        specs: dict of input name -> `Spec`.

    Raises:
        Refused: other names, types or shapes, or unequal numbers of rows; the message names the
            input, as the graph's own does.
    """
    if set(inputs) != set(specs):
        raise Refused(
            "invalid",
            f"Expected the inputs {', '.join(sorted(specs))}, got "
            f"{', '.join(sorted(inputs)) or 'none'}.",
        )
    for name, spec in specs.items():
        _check_input(name, inputs[name], spec)
    rows = {name: len(value) for name, value in inputs.items()}
    if len(set(rows.values())) > 1:
        raise Refused(
            "invalid",
            f"{' and '.join(rows)} must have the same number of rows; they have "
            f"{list(rows.values())}.",
        )
    count = next(iter(rows.values()))
    if not count:
        raise Refused("invalid", f"{next(iter(rows))} must hold at least one row; it is empty.")
    return count


def _check_input(name, value, spec: Spec):
    if value.dtype != spec.dtype:
        expected = spec.dtype.name.replace("object", "string")
        raise Refused("invalid", f"{name} must have the type {expected}, got {value.dtype.name}.")
    fits = value.ndim == len(spec.shape) and all(
        side < 0 or side == actual
        for side, actual in zip(spec.shape[1:], value.shape[1:], strict=True)
    )
    if not fits:
        raise Refused(
            "invalid",
            f"{name} must have the shape {spec.text()}, one row per image; it has the shape "
            f"{list(value.shape)}.",
        )


def joined(requests):
    """The inputs of several requests as one: list of dict of arrays -> dict of arrays."""
    return {name: np.concatenate([r[name] for r in requests]) for name in requests[0]}


def fit_together(first, other):
    """Whether two requests have the same sizes apart from their rows, as pixels may not."""
    return all(first[name].shape[1:] == other[name].shape[1:] for name in first)
