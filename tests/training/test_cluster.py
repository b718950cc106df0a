"""Lost workers in one sentence, and workers that stop at the same step."""

import types

import pytest
import tensorflow as tf

from zoo.errors import ZooError
from zoo.training.cluster import JointStop, lost_workers_explained, workers


class Two:
    """A strategy of two workers, of which the other one's signal is `other`."""

    def __init__(self, other=0.0):
        self.other, self.exchanges = other, 0
        spec = types.SimpleNamespace(as_dict=lambda: {"worker": ["a:1", "b:1"]})
        self.cluster_resolver = types.SimpleNamespace(
            task_type="worker", task_id=1, cluster_spec=lambda: spec
        )

    def run(self, function):
        return function()

    def reduce(self, operation, value, axis):
        self.exchanges += 1
        return value + self.other


def test_number_of_workers():
    assert workers(Two()) == 2
    assert workers(tf.distribute.get_strategy()) == 1


def test_a_lost_worker_is_one_sentence():
    error = tf.errors.UnavailableError(None, None, "Socket closed")
    with (
        pytest.raises(ZooError, match="worker of the cluster has ended.*step 5 is kept.*same"),
        lost_workers_explained(Two(), lambda: "the checkpoint of step 5 is kept"),
    ):
        raise error
    with (
        pytest.raises(tf.errors.UnavailableError),  # one process: not a lost worker
        lost_workers_explained(tf.distribute.get_strategy(), str),
    ):
        raise error


def test_one_process_stops_at_once():
    signals = types.SimpleNamespace(requested="")
    stop = JointStop(tf.distribute.get_strategy(), signals)
    assert not stop(False)
    signals.requested = "SIGTERM"
    assert stop(False) and stop.requested == "SIGTERM"


@pytest.mark.parametrize(("own", "other", "said"), [
    ("SIGTERM", 0.0, "SIGTERM"), ("", 1.0, "another worker"), ("", 0.0, ""),
])
def test_workers_stop_together(own, other, said):
    strategy = Two(other)
    stop = JointStop(strategy, types.SimpleNamespace(requested=own))
    assert not stop(False) and not strategy.exchanges  # between the common steps nobody stops
    assert stop(True) is bool(said) and stop.requested == said and strategy.exchanges == 1
