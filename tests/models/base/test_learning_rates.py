"""Learning rate decay: the official factors, and their use in a system."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.tiny_drit import drit
from tests.support.tiny_images import batch, bicyclegan, pix2pix, train
from zoo.errors import ZooError
from zoo.models.base.learning_rates import linear_decay

SCHEDULE = {"steps_per_epoch": 1, "epochs": 4, "constant_epochs": 1}


def test_linear_decay():
    factors = [float(linear_decay(epoch, 1200, 600)) for epoch in (0, 600, 601, 1199, 1300)]
    np.testing.assert_allclose(factors, [1, 1, 1 - 1 / 601, 2 / 601, 0], rtol=1e-5)


def rates(model, steps):
    """The discriminator's rate in each of the first steps, relative to the first."""
    found = []
    for step in range(steps):
        train(model, 1, start=step)
        found.append(float(model.discriminator_optimizer.learning_rate))
    return np.array(found) / found[0]


def test_systems_follow_it():
    # Pix2Pix counts its epochs from 0, BicycleGAN from 1.
    np.testing.assert_allclose(rates(pix2pix(**SCHEDULE), 3), [1, 1, 3 / 4], rtol=1e-6)
    np.testing.assert_allclose(rates(bicyclegan(**SCHEDULE), 3), [1, 3 / 4, 2 / 4], rtol=1e-6)


@pytest.mark.parametrize("make", [pix2pix, bicyclegan, drit])
def test_a_decay_that_would_end_before_it_begins(make):
    """The factor would be above 1 and grow."""
    with pytest.raises(ZooError, match="at most `epochs`, .* got 5 of 4 epochs"):
        make(compiled=False, **{**SCHEDULE, "constant_epochs": 5})
    make(compiled=False, **{**SCHEDULE, "constant_epochs": 4})


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_two_schedules_are_one_too_many(policy):
    model = pix2pix(compiled=False, dtype=policy, **SCHEDULE)
    rate = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.5)
    with pytest.raises(ZooError, match="schedule of its own: give discriminator_optimizer a num"):
        model.compile(
            generator_optimizer=keras.optimizers.Adam(1e-3),
            discriminator_optimizer=keras.optimizers.Adam(rate),
        )


def test_the_optimizer_of_a_damsm():
    """By name, or with a schedule, unless the DAMSM has its own."""
    rate = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.5)
    for steps, optimizer in ((2, "adam"), (None, "adam"), (None, keras.optimizers.Adam(rate))):
        model = tiny.damsm(steps_per_epoch=steps)
        model.compile(optimizer=optimizer)
        assert np.isfinite(model.train_on_batch(tiny.batch(0))).all()
    model = tiny.damsm(steps_per_epoch=2)
    with pytest.raises(ZooError, match="schedule of its own: give damsm_optimizer a number"):
        model.compile(optimizer=keras.optimizers.Adam(rate))


@pytest.mark.parametrize("settings,message", [
    (SCHEDULE, "so {} would do nothing"),
    ({}, "{} would change the learning rate of generator_optimizer only, not of discriminator_opt"),
])
@pytest.mark.parametrize("callback", [
    keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3), keras.callbacks.ReduceLROnPlateau(),
])
def test_a_callback_that_changes_no_rate_or_only_one(settings, message, callback):
    batches = tf.data.Dataset.from_tensors(batch(0))
    with pytest.raises(ZooError, match=message.format(type(callback).__name__)):
        pix2pix(**settings).fit(batches, verbose=0, callbacks=[callback])


def test_a_callback_with_one_optimizer():
    model = tiny.damsm()
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 / (epoch + 1))
    data = tf.data.Dataset.from_tensors(tiny.batch(0))
    model.fit(data, epochs=2, verbose=0, callbacks=[schedule], shuffle=False)
    np.testing.assert_allclose(model.damsm_optimizer.learning_rate, 5e-4, rtol=1e-6)


def test_schedules_of_keras_for_each_optimizer():
    rate = keras.optimizers.schedules.ExponentialDecay(1e-3, 1, 0.5)
    model = pix2pix()
    model.compile(generator_optimizer=keras.optimizers.Adam(rate),
                  discriminator_optimizer=keras.optimizers.Adam(rate))
    model.fit(tf.data.Dataset.from_tensors(batch(0)), epochs=2, verbose=0, shuffle=False)
    for name in model.optimizer_names:
        np.testing.assert_allclose(getattr(model, name).learning_rate, 2.5e-4, rtol=1e-6)


@pytest.mark.parametrize(("make", "data"), [
    (lambda: pix2pix(**SCHEDULE), batch),
    (lambda: tiny.damsm(steps_per_epoch=1), tiny.batch),
])
def test_a_keras_file_continues_with_the_same_rates(make, data, tmp_path):
    model = make()
    model.compile(**{name: keras.optimizers.Adam(0.01) for name in model.optimizer_groups})
    for step in range(3):
        model.train_step(data(step))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for system in (model, again):
        system.train_step(data(3))
    for name in model.optimizer_names:
        rate = getattr(model, name).learning_rate
        assert getattr(again, name).learning_rate == rate < 0.01


def test_a_schedule_that_no_file_can_hold(tmp_path):
    class Constant(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 1e-3

    model = tiny.damsm()
    model.compile(optimizer=keras.optimizers.Adam(Constant()))
    model.train_step(tiny.batch(0))
    with pytest.raises(ZooError):
        model.save(tmp_path / "model.keras")


def test_without_a_schedule_they_stay():
    np.testing.assert_array_equal(rates(pix2pix(), 2), 1)
