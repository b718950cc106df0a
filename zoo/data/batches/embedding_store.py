"""In-memory sentence embeddings of a source, from which batches are selected.

Reference: StackGAN++, arXiv 1710.10916, whose texts are fixed char-CNN-RNN embeddings, one per
caption of an image; checked against hanzhanggit/StackGAN-v2 code/datasets.py.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from zoo.data.batches.text_store import TextStore
from zoo.errors import ZooError


def as_embeddings(values, count, where):
    """Checks the content of an embeddings file and converts it to float32.

    Args:
        values: embeddings of each image, floating-point numbers of shape (captions, features) or
            (features,): an array, or a list of arrays or of lists.
        count: int, the number of images.
        where: the file, for messages.

    Returns:
        float32 array (images, captions, features), or, if images have different numbers of
        captions, a list of float32 arrays (captions, features).

    Raises:
        ZooError: another kind of content, another number of images, no or unequal features, or
            a value that is not finite; the message names the file and the image's row.
    """
    if not isinstance(values, (list, tuple, np.ndarray)) or getattr(values, "ndim", 1) == 0:
        raise ZooError(
            f"{where}: expected a list or an array with the embeddings of each of {count} "
            f"images, got a {type(values).__name__}."
        )
    if len(values) != count:
        raise ZooError(
            f"{where}: expected one row per image in the same order, got embeddings of "
            f"{len(values)} images for {count} images."
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
            f"(features,), got {row.dtype} {row.shape}."
        )
    with np.errstate(over="ignore"):
        row = np.atleast_2d(row.astype(np.float32, copy=False))
    if not np.isfinite(row).all():
        raise ZooError(f"{where}: it has a value that is not finite; expected finite numbers.")
    if not row.any(axis=1).all():
        raise ZooError(f"{where}: an embedding consists of zeros only, which encodes no sentence.")
    return row


@dataclasses.dataclass
class EmbeddingStore(TextStore):
    """Sentence embeddings of all captions, concatenated.

    `rows` float32 [all captions, features]; `first` and `count` int64 per image, whose embeddings
    are `first` to `first + count - 1`.
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

    @tf.autograph.experimental.do_not_convert
    def fields(self, index, uniform, seed):
        """`sentence`, float32 [B, features]; see `TextStore.fields`. `seed` has no effect."""
        return {"sentence": tf.gather(self.rows, self.chosen(index, uniform))}
