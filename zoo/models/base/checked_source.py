"""A source of training batches, with each batch checked before a step reads it."""

import keras
import tensorflow as tf


def checked_source(source, check):
    """The source with `check(batch, first)` applied to each batch; `first` is bool.

    Args:
        source: `tf.data.Dataset` or `keras.utils.PyDataset`. A `PyDataset` that uses several
            processes, and a distributed dataset, are returned as they are.
        check: (batch, first) -> batch; in a graph for a `tf.data.Dataset`.
    """
    if isinstance(source, tf.data.Dataset):
        in_graph = tf.autograph.experimental.do_not_convert(check)
        return source.enumerate().map(lambda number, batch: in_graph(batch, number == 0))
    if isinstance(source, keras.utils.PyDataset) and not source.use_multiprocessing:
        return _CheckedBatches(source, check)
    return source


class _CheckedBatches(keras.utils.PyDataset):
    """A `PyDataset` with `check` applied to each batch; `workers` threads may run it."""

    def __init__(self, source, check):
        super().__init__(workers=source.workers, max_queue_size=source.max_queue_size)
        self.source, self.check = source, check

    @property
    def num_batches(self):
        return self.source.num_batches

    def __getitem__(self, index):
        return self.check(self.source[index], index == 0)

    def on_epoch_begin(self):
        self.source.on_epoch_begin()

    def on_epoch_end(self):
        self.source.on_epoch_end()
