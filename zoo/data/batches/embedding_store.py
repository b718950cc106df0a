"""Pre-computed sentence embeddings of a source: checked, kept in memory, one chosen for a batch.

Reference: StackGAN++, arXiv 1710.10916, whose texts are fixed char-CNN-RNN embeddings, one for each
caption of an image; checked against hanzhanggit/StackGAN-v2 code/datasets.py.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from zoo.data.batches.text_store import TextStore
from zoo.errors import ZooError


def as_embeddings(values, pictures, where):
    """Checks what a file holds and makes it float32.

    Args:
        values: for each image its embeddings, floating-point numbers of shape (captions,
            features) or (features,): an array, or a list of arrays or of lists.
        images: int, how many there must be.
        where: the file, for messages.

    Returns:
        float32 array (images, captions, features), or, if images have different numbers of
        captions, a list of float32 arrays (captions, features).

    Raises:
        ZooError: another kind of content, another number of images, no or unequal features, or
            a value that is not finite; names the file and the image's row.
    """
    if not isinstance(values, (list, tuple, np.ndarray)) or getattr(values, "ndim", 1) == 0:
        raise ZooError(
            f"{where}: expected a list or an array with the embeddings of each of {pictures} "
            f"images, but a {type(values).__name__} came."
        )
    if len(values) != pictures:
        raise ZooError(
            f"{where}: embeddings of {len(values)} images came, but there are {pictures} "
            "images: expected one row for each, in the same order."
        )
    rows = [_row(row, f"{where}, row {number}") for number, row in enumerate(values)]
    for number, row in enumerate(rows):
        if row.shape[1] != rows[0].shape[1]:
            raise ZooError(
                f"{where}, row {number}: {row.shape[1]} features, but row 0 has "
                f"{rows[0].shape[1]}; expected the same number in every row."
            )
    if isinstance(values, np.ndarray) and values.dtype == np.float32 and values.ndim == 3:
        return values  # without a copy
    return np.stack(rows) if len({len(row) for row in rows}) == 1 else rows


def _row(values, where):
    """The embeddings of one image, float32 (captions, features)."""
    try:
        row = np.asarray(values)
    except ValueError:  # lists of different lengths
        row = np.asarray(None)
    if row.dtype.kind != "f" or row.ndim not in (1, 2) or not row.size:
        raise ZooError(
            f"{where}: expected floating-point numbers of shape (captions, features) or "
            f"(features,), but {row.dtype} {row.shape} came."
        )
    with np.errstate(over="ignore"):
        row = np.atleast_2d(row.astype(np.float32, copy=False))
    if not np.isfinite(row).all():
        raise ZooError(f"{where}: it has a value that is not finite; expected numbers only.")
    if not row.any(axis=1).all():
        raise ZooError(f"{where}: an embedding of nothing but zeros stands for no sentence.")
    return row


@dataclasses.dataclass
class EmbeddingStore(TextStore):
    """Sentence embeddings of all captions, one after the other.

    `rows` float32 [all captions, features]; `first` and `count` int64 for each image, its
    embeddings being `first` to `first + count - 1`.
    """

    rows: tf.Tensor
    first: tf.Tensor
    count: tf.Tensor

    @classmethod
    def make(cls, source):
        """The store of `source.embeddings`, which `as_embeddings` must accept."""
        embeddings = as_embeddings(source.embeddings, len(source), "The source's embeddings")
        counts = np.array([len(row) for row in embeddings], np.int64)
        if isinstance(embeddings, np.ndarray):
            rows = embeddings.reshape(-1, embeddings.shape[-1])
        else:
            rows = np.concatenate(embeddings)
        with tf.device("CPU:0"):
            return cls(
                rows=tf.constant(rows),
                first=tf.constant(np.cumsum(counts) - counts),
                count=tf.constant(counts),
            )

    def fields(self, index, uniform, seed):
        """`sentence`, float32 [B, features]; see `TextStore.fields`. `seed` has no effect."""
        return {"sentence": tf.gather(self.rows, self.chosen(index, uniform))}
