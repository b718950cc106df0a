"""Images that are decoded at their first use and then kept in memory."""

import tensorflow as tf


class FirstUseCache:
    """Rows of arrays, computed when a batch first asks for them.

    So a training starts before a data set is decoded, and decoding runs next to the steps. May be
    called by several batches at once.

    Args:
        compute: int64 [B] -> tuple of uint8 [B, *shape], in a graph; the same rows at every call.
        count: int, number of rows.
        shapes: shapes of a row, one per array.
    """

    def __init__(self, compute, count, shapes):
        self._compute, self._shapes = compute, [tuple(shape) for shape in shapes]
        with tf.device("CPU:0"):
            self._rows = [_variable([count, *shape], tf.uint8) for shape in self._shapes]
            self._known = _variable([count], tf.bool)

    @tf.autograph.experimental.do_not_convert
    def __call__(self, index):
        """The rows of a batch, a tuple of uint8 [B, *shape]."""
        known = tf.reduce_all(tf.gather(self._known, index))
        rows = tf.cond(known, lambda: self._kept(index), lambda: self._first_use(index))
        return tuple(
            tf.ensure_shape(part, [index.shape[0], *shape])
            for part, shape in zip(rows, self._shapes, strict=True)
        )

    def _kept(self, index):
        return tuple(tf.gather(variable, index) for variable in self._rows)

    def _first_use(self, index):
        rows = self._compute(index)
        written = [
            variable.scatter_update(tf.IndexedSlices(part, index))
            for variable, part in zip(self._rows, rows, strict=True)
        ]
        with tf.control_dependencies(written):  # a row is known once it is complete
            self._known.scatter_update(tf.IndexedSlices(tf.ones_like(index, tf.bool), index))
        return tuple(map(tf.identity, rows))


def _variable(shape, dtype):
    return tf.Variable(tf.zeros(shape, dtype), trainable=False)
