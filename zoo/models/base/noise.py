"""Stateless noise: the same key gives the same numbers, in any batch, after any restart."""

import zlib

import tensorflow as tf

ALGORITHM = "philox"  # the one algorithm with equal results in eager, graph and XLA


def key(seed, stream, iteration):
    """int64 key (2,) of one stream of noise in one training iteration on one replica.

    Args:
        seed: int. The run's seed.
        stream: str. What the noise is for; different names give independent noise.
        iteration: int or int64 scalar tensor.
    """
    context = tf.distribute.get_replica_context()
    replica = context.replica_id_in_sync_group if context is not None else 0
    result = tf.stack([tf.cast(seed, tf.int64), tf.constant(zlib.crc32(stream.encode()), tf.int64)])
    for number in (iteration, replica):
        result = tf.random.experimental.stateless_fold_in(
            result, tf.cast(number, tf.int64), alg=ALGORITHM
        )
    return result


def normal(shape, key):
    """Standard normal noise float32 of this shape."""
    return tf.random.stateless_normal(shape, key, alg=ALGORITHM)


def dropout_mask(shape, key, rate):
    """Dropout as a factor: 0 with probability `rate`, else 1 / (1 - rate)."""
    kept = tf.random.stateless_uniform(shape, key, alg=ALGORITHM) >= rate
    return tf.cast(kept, tf.float32) / (1 - rate)


def normal_from_seeds(seeds, size):
    """Standard normal noise, one row per seed, which depends on that seed alone.

    Shapes: seeds int64 (batch,) -> float32 (batch, size).
    """
    return tf.map_fn(
        lambda seed: normal([size], tf.stack([seed, tf.constant(1, tf.int64)])),
        tf.cast(seeds, tf.int64),
        fn_output_signature=tf.TensorSpec([size], tf.float32),
    )
