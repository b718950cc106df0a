"""What the replicas of a `tf.distribute` strategy exchange in a training step.

On one device every function returns its argument. All gradients are those of the mean of the
replicas' losses, as `System.apply_gradients` takes them.
"""

import tensorflow as tf

SHARES = ("replica", "global")


def count():
    """int. Number of replicas of the current step: 1 on one device."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def index():
    """Number of this replica, an int or an int scalar tensor, from 0."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def gather(rows):
    """The rows of all replicas, in order: (batch, ...) to (replicas * batch, ...).

    Every replica needs the same number of rows.
    """
    if count() == 1:
        return rows
    kind = tf.int32 if rows.dtype == tf.bool else rows.dtype
    # unlike an input of the step, a copy has a device, without which several workers gather nothing
    copy = tf.identity(tf.cast(rows, kind))
    gathered = tf.distribute.get_replica_context().all_gather(copy, axis=0)
    total = None if rows.shape[0] is None else rows.shape[0] * count()
    gathered.set_shape([total, *rows.shape[1:]])
    return tf.cast(gathered, rows.dtype)


def own(rows, number, axis=0):
    """The `number` rows along `axis` that belong to this replica, of those of all replicas."""
    if count() == 1:
        return rows
    start = index() * number
    return tf.gather(rows, start + tf.range(number), axis=axis)


def mean(value):
    """Mean of a tensor over the replicas."""
    if count() == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce("mean", value)


def total(values):
    """Sums of a list of tensors over the replicas."""
    if count() == 1:
        return values
    return tf.distribute.get_replica_context().all_reduce("sum", values)
