"""Weights as HDF5 files with contiguous storage, read strictly.

A file holds its numbers uncompressed and unchunked, so reading it never takes more memory than it
has bytes. A file that declares more than it holds is refused before anything is read.
"""

import contextlib
import io
import os
import stat

import numpy as np

from zoo.checks import check_finite
from zoo.errors import ZooError, reason
from zoo.storage.files import write_bytes_atomically

_KINDS = {"f": "float", "i": "integer", "u": "unsigned integer", "b": "bool"}
_SHOWN = 5  # names listed in an error message
REMEDY = "Use a file of a model with the same networks, sizes and vocabulary."
_MAX_ENTRIES = 100_000  # weights and groups of a file
_MAX_DEPTH = 32  # levels of nested groups


def save_variables(path, variables, half=False, notes=None):
    """Writes named variables into one HDF5 file, atomically.

    Args:
        path: str. The file to write; its folder must exist.
        variables: dict of name to `keras.Variable`, `tf.Variable` or `np.ndarray`. A name may
            contain "/" (HDF5 groups) and must not be the group of another one.
        half: bool. Store float32 as float16: half the size, 3 significant digits. A variable with
            values beyond float16's range stays float32.
        notes: dict of str to str, stored with the variables for `read_notes`.

    Raises:
        ZooError: a name that HDF5 cannot hold, a value that is not a number, or a file that cannot
            be written (the previous file is then unchanged).
    """
    import h5py

    _check_names(variables)
    # Built in memory: HDF5 crashes the process if the disk fills up while it writes.
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest") as file:
        for name, variable in variables.items():
            file.create_dataset(name, data=_stored(name, variable, half))
        file.attrs.update(notes or {})
    write_bytes_atomically(path, image.getbuffer())


def load_variables(path, variables, remedy=REMEDY):
    """Assigns the weights that `save_variables` wrote to `variables`: all of them, or none.

    Args:
        path: str. The HDF5 file.
        variables: dict of name to `keras.Variable`, `tf.Variable` or `np.ndarray` (filled in
            place). A float variable accepts stored float16, float32 or float64; other types must
            be equal.
        remedy: str, what to do if the names, shapes or types differ, the end of the message.

    Raises:
        ZooError: the file is not readable HDF5, contains links, external storage or compression,
            its names, shapes or types differ, or it has NaN or infinity. Nothing is then assigned.
    """
    with _open(path) as file:
        datasets = _datasets(path, file)
        problems = _differences(datasets, variables)
        if problems:
            shown = "; ".join(problems[:_SHOWN])
            more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
            raise ZooError(
                f"{path} does not hold the expected weights: {shown}{more}. {remedy}"
            )
        values = {name: _read(path, name, datasets[name]) for name in variables}
    check_finite(str(path), values)
    values = {name: _cast(path, name, values[name], _dtype(v)) for name, v in variables.items()}
    for name, variable in variables.items():
        if isinstance(variable, np.ndarray):
            variable[...] = values[name]
        else:
            variable.assign(values[name])


def read_variables(path):
    """Dict of stored name to array. Raises `ZooError` as `load_variables` does."""
    with _open(path) as file:
        values = {n: _read(path, n, data) for n, data in _datasets(path, file).items()}
    check_finite(str(path), values)
    return values


def read_names(path):
    """Sorted names stored in a weights file. Raises `ZooError` as `load_variables` does."""
    with _open(path) as file:
        return sorted(_datasets(path, file))


def read_notes(path):
    """The `notes` of a weights file, {} if it has none. Raises `ZooError` if unreadable."""
    with _open(path) as file:
        try:
            return dict(file.attrs)
        except Exception as error:  # a damaged file can fail in any way
            raise ZooError(f"{path} is damaged: {reason(error)}.") from error


def read_shapes(path):
    """Dict of stored name to shape (tuple of int). Raises `ZooError` as `load_variables` does."""
    with _open(path) as file:
        return {name: tuple(data.shape) for name, data in _datasets(path, file).items()}


def _check_names(names):
    names = set(names)
    for name in names:
        parts = name.split("/")
        if not all(parts) or "." in parts or ".." in parts:
            raise ZooError(f'A weight cannot be stored under the name "{name}".')
        for end in range(1, len(parts)):
            folder = "/".join(parts[:end])
            if folder in names:
                raise ZooError(f'Weights "{folder}" and "{name}" cannot be stored in one file.')


def _stored(name, variable, half):
    value = np.asarray(variable)
    if value.dtype.name == "bfloat16":  # HDF5 has no such type; float32 holds it exactly
        value = value.astype("float32")
    if value.dtype.kind not in _KINDS:
        raise ZooError(f'Weight "{name}" has type {value.dtype}; only numbers can be stored.')
    if half and value.dtype == "float32":
        fits = not value.size or np.abs(value).max() <= np.finfo("float16").max
        return value.astype("float16") if fits else value
    return value


def _dtype(variable):
    dtype = variable.dtype
    name = dtype if isinstance(dtype, str) else dtype.name
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


@contextlib.contextmanager
def _open(path):
    import h5py

    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ZooError(f"{path} is not a weights file: it is not a regular file.")
        file = h5py.File(path, "r")
    except FileNotFoundError as error:
        raise ZooError(f"There is no weights file {path}.") from error
    except ZooError:
        raise
    except Exception as error:  # HDF5 raises many kinds for damaged files
        why = reason(error).split("(", 1)[-1].rstrip(")")
        raise ZooError(f"{path} is not a readable HDF5 weights file: {why}.") from error
    with file:
        yield file


def _datasets(path, file):
    """dict of name to dataset, following hard links only. Refuses references to other files, and
    content that would take more memory than the file has bytes."""
    try:
        datasets = _walk(path, file)
        total = sum(_contiguous_bytes(path, name, item) for name, item in datasets.items())
    except ZooError:
        raise
    except Exception as error:  # a damaged file can fail in any way
        raise ZooError(f"{path} is damaged: {reason(error)}.") from error
    if total > (size := os.path.getsize(path)):
        raise ZooError(
            f"{path} is refused: it declares {total} bytes of weights, but the file has {size}."
        )
    return datasets


def _walk(path, file):
    import h5py

    datasets, pending, seen, entries = {}, [("", file)], set(), 0
    while pending:
        prefix, group = pending.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address in seen:
            raise ZooError(f'{path} is refused: group "{prefix}" is linked twice.')
        seen.add(address)
        for key in group:
            name, entries = f"{prefix}{key}", entries + 1
            if entries > _MAX_ENTRIES or name.count("/") > _MAX_DEPTH:
                raise ZooError(
                    f"{path} is refused: it has more than {_MAX_ENTRIES} entries, or groups deeper "
                    f"than {_MAX_DEPTH} levels."
                )
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise ZooError(f'{path} is refused: "{name}" is a link, not a weight.')
            item = group[key]
            if isinstance(item, h5py.Group):
                pending.append((f"{name}/", item))
            elif not isinstance(item, h5py.Dataset):
                raise ZooError(f'{path} is refused: "{name}" is not a weight.')
            else:
                datasets[name] = item
    return datasets


def _contiguous_bytes(path, name, dataset):
    """The bytes of a weight in contiguous storage; `ZooError` for any other layout."""
    from h5py import h5d

    plist = dataset.id.get_create_plist()
    layout = plist.get_layout()
    if layout == h5d.VIRTUAL or plist.get_external_count():
        raise ZooError(f'{path} is refused: "{name}" reads data from other files.')
    if layout == h5d.CHUNKED or plist.get_nfilters():
        raise ZooError(
            f'{path} is refused: "{name}" is compressed or chunked, but weights are stored '
            "contiguously: save them with save_to_preset, or copy them with h5repack -f NONE "
            "-l CONTI."
        )
    if dataset.shape is None:
        return 0
    declared = dataset.size * dataset.id.get_type().get_size()
    if declared > dataset.id.get_storage_size():
        raise ZooError(
            f'{path} is refused: "{name}" declares {declared} bytes, but holds '
            f"{dataset.id.get_storage_size()}."
        )
    return declared


def _differences(datasets, variables):
    problems = [f'"{name}" is missing' for name in variables if name not in datasets]
    problems += [f'"{name}" is not expected' for name in sorted(datasets) if name not in variables]
    for name, variable in variables.items():
        if name not in datasets:
            continue
        stored, shape = datasets[name], tuple(variable.shape)
        dtype = _dtype(variable)
        kind = "f" if dtype.name == "bfloat16" else dtype.kind
        if stored.shape is None or tuple(stored.shape) != shape:
            problems.append(f'"{name}" has shape {stored.shape}, expected {shape}')
        elif stored.dtype.kind != kind or (kind != "f" and stored.dtype != dtype):
            problems.append(f'"{name}" has type {stored.dtype}, expected {dtype.name}')
    return problems


def _read(path, name, dataset):
    try:
        return np.asarray(dataset[()])
    except Exception as error:  # a damaged file can fail in any way
        raise ZooError(f'{path} is damaged at "{name}": {reason(error)}.') from error


def _cast(path, name, value, dtype):
    with np.errstate(over="ignore"):
        cast = value.astype(dtype, copy=False)
    if cast.dtype.itemsize < value.dtype.itemsize and not np.isfinite(cast).all():
        raise ZooError(f'{path}: "{name}" holds numbers that are too large for {dtype.name}.')
    return cast
