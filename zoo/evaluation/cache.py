"""Disk cache of generated images and features.

A file is named by the hash of everything that its content depends on (weights, conditions, seeds;
images, network), so nothing in here grows stale and a folder may be shared. Files are written
atomically.
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
    """Arrays in a folder.

    Args:
        folder: path, created when the first array is written; None for a temporary one, which is
            removed with this object.
        show: bool. A progress line while something is made.
    """

    def __init__(self, folder=None, show=True):
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="zoo-evaluation-")
            folder = self._temporary.name
        self.folder, self.show = Path(folder), show

    def rows(self, name, parts, count, batches, what, pictures=1):
        """An array (count, ...) in a file, made of batches of rows unless it is there already.

        Args:
            name: str, the beginning of the file's name.
            parts: strs that the content depends on.
            count: int, rows.
            batches: function () -> batches of rows, arrays of one type, in order.
            what: str, for the progress line.
            images: int, images that a row stands for.

        Returns:
            read-only `numpy.memmap`.

        Raises:
            ZooError: the disk is full, or the folder cannot be written.
        """
        key = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]
        path = self.folder / f"{name}-{key}.npy"
        if not path.exists():
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise storage.write_error(path, error) from None
            self._write(path, count, batches, what, pictures)
        array = np.load(path, mmap_mode="r")
        if len(array) != count:
            raise ZooError(f"{path} holds {len(array)} rows instead of {count}: delete it.")
        return array

    def _write(self, path, count, batches, what, pictures):
        progress, array, start = None, None, 0
        try:
            with storage.atomic_file(path, suffix=f"{os.getpid()}.partial") as temporary:
                for batch in batches():
                    batch = np.asarray(batch)
                    if array is None:
                        shape = (count, *batch.shape[1:])
                        array = np.lib.format.open_memmap(temporary, "w+", batch.dtype, shape)
                        progress = Progress(
                            -(-count // len(batch)), batch_size=len(batch) * pictures
                        )
                    array[start : start + len(batch)] = batch
                    start += len(batch)
                    progress.advance()
                    if self.show:
                        progress.show({what: start})
                if start != count:
                    raise ZooError(f"{what}: {start} rows were made instead of {count}.")
                array.flush()
        finally:
            if progress is not None:
                progress.clear()

    def features(self, pictures, network):
        """What a network makes of a `ImageSet`: dict of float32 arrays in a file.

        The network does not run where the file is there already.

        Raises:
            ZooError: values that are not finite.
        """

        def batches():  # all outputs of an image in one row: one pass, one file
            for batch in pictures.batches():
                outputs = network(batch)
                kind = [(name, np.float32, outputs[name].shape[1:]) for name in sorted(outputs)]
                rows = np.empty(len(batch), kind)
                for name in outputs:
                    rows[name] = outputs[name]
                yield rows

        whole = self.rows(
            f"features-{slug(network.name)}",
            ("features 2", pictures.digest, network.digest, network.preprocessing),
            len(pictures), batches, f"{network.name}: pictures",
        )
        made = {name: whole[name] for name in whole.dtype.names}
        for name, array in made.items():
            if not all(np.isfinite(array[i : i + 1024]).all() for i in range(0, len(array), 1024)):
                raise ZooError(
                    f"{network.name} makes {name} of {pictures.name} that are not finite."
                )
        return made


def slug(name):
    return "".join(c if c.isalnum() else "-" for c in name)
