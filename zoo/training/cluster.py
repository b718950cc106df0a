"""Devices and workers of a run: its strategy, which worker writes, lost workers, joint stops."""

import contextlib
import os

import tensorflow as tf

from zoo.errors import ZooError

# TensorFlow's errors when another worker has ended, in the middle of an exchange or before it.
LOST = (
    tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


def make_strategy(name):
    """The `tf.distribute` strategy called "none", "mirrored" or "multiworker" (needs TF_CONFIG)."""
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multiworker":
        if not os.environ.get("TF_CONFIG"):
            raise ZooError(
                'config.strategy "multiworker" needs the cluster in the environment variable '
                'TF_CONFIG, e.g. {"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
                '"task": {"type": "worker", "index": 0}}.'
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()


def chosen_strategy(strategy, name):
    """The given `tf.distribute` strategy; of None, that of a name, see `make_strategy`.

    Raises:
        ZooError: it is something else.
    """
    if strategy is not None and not isinstance(strategy, tf.distribute.Strategy):
        raise ZooError(
            f"strategy must be a tf.distribute strategy, or None for that of config.strategy "
            f'("{name}"), got {strategy!r}.'
        )
    return strategy or make_strategy(name)


def is_chief(strategy):
    """Whether this process is the one worker that writes files."""
    cluster = strategy.cluster_resolver
    return cluster is None or cluster.task_type in (None, "chief") or (
        cluster.task_type == "worker" and cluster.task_id == 0
        and not cluster.cluster_spec().as_dict().get("chief")
    )


def workers(strategy):
    """int. Number of processes that train together."""
    cluster = strategy.cluster_resolver
    if cluster is None or cluster.task_type is None:
        return 1
    return sum(len(addresses) for addresses in cluster.cluster_spec().as_dict().values())


@contextlib.contextmanager
def lost_workers_explained(strategy, saved):
    """A block in which the loss of a worker raises a `ZooError`.

    `saved`: () -> str, which step the last checkpoint has.
    """
    try:
        yield
    except LOST as error:
        if workers(strategy) == 1:
            raise
        raise ZooError(
            f"Another worker of the cluster has ended or cannot be reached; {saved()}. Start the "
            "same command on every worker to resume."
        ) from error


class JointStop:
    """Whether any worker was asked to stop; all workers learn it at the same step.

    A worker that stopped alone would leave the others waiting for its gradients.

    Args:
        strategy: a `tf.distribute` strategy.
        signals: a `StopSignals`, this worker's.
    """

    def __init__(self, strategy, signals):
        self._strategy, self._signals = strategy, signals
        self._several = workers(strategy) > 1
        self.requested = ""

    def __call__(self, exchange):
        """Whether to stop now. `exchange`: whether to ask the other workers, as all do after the
        same steps; between these a worker among several does not stop."""
        if not self._several:
            self.requested = self._signals.requested
        elif exchange and self._any():
            self.requested = self._signals.requested or "another worker"
        return bool(self.requested)

    def trained(self):
        """A step was taken; see `StopSignals.trained`."""
        self._signals.trained()

    def _any(self):
        asked = tf.constant(1.0 if self._signals.requested else 0.0)
        local = self._strategy.run(lambda: tf.identity(asked))
        return float(self._strategy.reduce(tf.distribute.ReduceOp.SUM, local, axis=None)) > 0
