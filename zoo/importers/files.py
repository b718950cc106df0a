"""Official files as arrays by name, without running what they may contain.

Which form a file has is told by its content, so an ending may be written in any way. The names are
brought into one form whatever the file: what training on several devices or a program put around a
network's own names is taken off.
"""

import os
import re
from collections.abc import Mapping

import numpy as np

from zoo.errors import ZooError, reason
from zoo.importers.archives import (
    LIMITS,
    allowed_bytes,
    check_count,
    check_file,
    entries,
    read_npz,
)
from zoo.importers.flax_file import read_flax
from zoo.importers.safetensors_file import is_safetensors, read_safetensors

FORMS = (
    "a PyTorch file (.pth, .pt, .ckpt, .bin), .safetensors, a Flax checkpoint (.flax), or its "
    "arrays as .npz"
)
ENDINGS = (".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".flax", ".npz")
# What a program wraps around a network: DataParallel and torch.compile each name, and those who
# keep more than the network in one file the whole.
_WRAPPER = r"(?:module|_orig_mod)\."  # a layer may be called "module" further inside (DM-GAN)
_AROUND_NAMES = re.compile(rf"^{_WRAPPER}|^([^.]+\.){_WRAPPER}(?=[^.]+\.)")
_AROUND_ALL = ("state_dict.", "model_state_dict.", "model.")
# A network that itself calls its layers "model" goes on with these (Pix2Pix, DRIT).
_OWN_MODEL = re.compile(r"model\.(\d+|model|down|up|submodule)\.")


def read_state_dict(path, limits=LIMITS):
    """The arrays of a checkpoint by official name.

    Of a dict of state dicts, such as DCGAN's and DRIT's, the names are `<network>.<name>`; what
    holds no weights (optimizers, counters) is left out.

    Args:
        path: str. A file of PyTorch (needs it; read with `weights_only=True`), .safetensors, .npz,
            or of Flax (see `zoo.importers.flax_file`).
        limits: `zoo.importers.archives.Limits`.

    Returns:
        dict of str -> NumPy array.

    Raises:
        ZooError: a missing or unreadable file, an unknown form, no arrays in it, more than the
            limits allow, or PyTorch is not installed.
    """
    path = os.fspath(path)
    if not os.path.exists(path):
        raise ZooError(f"Checkpoint {path} does not exist; expected {FORMS}.")
    check_file(path, limits)
    try:
        arrays = _READERS[_form(path, limits)](path, limits)
    except ZooError:
        raise
    except Exception as error:  # a broken file can fail in any way
        raise ZooError(
            f"Checkpoint {path} cannot be read, it is damaged: {reason(error)}. Expected {FORMS}."
        ) from error
    check_count(path, len(arrays), limits)
    arrays = without_wrappers(path, arrays)
    if not arrays:
        raise ZooError(f"Checkpoint {path} holds no arrays by name: it is no state dict.")
    return arrays


def read_state_dicts(**files):
    """The arrays of several checkpoints: dict of keyword -> arrays, without those that are None.

    Raises:
        ZooError: see `read_state_dict`.
    """
    return {name: read_state_dict(path) for name, path in files.items() if path is not None}


def _form(path, limits):
    """A key of `_READERS`, by how a file starts."""
    with open(path, "rb") as file:
        start = file.read(16)
    if start.startswith(b"PK"):
        names = [info.filename for info in entries(path, limits)]
        return "pytorch" if any(n.endswith("data.pkl") for n in names) else "npz"
    if start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "pytorch"  # the form before 1.6: a pickle
    if is_safetensors(start):
        return "safetensors"
    ending = os.path.splitext(path)[1].lower()
    if start.startswith(b"\x89HDF"):
        raise ZooError(
            f"Checkpoint {path} is HDF5, which no official code writes; expected {FORMS}. Weights "
            "of this package are a preset: zoo.from_preset reads its directory."
        )
    if ending == ".flax" and start:
        return "flax"
    if ending in ENDINGS:
        raise ZooError(f"Checkpoint {path} cannot be read as {FORMS}: it is none of these.")
    raise ZooError(f"Checkpoint {path} has an unknown form; expected {FORMS}.")


def _read_pytorch(path, limits):
    try:
        import torch
    except ImportError as error:
        raise ZooError(
            f"Reading {path} needs PyTorch: pip install torch. Or save its arrays elsewhere with "
            "numpy.savez(path, **{name: tensor.numpy() for name, tensor in state_dict.items()}); "
            "of a dict of state dicts under `<network>.<name>`."
        ) from error
    import pickle

    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ZooError(
            f"Checkpoint {path} is refused: it holds Python objects beside arrays, which may run "
            "code, or it is damaged. Save the arrays alone where you trust it: "
            "torch.save(model.state_dict(), path)."
        ) from error
    arrays = flat(checkpoint, limits=limits)
    total = sum(array.nbytes for array in arrays.values())
    if total > allowed_bytes(os.path.getsize(path), limits):
        raise ZooError(
            f"Checkpoint {path} is refused: its arrays would take {total} bytes, but the file has "
            f"{os.path.getsize(path)}."
        )
    return arrays


_READERS = {
    "pytorch": _read_pytorch,
    "npz": read_npz,
    "safetensors": lambda path, limits: read_safetensors(path),
    "flax": lambda path, limits: read_flax(path),
}


def flat(checkpoint, limits=LIMITS):
    """The tensors of a (nested) state dict as arrays, under their names joined by dots.

    Raises:
        ValueError: more entries, or dicts deeper inside each other, than the limits allow.
    """
    arrays, seen = {}, 0

    def collect(value, prefix, depth):
        nonlocal seen
        if depth > limits.depth:
            raise ValueError(f"it has dicts deeper than {limits.depth} levels")
        for name, item in value.items():
            seen += 1
            if seen > limits.arrays:
                raise ValueError(f"it holds more than {limits.arrays} entries")
            if isinstance(item, Mapping):
                if "param_groups" not in item:  # those are an optimizer's
                    collect(item, f"{prefix}{name}.", depth + 1)
            elif hasattr(item, "detach"):
                arrays[f"{prefix}{name}"] = _array(item)

    if isinstance(checkpoint, Mapping):
        collect(checkpoint, "", 1)
    return arrays


def _array(tensor):
    """A tensor's numbers; NumPy has no bfloat16, which float32 holds exactly."""
    tensor = tensor.detach()
    if str(getattr(tensor, "dtype", "")) == "torch.bfloat16":
        tensor = tensor.float()
    return tensor.numpy()


def without_wrappers(path, arrays):
    """The arrays under the names of the official code.

    `module.` of DataParallel and `_orig_mod.` of torch.compile, before a whole name or behind the
    network's name, and `state_dict.`, `model_state_dict.` or `model.` around all names are taken
    off. Counters, which are single integers, are left out.

    Raises:
        ZooError: two arrays would get the same name.
    """
    arrays = {name: a for name, a in arrays.items() if not _is_counter(a)}
    for around in _AROUND_ALL:
        if arrays and all(name.startswith(around) for name in arrays):
            if around == "model." and any(_OWN_MODEL.match(name) for name in arrays):
                continue
            arrays = {name.removeprefix(around): a for name, a in arrays.items()}
    result = {}
    for name, array in arrays.items():
        own = name
        while (stripped := _AROUND_NAMES.sub(lambda m: m[1] or "", own)) != own:
            own = stripped
        if own in result:
            raise ZooError(
                f'Checkpoint {path} is refused: "{name}" and another array are both "{own}" '
                "without what DataParallel puts before names."
            )
        result[own] = array
    return result


def _is_counter(array):
    return np.ndim(array) == 0 and getattr(array, "dtype", np.dtype(object)).kind in "iub"


def part(arrays, *networks):
    """The arrays of some networks of a checkpoint that holds several, with their full names."""
    return {n: array for n, array in arrays.items() if n.split(".", 1)[0] in networks}


def network(arrays, name):
    """The arrays of one network of a checkpoint that holds several, by the network's own names."""
    return {n.removeprefix(f"{name}."): array for n, array in part(arrays, name).items()}
