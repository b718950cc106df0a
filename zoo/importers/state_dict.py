"""Maps an official PyTorch `state_dict` (names -> arrays) to Keras variables, and back.

An importer is a function that returns `{official name: Target(variable, layout)}` for one network.
The layout describes the axis order of the official array: a key of `LAYOUTS`, or a pair of
functions if it depends on the network. Names that end in `num_batches_tracked` carry no information
and are ignored.
"""

import dataclasses
import re

import keras
import numpy as np

from zoo.checks import check_weights
from zoo.errors import ZooError
from zoo.networks.budget import limited

# layout: (official array -> Keras array, Keras array -> official array)
LAYOUTS = {
    "same": (lambda a: a, lambda a: a),
    "conv": (lambda a: a.transpose(2, 3, 1, 0), lambda a: a.transpose(3, 2, 0, 1)),  # OIHW - HWIO
    # (in, out, h, w) - (h, w, out, in), the same permutation
    "conv_transpose": (lambda a: a.transpose(2, 3, 1, 0), lambda a: a.transpose(3, 2, 0, 1)),
    "linear": (lambda a: a.T, lambda a: a.T),
    # onto a Dense layer; a larger window is a ValueError
    "conv1x1": (lambda a: np.squeeze(a, (2, 3)).T, lambda a: a.T[:, :, None, None]),
    "conv1d": (lambda a: np.squeeze(a, 2).T, lambda a: a.T[:, :, None]),
    "gru": (lambda a: _swap_gates(a).T, lambda a: _swap_gates(a.T)),  # gates r, z, n - z, r, n
    "gru_bias": (lambda a: _swap_gates(a), lambda a: _swap_gates(a)),
}
IGNORED = re.compile(r"(^|\.)num_batches_tracked$")


def _swap_gates(array):
    """Exchanges the first and second third of the rows."""
    first, second, third = np.split(array, 3, axis=0)
    return np.concatenate([second, first, third], axis=0)


@dataclasses.dataclass(frozen=True)
class Target:
    """The target of an official array: a variable (or one row of it) and the official layout."""

    variable: keras.Variable
    layout: str | tuple = "same"
    row: int | None = None

    def from_official(self, array):
        """The array in the variable's layout; raises ValueError or IndexError if its shape does not
        allow it."""
        return self._functions[0](np.asarray(array))

    def to_official(self, array):
        """An array of the variable's layout (weight, gradient, change), in the official layout."""
        array = np.asarray(array)
        return self._functions[1](array if self.row is None else array[self.row])

    @property
    def _functions(self):
        return LAYOUTS[self.layout] if isinstance(self.layout, str) else self.layout


def load_state_dict(targets, state_dict):
    """Assigns every official array to its variable; nothing is assigned unless everything matches.

    Args:
        targets: dict of official name -> `Target`.
        state_dict: dict of official name -> array (NumPy or anything `numpy.asarray` takes).

    Raises:
        ZooError: names are missing or unknown, or a shape differs; the first few are listed. Or
            an array does not consist of finite floating-point numbers.
    """
    names = {name for name in state_dict if not IGNORED.search(name)}
    check_weights("The checkpoint", {n: state_dict[n] for n in sorted(names) if n in targets})
    problems = [f"missing {name}" for name in targets if name not in names]
    problems += [f"unknown {name}" for name in sorted(names) if name not in targets]
    values = {}
    for name in names & set(targets):
        target = targets[name]
        shape = tuple(target.variable.shape)[0 if target.row is None else 1 :]
        try:
            value = target.from_official(state_dict[name])
        except (ValueError, IndexError):  # the number of axes or elements differs
            official_shape = tuple(np.shape(state_dict[name]))
            problems.append(f"{name} has the official shape {official_shape}, which does not match")
            continue
        if value.shape != shape:
            problems.append(f"{name} has shape {value.shape}, the network needs {shape}")
        values[name] = value
    if problems:
        raise ZooError(
            "The official checkpoint does not match this network: "
            + "; ".join(problems[:5])
            + (f"; and {len(problems) - 5} more." if len(problems) > 5 else ".")
            + " Build the network with the sizes that the checkpoint was trained with."
        )
    for name, value in values.items():
        target = targets[name]
        value = _of_type(name, value, target.variable.dtype)
        if target.row is not None:
            rows = keras.ops.convert_to_numpy(target.variable).copy()
            rows[target.row] = value
            value = rows
        target.variable.assign(value)


def _of_type(name, value, dtype):
    """The value converted to a variable's dtype, in which it must stay finite."""
    with np.errstate(over="ignore"):
        value = value.astype(keras.backend.standardize_dtype(dtype), copy=False)
    check_weights(f"The checkpoint in {dtype}", {name: value})
    return value


def size_of(state_dict, name, axis):
    """One size of a network, read from an official array.

    Raises:
        ZooError: no such array, one with fewer axes, or an empty one.
    """
    if name not in state_dict:
        raise ZooError(
            f"The checkpoint has no {name}, so it is of another kind of network. It starts with "
            f"{', '.join(list(state_dict)[:3])}."
        )
    shape = np.shape(state_dict[name])
    if axis >= len(shape) or 0 in shape:
        raise ZooError(f"{name} has the shape {shape}, so it is of another kind of network.")
    return int(shape[axis])


def count_of(state_dict, pattern):
    """Number of different values of a regular expression's group in the names."""
    return len({match.group(1) for name in state_dict if (match := re.match(pattern, name))})


def make_model(system, sizes, settings, *files):
    """A system with the sizes of a checkpoint and a user's settings, which take precedence.

    Args:
        system: the class.
        sizes, settings: dicts of its arguments.
        *files: dicts of name -> array, the checkpoint's: they bound the size of the system, see
            `zoo.networks.budget`.

    Raises:
        ZooError: the system cannot have these sizes, so the checkpoint is of another network.
    """
    numbers = sum(np.size(array) for arrays in files for array in arrays.values())
    try:
        with limited("The checkpoint", numbers, sum(map(len, files)), blank=False):
            return system(**{**sizes, **settings})
    except ValueError as error:
        text = ", ".join(
            f"{name} {value}" for name, value in sizes.items() if len(str(value)) < 100
        )
        raise ZooError(
            f"No {system.__name__} has the sizes of this checkpoint ({text}): {error}"
        ) from error


def conv(name, layer, layout="conv"):
    """Targets of an official convolution: `<name>.weight` and, if any, `.bias`."""
    targets = {f"{name}.weight": Target(layer.kernel, layout)}
    if getattr(layer, "bias", None) is not None:
        targets[f"{name}.bias"] = Target(layer.bias)
    return targets


def conv_transpose(name, layer):
    """Targets of an official transposed convolution, from a `Conv2DTranspose`."""
    return conv(name, layer, "conv_transpose")


def spectral_conv(name, layer):
    """Targets of an official `SpectralNorm(nn.Conv2d)`, from a `SpectralConv2D`."""
    height, width, channels, _ = layer.kernel.shape
    flat = (  # (channels * height * width) - (height * width * channels)
        lambda a: a.reshape(channels, height, width).transpose(1, 2, 0).reshape(-1),
        lambda a: a.reshape(height, width, channels).transpose(2, 0, 1).reshape(-1),
    )
    return {
        f"{name}.module.weight_bar": Target(layer.kernel, "conv"),
        f"{name}.module.bias": Target(layer.bias),
        f"{name}.module.weight_u": Target(layer.u),
        f"{name}.module.weight_v": Target(layer.v, flat),
    }


def linear(name, layer):
    """Targets of an official linear layer."""
    return conv(name, layer, "linear")


def batch_norm(name, layer):
    """Targets of an official BatchNorm1d or BatchNorm2d."""
    return {
        f"{name}.weight": Target(layer.gamma),
        f"{name}.bias": Target(layer.beta),
        f"{name}.running_mean": Target(layer.moving_mean),
        f"{name}.running_var": Target(layer.moving_variance),
    }


def prefixed(prefix, targets):
    """The same targets under `<prefix><name>`."""
    return {prefix + name: target for name, target in targets.items()}
