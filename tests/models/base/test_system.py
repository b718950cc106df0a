"""The base class of all systems: noise, gradients over replicas, storage names."""

import keras
import numpy as np
import tensorflow as tf

from tests.support import tiny
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from zoo.models.base import noise
from zoo.models.base.system import System


class Line(System):
    """y = w x with squared error: no batch statistics, so replicas can be compared exactly."""

    network_names = preset_network_names = ("dense",)
    loss_names = ("loss",)

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(1, kernel_initializer="ones", name="dense")
        self.dense.build((None, 3))

    @property
    def optimizer_groups(self):
        return {"optimizer": {"line_optimizer": self.dense.trainable_variables}}

    def training_step(self, batch):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.dense(batch["x"]) - batch["y"]) ** 2)
        self.apply_gradients("line_optimizer", tape, loss, self.dense.trainable_variables)
        return {"loss": loss}


def line_batches(steps=5):
    rng = np.random.default_rng(0)
    return [
        {
            "x": rng.normal(size=(8, 3)).astype("float32"),
            "y": rng.normal(size=(8, 1)).astype("float32"),
        }
        for _ in range(steps)
    ]


def train_line(strategy):
    with strategy.scope():
        model = Line()
        model.compile(optimizer=keras.optimizers.SGD(0.1))  # Adam would hide a wrong scale
    step = tf.function(lambda b: strategy.run(model.train_step, (b,)), autograph=False)
    for batch in line_batches():
        data = tf.data.Dataset.from_tensors(batch).unbatch().batch(8)
        step(next(iter(strategy.experimental_distribute_dataset(data))))
    return model.dense.kernel.numpy()


def test_two_replicas_take_the_steps_of_one(two_devices):  # noqa: F811
    alone = train_line(tf.distribute.get_strategy())
    np.testing.assert_allclose(train_line(two_devices), alone, atol=1e-6)
    assert np.abs(alone - 1).max() > 0.05


def test_what_replicas_share_stays_unless_it_is_given():
    model = Line()
    for given, expected in (
        ({"negatives": "global"}, ("replica", "global")),
        ({"statistics": "global"}, ("global", "global")),
        ({"negatives": "replica"}, ("global", "replica")),
    ):
        model.share(**given)
        assert (model.statistics, model.negatives) == expected


def test_attn_gan_trains_on_two_replicas(two_devices):  # noqa: F811
    with two_devices.scope():
        model = tiny.attn_gan(mode_seeking_weight=1.0)
    data = tf.data.Dataset.from_tensors(tiny.batch(size=8)).unbatch().batch(8)
    batch = next(iter(two_devices.experimental_distribute_dataset(data)))
    before = model.ema_generator.trainable_variables or model.ema_generator.variables
    before = [v.numpy().copy() for v in before]
    logs = two_devices.run(model.train_step, (batch,))
    losses = two_devices.experimental_local_results(logs["generator_loss"])
    assert len(losses) == 2 and losses[0] != losses[1]  # other images, other noise
    for variable in model.generator.variables + model.ema_generator.variables:
        copies = two_devices.experimental_local_results(variable.value)
        np.testing.assert_array_equal(*[c.numpy() for c in copies])
    assert any(
        (a != b.numpy()).any() for a, b in zip(before, model.ema_generator.variables, strict=True)
    )
    assert int(model.iteration.numpy()) == 1


def test_noise_depends_on_seed_stream_and_iteration():
    keys = [noise.key(*k) for k in ((0, "a", 0), (1, "a", 0), (0, "b", 0), (0, "a", 1))]
    drawn = [noise.normal([4], key).numpy() for key in keys]
    assert len({row.tobytes() for row in drawn}) == 4
    np.testing.assert_array_equal(drawn[0], noise.normal([4], noise.key(0, "a", 0)))
    in_graph = tf.function(lambda i: noise.normal([4], noise.key(0, "a", i)))
    np.testing.assert_array_equal(drawn[3], in_graph(tf.constant(1, tf.int64)))


def test_row_noise_is_standard_normal_and_its_own():
    rows = noise.normal_from_seeds(tf.range(500, dtype=tf.int64), 40).numpy()
    assert abs(rows.mean()) < 0.02 and abs(rows.std() - 1) < 0.02
    np.testing.assert_array_equal(
        rows[7:8], noise.normal_from_seeds(tf.constant([7], tf.int64), 40)
    )


def test_storage_names_do_not_depend_on_what_was_built_before():
    first = list(tiny.reused(tiny.stackgan_v2).checkpoint_variables())
    keras.layers.Dense(1).build((1, 1))
    assert list(tiny.stackgan_v2().checkpoint_variables()) == first


def test_keras_file_keeps_every_network_and_optimizer(tmp_path):
    model = tiny.stackgan_v2()
    batches = [tiny.batch(step, mismatched=True) for step in (0, 1)]
    model.train_step(batches[0])
    path = str(tmp_path / "model.keras")
    model.save(path)
    again = keras.saving.load_model(path)
    saved, loaded = (tiny.snapshot(m.checkpoint_variables()) for m in (model, again))
    assert list(saved) == list(loaded)
    assert all(np.array_equal(saved[name], loaded[name]) for name in saved)
    steps = []
    for system in (model, again):
        system.reset_metrics()
        steps.append(system.train_step(batches[1]))
    assert all(float(steps[0][name]) == float(steps[1][name]) for name in model.loss_names)
