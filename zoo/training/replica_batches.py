"""The batches of several replicas: each worker reads only the rows of its own replicas."""

import inspect

import numpy as np
import tensorflow as tf


def replica_rows(batch_size, replicas, parts=1):
    """Which rows of a batch each replica gets, int (replicas, batch_size / replicas).

    Every replica gets the same share of each of the `parts` of a batch, in order, so that its rows
    consist of the same parts (see `System.batch_parts`).
    """
    rows = np.arange(batch_size).reshape(parts, replicas, -1)
    return rows.transpose(1, 0, 2).reshape(replicas, -1)


def distribute(batches, start, strategy, batch_size, parts=1):
    """A distributed dataset of the batches from step `start`.

    Args:
        batches: (start, rows) -> dataset of batches, or of the given rows of each batch; if it does
            not take `rows`, every worker reads whole batches.
        start: int. The first step.
        strategy: a `tf.distribute` strategy of several replicas.
        batch_size: int. Rows of a whole batch, a multiple of `parts` x replicas.
        parts: int, see `replica_rows`.
    """
    rows = replica_rows(batch_size, strategy.num_replicas_in_sync, parts)
    takes_rows = "rows" in inspect.signature(batches).parameters

    def of_worker(context):
        local = context.num_replicas_in_sync // context.num_input_pipelines
        first = context.input_pipeline_id * local
        own = rows[first : first + local].reshape(-1)
        if takes_rows:
            data = batches(start, rows=own)
        else:
            data = batches(start).map(lambda batch: tf.nest.map_structure(
                lambda value: tf.gather(value, own), batch
            ))
        return data if local == 1 else _one_by_one(data, local)

    return strategy.distribute_datasets_from_function(of_worker)


def _one_by_one(data, replicas):
    """A worker's batches as one batch per replica, one after another."""

    def split(value):
        rows = value.shape[0] // replicas
        return tf.reshape(value, [replicas, rows, *value.shape[1:]])

    data = data.map(lambda batch: tf.nest.map_structure(split, batch))
    return data.unbatch().prefetch(replicas)
