"""Disk cache of generated images and features.

A file is named by a hash of everything that its content depends on (weights, conditions, seeds;
images, network), so entries never become stale and a folder may be shared. Writes are atomic.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np

from zoo import storage
from zoo.errors import ZooError
from zoo.training.progress import Progress


class Cache:
    """A cache of arrays in a folder.

    Args:
        folder: path, created when the first array is written; None for a temporary one, which is
            removed with this object.
        show: bool. Whether to show a progress line.

    Raises:
        ZooError: if the folder is no path.
    """

    def __init__(self, folder=None, show=True):
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="zoo-evaluation-")
            folder = self._temporary.name
        if not isinstance(folder, str | os.PathLike):
            raise ZooError(f"`cache` must be the path of a folder or None, got {folder!r}.")
        self.folder, self.show = Path(folder), show

    def rows(self, name, parts, count, batches, what, images=1):
        """An array (count, ...) in a file, which is computed in batches of rows unless it exists.

        A file that is damaged, such as one that was copied in part, is computed again.

        Args:
            name: str, beginning of the file name.
            parts: everything that the content depends on.
            count: int, number of rows.
            batches: function () -> batches of rows, arrays of one type, in order.
            what: str, for the progress line.
            images: int, images per row, for the progress line.

        Returns:
            read-only `numpy.memmap`.

        Raises:
            ZooError: if the disk is full, the folder cannot be written, or the file cannot be read.
        """
        key = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
        path = self.folder / f"{name}-{key}.npy"
        array = _read(path, count)
        if array is None:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise storage.write_error(path, error) from None
            self._write(path, count, batches, what, images)
            array = _read(path, count)
        return array

    def _write(self, path, count, batches, what, images):
        progress, dtype, start = None, None, 0
        try:
            with (storage.atomic_file(path, suffix=f"{os.getpid()}.partial") as temporary,
                  open(temporary, "wb") as file):
                for batch in batches():
                    batch = np.asarray(batch, dtype)
                    if dtype is None:
                        dtype = batch.dtype
                        _write_header(file, dtype, (count, *batch.shape[1:]))
                        progress = Progress(
                            -(-count // len(batch)), batch_size=len(batch) * images
                        )
                    file.write(batch.tobytes())  # a memmap would be killed by a full disk
                    start += len(batch)
                    progress.advance()
                    if self.show:
                        progress.show({what: start})
                if start != count:
                    raise ZooError(f"{what}: got {start} rows, expected {count}.")
        finally:
            if progress is not None:
                progress.clear()

    def features(self, images, network):
        """The outputs of a network for an `ImageSet`: dict of float32 arrays in a file.

        The network does not run if the file exists.

        Raises:
            ZooError: if values are not finite.
        """

        def batches():  # all outputs of an image in one row: one pass, one file
            for batch in images.batches():
                outputs = network(batch)
                dtype = [(name, np.float32, outputs[name].shape[1:]) for name in sorted(outputs)]
                rows = np.empty(len(batch), dtype)
                for name in outputs:
                    rows[name] = outputs[name]
                yield rows

        table = self.rows(
            f"features-{slug(network.name)}",
            ("features 3", images.digest, network.whole_digest, network.preprocessing),
            len(images), batches, f"{network.name}: images",
        )
        outputs = {name: table[name] for name in table.dtype.names}
        for name, array in outputs.items():
            if not all(np.isfinite(array[i : i + 1024]).all() for i in range(0, len(array), 1024)):
                raise ZooError(
                    f"The {name} of {network.name} for {images.name} are not finite: check "
                    "the images and the weights."
                )
        return outputs


def _read(path, count):
    """The array of a file, not in memory; None if there is none, or another one."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ZooError(
            f"The cached file {path} cannot be read: {storage.explain_os_error(error)}. Delete it, "
            "or use another `cache`."
        ) from None
    except Exception:  # cut off, empty, no .npy: a damaged file can fail in any way
        return None
    whole = isinstance(array, np.ndarray) and array.ndim and len(array) == count
    return array if whole else None


def slug(name):
    return "".join(c if c.isalnum() else "-" for c in name)


def _write_header(file, dtype, shape):
    """The beginning of a .npy file of rows that follow."""
    np.lib.format.write_array_header_2_0(file, {
        "descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape,
    })
