"""Official files as arrays by name, without running what they may contain."""

import os
from collections.abc import Mapping

import numpy as np

from zoo.errors import ZooError
from zoo.importers.flax_file import read_flax

FORMS = "a PyTorch file (.pth, .pt, .ckpt), a Flax checkpoint (.flax), or its arrays as .npz"
PYTORCH = (".pth", ".pt", ".ckpt")
FLAX = ".flax"
REPLICATED = "module."  # starts the names of a network that was trained on several devices


def read_state_dict(path):
    """The arrays of a checkpoint by official name.

    Of a dict of state dicts, such as DCGAN's and DRIT's, the names are `<network>.<name>`; what
    holds no weights (optimizers, counters) is left out.

    Args:
        path: str. `.npz`; `.pth`, `.pt`, `.ckpt` (need PyTorch; read with `weights_only=True`);
            or `.flax` (see `zoo.importers.flax_file`).

    Returns:
        dict of str -> NumPy array.

    Raises:
        ZooError: a missing or unreadable file, an unknown form, no arrays in it, or PyTorch is not
            installed.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise ZooError(f"Checkpoint {path} does not exist; expected {FORMS}.")
    extension = os.path.splitext(path)[1]
    if extension not in (".npz", FLAX, *PYTORCH):
        raise ZooError(f"Checkpoint {path} has an unknown form; expected {FORMS}.")
    try:
        if extension == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                arrays = {name.removeprefix(REPLICATED): arrays[name] for name in arrays.files}
        elif extension == FLAX:
            arrays = read_flax(path)
        else:
            arrays = flat(_read_pytorch(path))
    except ZooError:
        raise
    except Exception as error:  # a broken file can fail in any way
        raise ZooError(f"Checkpoint {path} cannot be read as {FORMS}: {error}") from None
    if not arrays:
        raise ZooError(f"Checkpoint {path} holds no arrays by name: it is no state dict.")
    return arrays


def _read_pytorch(path):
    try:
        import torch
    except ImportError:
        raise ZooError(
            f"Reading {path} needs PyTorch: pip install torch. Or save its arrays elsewhere with "
            "numpy.savez(path, **{name: tensor.numpy() for name, tensor in state_dict.items()}); "
            "of a dict of state dicts under `<network>.<name>`."
        ) from None
    return torch.load(path, map_location="cpu", weights_only=True)


def flat(checkpoint, prefix=""):
    """The tensors of a (nested) state dict as arrays, under their names joined by dots."""
    arrays = {}
    for name, value in checkpoint.items() if isinstance(checkpoint, Mapping) else ():
        name = prefix + str(name).removeprefix(REPLICATED)
        if isinstance(value, Mapping) and "param_groups" not in value:  # those are an optimizer's
            arrays |= flat(value, f"{name}.")
        elif hasattr(value, "detach"):
            arrays[name] = value.detach().numpy()
    return arrays


def part(arrays, *networks):
    """The arrays of some networks of a checkpoint that holds several, with their full names."""
    return {n: array for n, array in arrays.items() if n.split(".", 1)[0] in networks}


def network(arrays, name):
    """The arrays of one network of a checkpoint that holds several, by the network's own names."""
    return {n.removeprefix(f"{name}."): array for n, array in part(arrays, name).items()}
