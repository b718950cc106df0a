"""A tiny system with the interface that the trainer needs, and batches that depend on the step."""

import json
from pathlib import Path

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from zoo import storage
from zoo.training.experiment import Experiment


class TinySystem(keras.Model):
    """One weight vector that follows its batches; `nan_at` breaks that step."""

    loss_names = ("loss",)

    def __init__(self, nan_at=-1, fail_save_at=-1):
        super().__init__()
        self.iteration = self.add_weight((), "zeros", dtype="int64", trainable=False,
                                         name="iteration", aggregation="only_first_replica")
        self.w = self.add_weight((3,), "zeros", name="w")
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.nan_at, self.fail_save_at = nan_at, fail_save_at
        self.sgd = keras.optimizers.SGD(0.1, momentum=0.9)
        self.sgd.build([self.w])
        self.built = True

    @property
    def metrics(self):
        return [self.loss_tracker]

    def step_arguments(self, step):
        return {}

    def train_step(self, batch):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.w.value - batch["x"]) ** 2)
            broken = tf.cast(self.iteration.value == self.nan_at, tf.float32)
            loss = loss + tf.math.divide_no_nan(0.0, 1.0 - broken) + tf.where(
                broken > 0, float("nan"), 0.0)
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        gradient = tape.gradient(loss, [self.w.value])[0] / replicas
        self.sgd.apply_gradients([(gradient, self.w)])
        self.iteration.assign(self.iteration + 1)
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def checkpoint_variables(self):
        slots = {f"sgd/{i}": v for i, v in enumerate(self.sgd.variables)}
        return {"iteration": self.iteration, "w": self.w, **slots}

    def save_checkpoint(self, path, notes=None):
        if int(self.iteration.numpy()) == self.fail_save_at:
            raise storage.write_error(path, OSError(28, "No space left on device"))
        storage.save_variables(path, self.checkpoint_variables(), notes=notes)

    def load_checkpoint(self, path):
        storage.load_variables(path, self.checkpoint_variables())

    def save_to_preset(self, directory, metadata=None):
        Path(directory).mkdir(parents=True, exist_ok=True)
        (Path(directory) / "metadata.json").write_text(json.dumps(metadata))


def batches(start, batch_size=4):
    """Batch of step n: numbers that depend only on n."""
    return tf.data.Dataset.range(start, 10**6).map(lambda step: {
        "x": tf.random.stateless_normal([batch_size, 3], tf.stack([step, 7]), alg="philox")
    })


def experiment(model, **kwargs):
    return Experiment(model, batches, **kwargs)


class Score:
    """A score named "score" that returns the next of `values` at each call."""

    best_metric, protocol = "score", "made up"

    def __init__(self, values, images):
        self.values, self.images = iter(values), images

    def __call__(self):
        return {"score": next(self.values)}


def config(**changes):
    settings = {
        "system": "tiny", "steps": 10, "epochs": 0, "batch_size": 4, "checkpoint_every": 3,
        "log_every": 2, "sample_every": 5, "jit_compile": False,
    }
    return ConfigDict({**settings, **changes})
