"""Stateless noise: the same key gives the same numbers, in any batch, after any restart.

Rows of noise are drawn for the batch of all replicas, of which each takes its own. So a batch meets
the same noise on one device and on several.
"""

import zlib

import tensorflow as tf

from zoo.models.base import replicas

ALGORITHM = "philox"  # the one algorithm with equal results in eager, graph and XLA


def key(seed, stream, iteration, own=False):
    """int64 key (2,) of one stream of noise in one training iteration.

    Args:
        seed: int. The run's seed.
        stream: str. What the noise is for; different names give independent noise.
        iteration: int or int64 scalar tensor.
        own: bool. Whether each replica has a key of its own, for noise too large to be drawn for
            all replicas, such as a mask of feature maps.
    """
    replica = replicas.index() if own else 0
    result = tf.stack([tf.cast(seed, tf.int64), tf.constant(zlib.crc32(stream.encode()), tf.int64)])
    for number in (iteration, replica):
        result = tf.random.experimental.stateless_fold_in(
            result, tf.cast(number, tf.int64), alg=ALGORITHM
        )
    return result


def normal(shape, key):
    """Standard normal noise float32 of this shape."""
    return tf.random.stateless_normal(shape, key, alg=ALGORITHM)


def normal_rows(shape, key, samples=1, positions=None):
    """Standard normal noise float32 of this shape, the rows of this replica's part of a batch.

    Args:
        shape: (rows, ...), rows being a multiple of `samples`: the first samples of all rows of the
            batch, then the second ones.
        key: the same on all replicas.
        samples: int. Samples per row of the batch.
        positions: int (rows / samples,) or None. Positions of this replica's rows in the batch of
            all replicas; by default replica i has the i-th part.
    """
    count = replicas.count()
    if count == 1 and positions is None:
        return normal(shape, key)
    number = shape[0] // samples
    drawn = normal([samples, count * number, *shape[1:]], key)
    if positions is None:
        drawn = replicas.own(drawn, number, axis=1)
    else:
        drawn = tf.gather(drawn, positions, axis=1)
    return tf.reshape(drawn, shape)


def dropout_mask(shape, key, rate):
    """Dropout as a factor: 0 with probability `rate`, else 1 / (1 - rate)."""
    kept = tf.random.stateless_uniform(shape, key, alg=ALGORITHM) >= rate
    return tf.cast(kept, tf.float32) / (1 - rate)


def dropout_rows(shape, key, rate):
    """`dropout_mask` of this replica's rows of the batch of all replicas."""
    everything = dropout_mask([replicas.count() * shape[0], *shape[1:]], key, rate)
    return replicas.own(everything, shape[0])


def normal_from_seeds(seeds, size):
    """Standard normal noise, one row per seed, which depends on that seed alone.

    Shapes: seeds int64 (batch,) -> float32 (batch, size).
    """
    return tf.map_fn(
        lambda seed: normal([size], tf.stack([seed, tf.constant(1, tf.int64)])),
        tf.cast(seeds, tf.int64),
        fn_output_signature=tf.TensorSpec([size], tf.float32),
    )
