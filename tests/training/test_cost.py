"""Counts equal the formulas; the time is estimated from the speeds of a machine."""

import dataclasses
import math
import types

import numpy as np
import pytest
import tensorflow as tf

from tests.support.tiny_systems import SYSTEMS
from zoo.training import cost


def counted(function, *inputs):
    return cost.graph_cost(tf.function(function, autograph=False).get_concrete_function(*inputs))


IMAGES, KERNEL = tf.ones([2, 8, 8, 3]), tf.ones([4, 4, 3, 5])
FORWARD = 2 * 2 * 4 * 4 * 5 * (4 * 4 * 3)


def convolution(x, w):
    return tf.nn.conv2d(x, w, 2, "SAME")


def test_a_convolution_and_its_gradients():
    assert counted(convolution, IMAGES, KERNEL).flops == FORWARD

    def step(x, w, wanted):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = tf.reduce_sum(convolution(x, w) ** 2)
        return tape.gradient(y, wanted(x, w))

    both = counted(lambda x, w: step(x, w, lambda x, w: [x, w]), IMAGES, KERNEL)
    one = counted(lambda x, w: step(x, w, lambda x, w: [w]), IMAGES, KERNEL)
    assert both.flops == 3 * FORWARD
    assert one.flops == 2 * FORWARD  # the other gradient is in the graph too, but nothing needs it


def test_matrix_products():
    a, b = tf.ones([3, 4]), tf.ones([4, 5])
    assert counted(tf.matmul, a, b).flops == 2 * 3 * 4 * 5
    batches = tf.ones([7, 4, 3]), tf.ones([7, 4, 5])
    found = counted(lambda a, b: tf.matmul(a, b, transpose_a=True), *batches)
    assert found.flops == 2 * 7 * 3 * 4 * 5


def test_called_functions_are_counted():
    inner = tf.function(convolution, autograph=False)
    assert counted(lambda x, w: inner(x, w) + inner(x, w), IMAGES, KERNEL).flops == 2 * FORWARD


def test_the_memory_of_a_branch_is_counted():
    x = tf.ones([1000])  # 4 kB

    def many(x):
        return tf.add_n([tf.sin(x * k) for k in range(1, 11)])

    found = counted(lambda x: tf.cond(x[0] > 0, lambda: many(x), lambda: x), x)
    assert found.memory >= 10 * 4000


def test_memory_is_the_peak_of_live_tensors():
    x = tf.ones([1000])  # 4 kB

    def chain(x):
        for _ in range(10):
            x = tf.sin(x)
        return x

    assert counted(chain, x).memory <= 3 * 4000

    def kept(x):
        parts = [tf.sin(x * k) for k in range(1, 11)]
        return tf.add_n(parts)

    assert counted(kept, x).memory >= 10 * 4000
    assert counted(chain, x).traffic == 10 * 2 * 4000


@pytest.mark.parametrize("name", ["dcgan", pytest.param("pix2pix", marks=pytest.mark.large)])
def test_a_training_step(name):
    example = SYSTEMS[name]
    model = example.make()
    found = cost.step_cost(model, example.batch(0))
    trained = sum(
        int(np.prod(v.shape))
        for network in ("generator", "discriminator")
        for v in getattr(model, network).trainable_variables
    )
    assert found.gradients == 4 * trained
    assert found.variables > 3 * found.gradients  # the weights and both moments
    assert found.flops > 0 and found.operations > 100 and found.memory > 0
    again = cost.step_cost(model, example.batch(1))
    assert again == found


def test_doubling_the_batch_doubles_the_flops():
    example = SYSTEMS["dcgan"]
    batch = example.batch(0)
    twice = tf.nest.map_structure(lambda x: tf.concat([x, x], 0), batch)
    model = example.make(mode_seeking_weight=0.0)
    one, two = (cost.step_cost(model, b) for b in (batch, twice))
    assert two.flops / one.flops == pytest.approx(2, rel=0.02)


def test_time_and_its_description():
    machine = cost.Machine(flops=1e9, bandwidth=1e8, overhead=1e-3)
    step = cost.Cost(2e9, 5e7, 100, memory=1e9, variables=2e9, gradients=1e8)
    assert machine.seconds(step) == pytest.approx(2 + 0.5 + 0.1)
    text = cost.describe(step, machine)
    assert "2 GFLOP" in text and "2.6 s per step" in text and "3 GB" in text
    alone, eight = (cost.data_parallel_seconds(step, machine, n, 1e8) for n in (1, 8))
    assert alone == machine.seconds(step) and eight == pytest.approx(alone + 1.75)


def test_a_run_says_how_long_all_of_its_steps_take(monkeypatch):
    example = SYSTEMS["dcgan"]
    model, batch = example.make(), example.batch(0)
    step = cost.step_cost(model, batch)
    machine = cost.Machine(flops=step.flops, bandwidth=math.inf, overhead=0.0)  # a second per step
    monkeypatch.setattr(cost, "measure_machine", lambda dtype: machine)
    config = types.SimpleNamespace(dtype="float32", steps=90)
    assert cost.describe_run(step, config).endswith("; 90 steps: 1.5 min")
    config.steps = 7200
    assert cost.describe_run(step, config).endswith("; 7,200 steps: 2.0 h")


def test_this_machine():
    machine = cost.measure_machine(repeats=2)
    assert 1e8 < machine.flops < 1e14
    assert 1e8 < machine.bandwidth < 1e13
    assert 1e-8 < machine.overhead < 1e-2
    half = dataclasses.replace(machine, flops=machine.flops / 2)
    step = cost.Cost(1e9, 0, 0, 0)
    assert half.seconds(step) == pytest.approx(2 * machine.seconds(step))
