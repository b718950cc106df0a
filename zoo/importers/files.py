"""Reads official files as arrays by name, without executing code that they may contain.

The format of a file is detected from its content, not its extension. The names are normalized:
prefixes that distributed training or a wrapper added to a network's own names are removed.
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
# Prefixes of wrappers: DataParallel and torch.compile prefix each name, and files that hold more
# than the network prefix all names.
_WRAPPER = r"(?:module|_orig_mod)\."  # a layer may be called "module" further inside (DM-GAN)
_AROUND_NAMES = re.compile(rf"^{_WRAPPER}|^([^.]+\.){_WRAPPER}(?=[^.]+\.)")
_AROUND_ALL = ("state_dict.", "model_state_dict.", "model.")
# The continuation of names in networks whose own layers are called "model" (Pix2Pix, DRIT).
_OWN_MODEL = re.compile(r"model\.(\d+|model|down|up|submodule)\.")


def read_state_dict(path, limits=LIMITS):
    """The arrays of a checkpoint by official name.

    In a dict of state dicts, such as DCGAN's and DRIT's, the names are `<network>.<name>`. Entries
    without weights (optimizers, counters) are left out.

    Args:
        path: str. A PyTorch file (needs PyTorch; read with `weights_only=True`), .safetensors,
            .npz, or a Flax file (see `zoo.importers.flax_file`).
        limits: `zoo.importers.archives.Limits`.

    Returns:
        dict of str -> NumPy array.

    Raises:
        ZooError: the file is missing or unreadable, has an unknown format or no arrays, exceeds the
            limits, or PyTorch is not installed.
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
            f"Checkpoint {path} cannot be read; it is damaged: {reason(error)}. Expected {FORMS}."
        ) from error
    check_count(path, len(arrays), limits)
    arrays = without_wrappers(path, arrays)
    if not arrays:
        raise ZooError(f"Checkpoint {path} has no named arrays: it is not a state dict.")
    return arrays


def read_state_dicts(**files):
    """The arrays of several checkpoints: dict of keyword -> arrays; None is left out.

    Raises:
        ZooError: see `read_state_dict`.
    """
    return {name: read_state_dict(path) for name, path in files.items() if path is not None}


def _form(path, limits):
    """The format of a file, a key of `_READERS`, from its first bytes."""
    with open(path, "rb") as file:
        start = file.read(16)
    if start.startswith(b"PK"):
        names = [info.filename for info in entries(path, limits)]
        return "pytorch" if any(n.endswith("data.pkl") for n in names) else "npz"
    if start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "pytorch"  # the format before 1.6: a pickle
    if is_safetensors(start):
        return "safetensors"
    ending = os.path.splitext(path)[1].lower()
    if start.startswith(b"\x89HDF"):
        raise ZooError(
            f"Checkpoint {path} is HDF5, which no official code writes; expected {FORMS}. For "
            "weights of this package, load the directory of the preset with zoo.from_preset."
        )
    if ending == ".flax" and start:
        return "flax"
    if ending in ENDINGS:
        raise ZooError(
            f"Checkpoint {path} cannot be read: despite its extension, it is not {FORMS}."
        )
    raise ZooError(f"Checkpoint {path} has an unknown format; expected {FORMS}.")


def _read_pytorch(path, limits):
    try:
        import torch
    except ImportError as error:
        raise ZooError(
            f"Reading {path} needs PyTorch: pip install torch. Or save its arrays elsewhere with "
            "numpy.savez(path, **{name: tensor.numpy() for name, tensor in state_dict.items()}); "
            "name the arrays of a dict of state dicts `<network>.<name>`."
        ) from error
    import pickle

    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ZooError(
            f"Checkpoint {path} is refused: it has Python objects besides arrays, which may run "
            "code, or it is damaged. If you trust it, save only its arrays: "
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
    """The tensors of a (nested) state dict as arrays, with names joined by dots.

    Raises:
        ValueError: more entries, or deeper nesting of dicts, than the limits allow.
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
    """A tensor as an array; bfloat16, which NumPy lacks, becomes float32 exactly."""
    tensor = tensor.detach()
    if str(getattr(tensor, "dtype", "")) == "torch.bfloat16":
        tensor = tensor.float()
    return tensor.numpy()


def without_wrappers(path, arrays):
    """The arrays under the names of the official code.

    Removes `module.` of DataParallel and `_orig_mod.` of torch.compile, at the start of a name or
    after the network's name, and `state_dict.`, `model_state_dict.` or `model.` at the start of all
    names. Counters, which are single integers, are left out.

    Raises:
        ZooError: two arrays would have the same name.
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
                "without the prefixes of DataParallel."
            )
        result[own] = array
    return result


def _is_counter(array):
    return np.ndim(array) == 0 and getattr(array, "dtype", np.dtype(object)).kind in "iub"


def part(arrays, *networks):
    """The arrays of some of a checkpoint's networks, with their full names."""
    return {n: array for n, array in arrays.items() if n.split(".", 1)[0] in networks}


def network(arrays, name):
    """The arrays of one of a checkpoint's networks, by the network's own names."""
    return {n.removeprefix(f"{name}."): array for n, array in part(arrays, name).items()}
