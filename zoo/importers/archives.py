"""Limits on checkpoints that are zip files (.npz, and PyTorch's since 1.6).

Both formats hold arrays of numbers, which do not compress well: a file that unpacks to a multiple
of its own size is not a checkpoint, and is refused before anything is unpacked.
"""

import dataclasses
import os
import stat
import zipfile

import numpy as np

from zoo.errors import ZooError, reason


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds on a checkpoint from outside.

    Args:
        file_bytes: int. Size of the file itself.
        arrays: int. Number of arrays and other entries.
        ratio: int. Unpacked bytes per byte of the file, if these are more than `ratio_from`.
        ratio_from: int. Bytes that any file may unpack to.
        depth: int. Levels of nested dicts.
    """

    file_bytes: int = 2**35
    arrays: int = 100_000
    ratio: int = 20
    ratio_from: int = 2**26
    depth: int = 16


LIMITS = Limits()


def check_file(path, limits=LIMITS):
    """The size of a file in bytes; `ZooError` unless it is a regular one within the limits."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise ZooError(f"Checkpoint {path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(status.st_mode):
        raise ZooError(f"Checkpoint {path} is not a regular file.")
    if status.st_size > limits.file_bytes:
        raise ZooError(
            f"Checkpoint {path} is refused: it has {status.st_size / 1e9:.1f} GB, but the limit is "
            f"{limits.file_bytes / 1e9:.1f} GB."
        )
    return status.st_size


def allowed_bytes(size, limits=LIMITS):
    """The total memory that the arrays of a file of `size` bytes may take."""
    return max(limits.ratio_from, limits.ratio * size)


def entries(path, limits=LIMITS):
    """The entries of a zip file, checked against the limits: list of `zipfile.ZipInfo`.

    Raises:
        ZooError: not a zip file, too many entries, or entries that unpack to too many bytes.
    """
    size = check_file(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except Exception as error:  # a damaged file can fail in any way
        raise ZooError(
            f"Checkpoint {path} cannot be read: it is a damaged zip file ({reason(error)})."
        ) from error
    check_count(path, len(infos), limits)
    total = sum(info.file_size for info in infos)
    if total > allowed_bytes(size, limits):
        raise ZooError(
            f"Checkpoint {path} is refused: its {size} bytes would unpack to {total}, far more "
            "than arrays of weights do."
        )
    return infos


def check_count(path, count, limits=LIMITS):
    """Raises `ZooError` for more arrays than a checkpoint may hold."""
    if count > limits.arrays:
        raise ZooError(
            f"Checkpoint {path} is refused: it holds more than {limits.arrays} arrays."
        )


def read_npz(path, limits=LIMITS):
    """The arrays of a .npz file by name; an array that declares another size is refused."""
    infos = entries(path, limits)
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for info in infos:
            name = info.filename.removesuffix(".npy")
            if name in arrays:
                raise ZooError(f'Checkpoint {path} is refused: it holds "{name}" twice.')
            with archive.open(info) as file:
                _check_header(path, name, file, info.file_size)
            with archive.open(info) as file:
                arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    return arrays


def _check_header(path, name, file, size):
    """Raises `ZooError` if an array declares another size than its entry has."""
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
        version, np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read(file)
    declared = dtype.itemsize
    for length in shape:
        declared *= length
    if not dtype.hasobject and declared != size - file.tell():
        raise ZooError(
            f'Checkpoint {path} is refused: "{name}" declares {declared} bytes, but has '
            f"{size - file.tell()}."
        )
