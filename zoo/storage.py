"""Files that are either wholly there or not there: weights as HDF5, JSON, bytes, hashes.

Every write goes to a temporary file beside its target, is forced to the disk, and only then takes
the target's name. A crash or a full disk leaves the previous file as it was. One writer a path: two
processes that save the same path at the same time are not supported.

Every read of weights is strict: all names, shapes and kinds are checked, and nothing is assigned
before everything was read.
"""

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil

import numpy as np

from zoo.errors import ZooError

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_KINDS = {"f": "float", "i": "integer", "u": "unsigned integer", "b": "bool"}
_SHOWN = 5  # names that an error message lists


def save_variables(path, variables, half=False, notes=None):
    """Writes named variables into one HDF5 file, atomically.

    Args:
        path: str. The file to write; its folder must exist.
        variables: dict of name to `keras.Variable`, `tf.Variable` or `np.ndarray`. A name may
            contain "/" (HDF5 groups) and must not be a prefix folder of another one.
        half: bool. Store float32 as float16: half the size, 3 significant digits. A variable with
            values beyond float16's range stays float32.
        notes: dict of str to str, kept beside the variables for `read_notes`.

    Raises:
        ZooError: a name that HDF5 cannot hold, a value that is not a number, or a file that cannot
            be written (the previous file is then untouched).
    """
    import h5py

    _check_names(variables)
    # Built in memory: HDF5 itself crashes the process when a disk fills up under it.
    image = io.BytesIO()
    with h5py.File(image, "w", libver="latest") as file:
        for name, variable in variables.items():
            file.create_dataset(name, data=_stored(name, variable, half))
        file.attrs.update(notes or {})
    write_bytes_atomically(path, image.getbuffer())


def load_variables(path, variables):
    """Assigns to `variables` what `save_variables` wrote: all of them, or none.

    Args:
        path: str. The HDF5 file.
        variables: dict of name to `keras.Variable`, `tf.Variable` or `np.ndarray` (filled in
            place). A float variable takes stored float16, float32 or float64; other types must be
            equal.

    Raises:
        ZooError: not a readable HDF5 file, links or external storage inside, or names, shapes or
            types that differ. Nothing was assigned then.
    """
    with _open(path) as file:
        datasets = _datasets(path, file)
        problems = _differences(datasets, variables)
        if problems:
            shown = "; ".join(problems[:_SHOWN])
            more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
            raise ZooError(
                f"{path} does not hold the expected weights: {shown}{more}. "
                "Use the file that was saved from a model with the same settings."
            )
        values = {name: _read(path, name, datasets[name]) for name in variables}
    for name, variable in variables.items():
        value = values[name].astype(_dtype(variable), copy=False)
        if isinstance(variable, np.ndarray):
            variable[...] = value
        else:
            variable.assign(value)


def read_names(path):
    """The names stored in a weights file, sorted. Raises `ZooError` as `load_variables` does."""
    with _open(path) as file:
        return sorted(_datasets(path, file))


def read_notes(path):
    """The `notes` of a weights file, {} where none were kept. Raises `ZooError` if unreadable."""
    with _open(path) as file:
        return dict(file.attrs)


def read_shapes(path):
    """Dict of stored name to shape (tuple of int). Raises `ZooError` as `load_variables` does."""
    with _open(path) as file:
        return {name: tuple(data.shape) for name, data in _datasets(path, file).items()}


def write_json(path, value):
    """Writes a JSON file atomically (indented, UTF-8, numpy numbers and arrays allowed).

    Raises:
        ZooError: a value that JSON has no form for, or a file that cannot be written.
    """
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise ZooError(f"Cannot write {path}: {error}. Use numbers, strings and lists.") from None
    write_bytes_atomically(path, (text + "\n").encode("utf-8"))


def read_json(path):
    """The value in a JSON file. Raises `ZooError` (with the line) when missing or not JSON."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise ZooError(f"Cannot read {path}: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        raise ZooError(f"{path} line {error.lineno} is not JSON: {error.msg}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise ZooError(f"{path} is not a JSON text file in UTF-8.") from None


def write_bytes_atomically(path, data):
    """Writes `data` (bytes-like) to `path`: temporary file, flush to disk, rename.

    Raises:
        ZooError: the disk is full or the file cannot be written. The temporary file is removed and
            the previous file is untouched.
    """
    path = os.fspath(path)
    folder = os.path.dirname(os.path.abspath(path))
    temporary = _beside(os.path.abspath(path), "partial")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(folder)
    except OSError as error:
        raise write_error(path, error, len(data)) from None
    finally:
        with contextlib.suppress(OSError):
            os.remove(temporary)


@contextlib.contextmanager
def atomic_folder(path):
    """Fills a folder that is there wholly or not at all: yields a temporary folder to write into.

    Leaving the block without an exception puts the temporary folder in the place of `path`; a
    folder that was there before is removed after that. An exception removes the temporary folder
    and leaves `path` as it was. After a crash between the two renames `recover_folder` brings the
    old one back.

    Raises:
        ZooError: the disk is full or the folder cannot be written.
    """
    path = os.path.realpath(path)
    recover_folder(path)
    temporary, previous = _beside(path, "partial"), _beside(path, "previous")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        os.makedirs(temporary)
        yield temporary
        if os.path.lexists(path):
            os.rename(path, previous)
        os.rename(temporary, path)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        recover_folder(path)
        raise write_error(path, error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    shutil.rmtree(previous, ignore_errors=True)


def recover_folder(path):
    """Brings back what `atomic_folder` had put aside when the machine stopped in the middle."""
    path = os.path.realpath(path)
    previous = _beside(path, "previous")
    if not os.path.isdir(previous):
        return
    if os.path.lexists(path):
        shutil.rmtree(previous, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.rename(previous, path)


def write_error(path, error, size=None):
    """The `ZooError` for an `OSError` met while writing `path` (`size` bytes)."""
    if error.errno in _FULL:
        need = "" if size is None else f" for {size / 1e6:.1f} MB"
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free
            need += f" ({free / 1e6:.1f} MB free on the disk)"
        return ZooError(
            f"Could not write {path}: no space left{need}. What was there before is untouched. "
            "Free some space or choose another folder."
        )
    return ZooError(
        f"Could not write {path}: {error.strerror or error}. What was there before is untouched."
    )


def sync_folder(folder):
    """Forces a folder's entries (a rename) to the disk, where the system can do so."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256(path):
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _beside(path, suffix):
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{suffix}")


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
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise ZooError(f"There is no weights file {path}.") from None
    except OSError as error:
        reason = str(error).split("(", 1)[-1].rstrip(")")
        raise ZooError(f"{path} is not a readable HDF5 weights file: {reason}.") from None
    with file:
        yield file


def _datasets(path, file):
    """Name to dataset, walking hard links only; refuses whatever reaches outside the file."""
    import h5py

    found, pending, seen = {}, [("", file)], set()
    try:
        while pending:
            prefix, group = pending.pop()
            address = h5py.h5o.get_info(group.id).addr
            if address in seen:
                raise ZooError(f'{path} is refused: group "{prefix}" is linked twice.')
            seen.add(address)
            for key in group:
                name = f"{prefix}{key}"
                if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                    raise ZooError(f'{path} is refused: "{name}" is a link, not a weight.')
                item = group[key]
                if isinstance(item, h5py.Group):
                    pending.append((f"{name}/", item))
                elif not isinstance(item, h5py.Dataset):
                    raise ZooError(f'{path} is refused: "{name}" is not a weight.')
                elif item.external or item.is_virtual:
                    raise ZooError(f'{path} is refused: "{name}" reads data from other files.')
                else:
                    found[name] = item
    except (OSError, RuntimeError, KeyError) as error:
        raise ZooError(f"{path} is damaged: {error}.") from None
    return found


def _differences(datasets, variables):
    problems = [f'"{name}" is missing' for name in variables if name not in datasets]
    problems += [f'"{name}" is not expected' for name in sorted(datasets) if name not in variables]
    for name, variable in variables.items():
        if name not in datasets:
            continue
        stored, wanted = datasets[name], tuple(variable.shape)
        dtype = _dtype(variable)
        wanted_kind = "f" if dtype.name == "bfloat16" else dtype.kind
        if stored.shape is None or tuple(stored.shape) != wanted:
            problems.append(f'"{name}" has shape {stored.shape}, expected {wanted}')
        elif stored.dtype.kind != wanted_kind or (wanted_kind != "f" and stored.dtype != dtype):
            problems.append(f'"{name}" has type {stored.dtype}, expected {dtype.name}')
    return problems


def _read(path, name, dataset):
    try:
        return np.asarray(dataset[()])
    except (OSError, RuntimeError) as error:
        raise ZooError(f'{path} is damaged at "{name}": {error}.') from None


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{value!r} of type {type(value).__name__} is not JSON")
