"""Adam's fused step equals Keras' own, and leaves the rest to Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.devices import two_devices  # noqa: F401
from tests.support.graphs import operations
from tests.support.tiny_systems import SYSTEMS
from zoo.models.base.fused_adam import fuse
from zoo.models.xmc_gan import FlaxAdam

ADAM = {"learning_rate": 1e-2, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8}
OPTIONS = [
    {},
    {"clipnorm": 0.5},
    {"clipvalue": 0.1},
    {"global_clipnorm": 0.3},
    {"weight_decay": 0.1},
    {"gradient_accumulation_steps": 4},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 5},
    {"learning_rate": keras.optimizers.schedules.ExponentialDecay(1e-2, 5, 0.5)},
]


def gradients_of(step):
    rng = np.random.default_rng(step)
    scale = np.logspace(-9, 1, 12).reshape(3, 4)  # from less than epsilon on
    return [rng.normal(size=(3, 4)) * scale, rng.normal(size=5)]


def train(optimizer, dtype, steps=8):
    """The variables of some steps, and the optimizer's own by their paths."""
    weights = [keras.Variable(np.ones(s), dtype=dtype, name=f"w{s}") for s in ((3, 4), 5)]
    optimizer.build(weights)
    apply = tf.function(lambda g: optimizer.apply_gradients(zip(g, weights, strict=True)))
    for step in range(steps):
        apply([tf.constant(g, dtype) for g in gradients_of(step)])
    names = [v.path.split("/", 1)[1] for v in optimizer.variables]
    return [w.numpy() for w in weights], dict(
        zip(names, (np.asarray(v) for v in optimizer.variables), strict=True)
    ), apply.get_concrete_function([tf.constant(g, dtype) for g in gradients_of(0)])


def fused_count(graph):
    return [op.type for op in operations(graph)].count("ResourceApplyAdam")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [keras.optimizers.Adam, FlaxAdam])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: next(iter(o), "plain"))
def test_the_steps_of_keras(make, options, dtype):
    settings = {**ADAM, **options}
    ours, our_state, graph = train(fuse(make(**settings)), dtype)
    theirs, state, plain = train(make(**settings), dtype)
    assert (fused_count(graph), fused_count(plain)) == (2, 0)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-6)
    assert our_state.keys() == state.keys()
    for name, value in state.items():
        np.testing.assert_allclose(our_state[name], value, rtol=1e-4, atol=1e-8, err_msg=name)


@pytest.mark.parametrize(
    "optimizer", [keras.optimizers.Adam(amsgrad=True), keras.optimizers.AdamW(), "sgd"]
)
def test_other_optimizers_stay(optimizer):
    _, _, graph = train(fuse(keras.optimizers.get(optimizer)), "float32", steps=1)
    assert fused_count(graph) == 0


def test_sparse_gradients_are_left_to_keras():
    table = [keras.Variable(np.ones((4, 2)), dtype="float32") for _ in range(2)]
    sparse = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([2]), tf.constant([4, 2]))
    for optimizer, variable in zip((fuse(keras.optimizers.Adam()), keras.optimizers.Adam()), table,
                                   strict=True):
        optimizer.apply_gradients([(sparse, variable)])
    np.testing.assert_allclose(table[0], table[1], atol=1e-7)
    assert (table[0].numpy()[2] < 1).all()


def test_loss_scaling_skips_what_is_not_finite():
    variable = keras.Variable(np.ones(2), dtype="float32")
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1))
    optimizer.build([variable])
    fuse(optimizer.inner_optimizer)
    apply = tf.function(lambda g: optimizer.apply_gradients([(g, variable)]))
    apply(tf.constant([np.inf, 1.0]))
    np.testing.assert_array_equal(variable, [1, 1])
    apply(tf.constant([1.0, -1.0]) * tf.convert_to_tensor(optimizer.dynamic_scale))
    np.testing.assert_allclose(variable, [0.9, 1.1], rtol=1e-5)


def test_replicas_step_as_one(two_devices):  # noqa: F811
    def run(around):
        with two_devices.scope():
            optimizer = around(keras.optimizers.Adam(**ADAM))
            variable = keras.Variable(np.ones(3), dtype="float32")
            optimizer.build([variable])

        @tf.function
        def step(gradient):
            two_devices.run(lambda: optimizer.apply_gradients([(tf.identity(gradient), variable)]))

        for number in range(5):
            step(tf.constant(np.random.default_rng(number).normal(size=3), tf.float32))
        return [copy.numpy() for copy in two_devices.experimental_local_results(variable.value)]

    ours, theirs = run(fuse), run(lambda optimizer: optimizer)
    assert len(ours) == 2
    np.testing.assert_array_equal(*ours)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("name", ["dcgan", pytest.param("xmc_gan", marks=pytest.mark.large)])
def test_systems_step_once_per_variable(name):
    model = SYSTEMS[name].make()
    graph = tf.function(model.train_step, autograph=False).get_concrete_function(
        SYSTEMS[name].batch(0)
    )
    trained = [v for o in model.optimizer_names for v in getattr(model, o)._trainable_variables]
    assert fused_count(graph) >= len(trained) > 4
