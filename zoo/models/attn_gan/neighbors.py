"""Mismatched pairs of the AttnGAN family: an image with the caption of the next row.

On several replicas the next row may be another replica's.
"""

import dataclasses

import tensorflow as tf

from zoo.errors import ZooError
from zoo.models.base import replicas


@dataclasses.dataclass(frozen=True)
class Neighbors:
    """The captions that make mismatched pairs: of each row, that of the next one.

    Attributes:
        sentence: float (count, features), those of the first `count` rows; the last row of all has
            none.
        count: int, or int scalar tensor, rows with a neighbor; -1: all but the last.
        weight: of their loss, a mean over `count` rows, in the mean over the replicas.
        order: dict. `positions`, int (batch,), of this replica's rows in the batch of all
            replicas, sorted by length; empty if the replicas follow each other.
    """

    sentence: tf.Tensor
    count: tf.Tensor | int = -1
    weight: tf.Tensor | float = 1.0
    order: dict = dataclasses.field(default_factory=dict)


def neighbors_of(lengths, sentence, negatives):
    """The `Neighbors` of a batch that is sorted by length.

    Args:
        lengths: int (batch,), falling.
        sentence: float (batch, features).
        negatives: "replica", or "global": the rows of all replicas are one batch, sorted by length.

    Raises:
        ZooError: the batch has a single row, which has no neighbor.
    """
    if negatives == "replica" or replicas.count() == 1:
        if sentence.shape[0] == 1:
            raise ZooError(
                "A mismatched pair is an image with the caption of another one: expected a batch "
                "of at least 2 per replica, got 1. Use a larger batch size."
            )
        return Neighbors(sentence[1:])
    every, rows = replicas.gather(lengths), tf.shape(lengths)[0]
    order = tf.argsort(every, direction="DESCENDING", stable=True)
    positions = replicas.own(tf.math.invert_permutation(order), rows)
    total = tf.shape(order)[0]
    following = tf.gather(order, tf.minimum(positions + 1, total - 1))
    last = positions[-1] == total - 1  # a replica's rows are sorted, too
    count = rows - tf.cast(last, tf.int32)
    sentence = tf.gather(replicas.gather(sentence), following)[:count]
    weight = replicas.count() * count / (total - 1)  # float64
    return Neighbors(sentence, count, weight, {"positions": positions})
