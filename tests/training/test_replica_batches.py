"""Which rows of a batch each replica gets, and that a worker reads only its own."""

import numpy as np
import tensorflow as tf

from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from zoo.training.replica_batches import distribute, replica_rows


def test_every_replica_has_the_same_share_of_each_part():
    assert replica_rows(6, 3).tolist() == [[0, 1], [2, 3], [4, 5]]
    assert replica_rows(8, 2, parts=2).tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]


def numbers(start, rows=None):
    """Batch n is n * 10 + 0 ... 7, of which only `rows` are made."""
    rows = np.arange(8) if rows is None else rows
    return tf.data.Dataset.range(start, 100).map(lambda n: {"x": (n * 10 + rows,)})


def whole(start):
    return numbers(start)


def test_replicas_get_their_rows_in_order(two_devices):  # noqa: F811
    for batches in (numbers, whole):
        steps = iter(distribute(batches, 3, two_devices, 8, parts=2))
        for first in (30, 40):
            parts = two_devices.experimental_local_results(next(steps)["x"][0])
            assert [part.shape for part in parts] == [(4,), (4,)]
            rows = [[0, 1, 4, 5], [2, 3, 6, 7]]
            np.testing.assert_array_equal(np.array(parts), first + np.array(rows))


class Cluster:
    """The second of four workers with two replicas each."""

    num_replicas_in_sync = 8

    def distribute_datasets_from_function(self, function):
        return function(tf.distribute.InputContext(4, 1, 8))


def test_a_worker_reads_its_own_rows():
    read = []

    def batches(start, rows=None):
        read.append(list(rows))
        return numbers(start, rows)

    data = distribute(batches, 0, Cluster(), 16)
    assert read == [[4, 5, 6, 7]]
    assert [list(element["x"][0].numpy()) for element in data.take(4)] == [
        [4, 5], [6, 7], [14, 15], [16, 17]
    ]
