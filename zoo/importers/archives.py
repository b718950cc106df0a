"""What a checkpoint that is a zip file (.npz, PyTorch's since 1.6) may unpack to.

Both kinds hold arrays of numbers, which do not get much smaller by compression: what unpacks to a
multiple of its own size is no checkpoint, and is refused before anything is unpacked.
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
        file_bytes: int. The file itself.
        arrays: int. Arrays (and other entries) in it.
        ratio: int. Bytes that it unpacks to for each byte of the file, where that is more than
            `ratio_from`.
        ratio_from: int. Bytes that any file may unpack to.
        depth: int. Dicts inside each other.
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
            f"Checkpoint {path} is refused: it has {status.st_size / 1e9:.1f} GB, and may have "
            f"{limits.file_bytes / 1e9:.1f} GB."
        )
    return status.st_size


def allowed_bytes(size, limits=LIMITS):
    """What the arrays of a file of `size` bytes may take in memory together."""
    return max(limits.ratio_from, limits.ratio * size)


def entries(path, limits=LIMITS):
    """The entries of a zip file, checked against the limits: list of `zipfile.ZipInfo`.

    Raises:
        ZooError: no zip file, too many entries, or entries that unpack to too much.
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
            f"Checkpoint {path} is refused: its {size} bytes would unpack to {total}, which no "
            "arrays of weights do."
        )
    return infos


def check_count(path, count, limits=LIMITS):
    """Raises `ZooError` for more arrays than a checkpoint may hold."""
    if count > limits.arrays:
        raise ZooError(
            f"Checkpoint {path} is refused: it holds more than {limits.arrays} arrays."
        )


def read_npz(path, limits=LIMITS):
    """The arrays of a .npz file by name; each is as large as its entry says, or refused."""
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
