"""Every system on two replicas that share everything takes the steps of one device."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny, tiny_images, tiny_systems
from tests.support.clusters import finish, start_workers
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from tests.support.precision import computing_in
from zoo.models.base import noise
from zoo.models.drit import drit
from zoo.training.replica_batches import distribute

STEPS, SIZE = 2, 8
TOLERANCE = 1e-8  # of float64; Adam moves a weight by 2e-4 in a step
# Each system's settings and batch. Noise of feature maps is each replica's own, so it is off.
WITHOUT = {"pix2pix": {"dropout": 0.0}, "drit": {"content_noise": 0.0}}
IN_FLOAT32 = ((noise, "normal"), (noise, "dropout_mask"), (drit, "normal"))  # all noise
BATCHES = {
    "stackgan_v2": lambda step: tiny.batch(step, SIZE, mismatched=True),
    "xmc_gan": lambda step: tiny_systems.xmc.batch(size=SIZE, step=step),
    "dcgan": lambda step: tiny_systems.labels.batch(step, SIZE),
    "pix2pix": lambda step: tiny_images.batch(step, count=SIZE),
    "bicyclegan": lambda step: tiny_images.batch(step, count=SIZE),
    "drit": lambda step: tiny_systems.tiny_drit.batch(step, count=SIZE),
}


def make(system):
    if system == "damsm":
        return tiny.damsm()
    return tiny_systems.SYSTEMS[system].make(**WITHOUT.get(system, {}))


def batch(system, step):
    def in_float64(value):
        floating = tf.as_dtype(value.dtype).is_floating
        return tf.cast(value, tf.float64) if floating else tf.constant(value)

    made = BATCHES.get(system, lambda step: tiny.batch(step, SIZE))(step)
    return tf.nest.map_structure(in_float64, made)


@pytest.fixture(autouse=True)
def noise_in_float64(monkeypatch):
    for module, name in IN_FLOAT32:
        draw = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *args, draw=draw: tf.cast(draw(*args), tf.float64)
        )


def batches(strategy, data, parts):
    if strategy.num_replicas_in_sync == 1:
        return data
    return distribute(lambda start: data, 0, strategy, SIZE, parts)


def stepper(strategy, model):
    """(batch, step) -> losses; on several replicas in a graph, for their threads are slow."""

    def step(data, arguments):
        return strategy.run(model.train_step, (data,), arguments)

    if strategy.num_replicas_in_sync > 1:
        step = tf.function(step, autograph=False)
    return lambda data, number: step(data, model.step_arguments(number))


def train(system, strategy):
    """(first weights, weights, losses of each step) of a system."""
    with computing_in("float64"), strategy.scope():
        model = make(system)
        model.share("global", "global")
        start = tiny.snapshot(model.network_variables())
        losses, run = [], stepper(strategy, model)
        for step in range(STEPS):
            data = tf.data.Dataset.from_tensors(batch(system, step))
            logs = run(next(iter(batches(strategy, data, model.batch_parts))), step)
            losses.append({
                name: float(strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None))
                for name, value in logs.items()
            })
        return start, tiny.snapshot(model.network_variables()), losses


@pytest.mark.parametrize("system", [
    pytest.param(name, marks=() if name == "dcgan" else pytest.mark.large)
    for name in (*tiny_systems.SYSTEMS, "damsm")
])
def test_two_replicas_take_the_steps_of_one_device(system, two_devices):  # noqa: F811
    start, alone, losses = train(system, tf.distribute.get_strategy())
    _, spread, same_losses = train(system, two_devices)
    for one, two in zip(losses, same_losses, strict=True):
        for name, value in one.items():
            np.testing.assert_allclose(two[name], value, 1e-6, 1e-9, err_msg=name)
    farthest = max((np.abs(alone[name] - spread[name]).max(), name) for name in alone)
    print(f"{system}: {farthest[1]} differs by {farthest[0]:.1e}")
    for name, value in alone.items():
        np.testing.assert_allclose(spread[name], value, 0, TOLERANCE, err_msg=name)
    assert max(np.abs(alone[name] - start[name]).max() for name in start) > 1e-4


def test_workers_gather_the_inputs_of_their_step():
    results = finish(start_workers("tests.support.gathering"))
    lines = [output.strip() for output, _ in results]
    assert lines == ["[0, 1, 2, 3] [False, False, True, True]"] * 2, results
