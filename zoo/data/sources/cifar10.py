"""`Cifar10`, read from its original files or through Keras."""

import os
import zlib

import numpy as np
import tensorflow as tf

from zoo.data.sources.layouts import canonical_split
from zoo.data.sources.pickles import load_pickle
from zoo.errors import MissingSplit, ZooError
from zoo.listing import LIMITS

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_SIDE = 32
_VALUES = 3 * _SIDE * _SIDE
_FILES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}


class Cifar10:
    """CIFAR-10: 60,000 images of 32 x 32 pixels in ten classes (Krizhevsky 2009).

    The images are kept in memory as uint8: 150 MB for training. `ClassFolder` reads CIFAR-10 as a
    folder or .zip of image files.

    Args:
        directory: a folder with the unpacked `cifar-10-python.tar.gz` or `cifar-10-binary.tar.gz`:
            `cifar-10-batches-py/data_batch_1` ... or `cifar-10-batches-bin/data_batch_1.bin` ...,
            or that inner folder itself. None uses `keras.datasets.cifar10`, which downloads the
            data once and keeps a copy in Keras' folder.
        split: "train" or "test".

    Attributes:
        labels: int64 [n], indices into `class_names`.
        class_names: list of str.

    Raises:
        MissingSplit: another split.
        ZooError: a file is missing, truncated, not a batch of CIFAR-10 or has labels outside 0 to 9
            (the message names it), or the download failed.
    """

    image_size = _SIDE

    def __init__(self, directory=None, split="train"):
        self.split = canonical_split(split)
        if self.split not in _FILES:
            raise MissingSplit(f'CIFAR-10 has the splits "train" and "test", got {split!r}.')
        self.class_names = list(CLASSES)
        parts = (
            _from_keras(self.split) if directory is None else _from_files(directory, self.split)
        )
        images, self.labels = (np.concatenate(part) for part in zip(*parts, strict=True))
        with tf.device("CPU:0"):
            self._images = tf.constant(images)

    def __len__(self):
        return len(self.labels)

    @property
    def checksum(self):
        """CRC-32 of all images."""
        return zlib.crc32(self._images.numpy())

    def load(self, index):
        """Image `index` as uint8 [32, 32, 3]; `index` may be a scalar int tensor in a graph."""
        return tf.gather(self._images, index)

    def load_batch(self, indices):
        """Images as uint8 [B, 32, 32, 3] for indices of shape [B]."""
        return tf.gather(self._images, indices)


def _from_files(directory, split):
    directory = os.fspath(directory)
    for folder, ending, read in (("batches-py", "", _pickled), ("batches-bin", ".bin", _binary)):
        names = [f"{name}{ending}" for name in _FILES[split]]
        for root in (os.path.join(directory, f"cifar-10-{folder}"), directory):
            paths = [os.path.join(root, name) for name in names]
            if not any(os.path.isfile(path) for path in paths):
                continue
            for path in paths:
                if not os.path.isfile(path):
                    raise ZooError(f"{path}: missing, although other files of CIFAR-10 exist.")
                _check_inside(path, directory)
            return [_arrays(*read(path), path) for path in paths]
    raise ZooError(
        f"{directory}: expected the files of CIFAR-10 ({_FILES[split][0]} or "
        f"{_FILES[split][0]}.bin) there or in cifar-10-batches-py or cifar-10-batches-bin. "
        'For a folder or .zip of image files use the data source "classes".'
    )


def _check_inside(path, directory):
    """Raises unless a file is inside the given folder and within the size limit."""
    real, root = os.path.realpath(path), os.path.realpath(directory)
    if not real.startswith(os.path.join(root, "")):
        raise ZooError(f"{path}: a link out of the folder ({real}); put the file itself there.")
    if os.path.getsize(path) > LIMITS.file_bytes:
        raise ZooError(f"{path}: larger than any batch of CIFAR-10; unpack the archive again.")


def _pickled(path):
    """Rows of 3072 values and labels of one pickled batch, whose keys are str or bytes."""
    content = load_pickle(path)
    if isinstance(content, dict):
        content = {k.decode("latin1") if isinstance(k, bytes) else k: v for k, v in content.items()}
    if not isinstance(content, dict) or not {"data", "labels"} <= set(content):
        raise ZooError(f'{path}: expected a pickled dict with "data" and "labels".')
    return content["data"], content["labels"]


def _binary(path):
    """Rows of 3072 values and labels of one binary batch: one label byte, then the image."""
    data = np.fromfile(path, np.uint8)
    if not len(data) or len(data) % (_VALUES + 1):
        raise ZooError(
            f"{path}: its size of {len(data)} bytes is not a multiple of {_VALUES + 1}; it is "
            "truncated or another file. Unpack the archive again."
        )
    rows = data.reshape(-1, _VALUES + 1)
    return rows[:, 1:], rows[:, 0]


def _arrays(rows, labels, where):
    """uint8 [n, 32, 32, 3] and int64 [n], from rows with one color channel after the other."""
    rows, labels = np.asarray(rows), np.asarray(labels)
    if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] != _VALUES or not len(rows):
        raise ZooError(
            f"{where}: expected uint8 data of shape (n, {_VALUES}), got {rows.dtype} of "
            f"shape {rows.shape}."
        )
    if labels.shape != rows.shape[:1] or labels.dtype.kind not in "iu":
        raise ZooError(
            f"{where}: expected {len(rows)} integers as labels, got {labels.dtype} of "
            f"shape {labels.shape}."
        )
    if invalid := [label for label in labels.tolist() if not 0 <= label < len(CLASSES)]:
        raise ZooError(f"{where}: expected CIFAR-10's labels 0 to 9, got {invalid[0]}.")
    images = rows.reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels.astype(np.int64)


def _from_keras(split):
    import keras

    try:
        train, test = keras.datasets.cifar10.load_data()
    except Exception as error:  # a failed download raises many types
        reason = str(error).split("\n")[0][:160]
        raise ZooError(
            f"CIFAR-10 could not be loaded through keras.datasets ({reason}); give directory= with "
            "your copy of its files."
        ) from None
    images, labels = train if split == "train" else test
    return [(images, labels.reshape(-1).astype(np.int64))]
