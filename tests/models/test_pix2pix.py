"""Pix2Pix as a system, in each of its forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from tests.support.tiny_images import SIZE, batch, check_replicas, pix2pix, train
from zoo.models.pix2pix.networks import translate

PLAIN = {
    "latent_dim": 0,
    "where_add": "input",
    "normalization": "batch",
    "adversarial_form": "cross_entropy",
    "discriminator_first": True,
    "discriminator_weight": 0.5,
}
FORMS = {"latent": {}, "mode_seeking": {"mode_seeking_weight": 1.0}, "plain": PLAIN}


@pytest.mark.parametrize("form", ["latent", "plain"])  # mode seeking: test_every_system.py
def test_two_steps_change_every_weight(form):
    model = tiny.reused(pix2pix, **FORMS[form])
    before = tiny.snapshot(model.network_variables())
    logs = train(model, 2)
    after = tiny.snapshot(model.network_variables())
    assert set(logs) == set(model.loss_names) and all(np.isfinite(list(logs.values())))
    assert int(model.iteration) == 2
    for name in before:
        if "bias" in name and before[name].shape != (3,):
            continue  # before a normalization, a bias has no gradient
        assert not np.array_equal(before[name], after[name]), name


def test_mode_seeking_draws_a_second_sample_and_logs_its_distances(monkeypatch):
    off = train(tiny.reused(pix2pix), 1)
    model = tiny.reused(pix2pix)
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    on = train(model, 1)
    assert off["mode_seeking"] == off["image_distance"] == off["latent_distance"] == 0
    ratio = on["image_distance"] / on["latent_distance"]
    np.testing.assert_allclose(on["mode_seeking"], 2.0 / (ratio + 1e-5), rtol=1e-5)
    terms = ("adversarial_loss", "l1_loss", "mode_seeking")
    np.testing.assert_allclose(on["generator_loss"], sum(on[t] for t in terms), rtol=1e-5)
    assert 1.5 < on["discriminator_loss"] / off["discriminator_loss"] < 2.5


def test_two_samples_without_the_term_log_the_distances(monkeypatch):
    model = tiny.reused(pix2pix)
    monkeypatch.setattr(model, "always_two_samples", True)
    logs = train(model, 1)
    assert logs["mode_seeking"] == 0 and logs["image_distance"] > 0


def test_l1_only_draws_the_first_sample_to_the_target(monkeypatch):
    model, data = tiny.reused(pix2pix), batch()
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    images = tf.Variable(tf.random.stateless_uniform([4, SIZE, SIZE, 3], [0, 1]))
    with tf.GradientTape() as tape:
        loss = model.generator_losses(*data.values(), images, tf.ones([4, 4]))["l1_loss"]
    slope = np.abs(tape.gradient(loss, images)).max((1, 2, 3))
    assert slope[:2].min() > 0 and slope[2:].max() == 0


def test_order_of_the_steps_decides_which_discriminator_judges(monkeypatch):
    """The first generator loss sees the new discriminator only if that went first."""
    logs = []
    for order in (True, False):
        model = tiny.reused(pix2pix)
        monkeypatch.setattr(model, "discriminator_first", order)
        logs.append(train(model, 1))
    first, last = logs
    assert first["discriminator_loss"] == last["discriminator_loss"]
    assert first["l1_loss"] == last["l1_loss"]
    assert first["adversarial_loss"] != last["adversarial_loss"]


def test_dropout_is_noise_of_the_iteration():
    model = pix2pix(image_size=64, dropout=0.5, compiled=False)
    assert model.generator.dropout_shapes(2, 64, 64) == [(2, 4, 4, 16)]
    source, latents = tf.ones([2, 64, 64, 3]), tf.ones([2, 4])
    made = [translate(model, source, latents).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*made)
    model.iteration.assign_add(1)
    assert not np.array_equal(made[0], translate(model, source, latents))
    plain = model({"source": source, "latents": latents})["images"]
    assert not np.array_equal(made[0], plain)


def test_mixed_bfloat16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = pix2pix(mode_seeking_weight=1.0)
    finally:
        keras.config.set_dtype_policy(before)
    logs = train(model, 1)
    assert np.isfinite(list(logs.values())).all()
    assert {v.dtype for v in model.generator.variables} == {"float32"}
    assert model.sample(batch(), tf.range(2, dtype=tf.int64))["images"].dtype == tf.float32


@pytest.mark.parametrize("form", ["mode_seeking", "plain"])
def test_config_round_trip(form):
    model = pix2pix(compiled=False, **FORMS[form], l1_weight=3.0, ema_decay=0.5)
    config = model.get_config()
    clone = type(model).from_config(config)
    assert clone.get_config() == config
    shapes = [[tuple(v.shape) for v in m.generator.variables] for m in (model, clone)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"adversarial_form": "hinge"}, "`adversarial_form` must be one of.*'hinge'"),
        ({"where_add": "output"}, "`where_add` must be .*'output'"),
        ({"latent_dim": 0, "always_two_samples": True}, "`always_two_samples` needs a latent"),
        ({"image_size": 24, "num_downs": 4}, "multiple of 16.*24"),
        ({"discriminator_layers": 3}, "too small for 3 downsamplings and 2 scales"),
    ],
)
def test_wrong_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        pix2pix(**changes)


def test_two_replicas_take_the_steps_of_one(two_devices):  # noqa: F811
    steps = check_replicas(pix2pix, two_devices)
    assert max(np.abs(step).max() for step in steps.values()) > 1e-3


# --- generation -----------------------------------------------------------------------------------


def make_images(count=2, size=SIZE):
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)


def test_generate_and_preset(tmp_path):
    import zoo

    model = tiny.reused(pix2pix, compiled=False)
    images = model.generate(make_images(), samples_per_condition=3, seed=7)
    assert images.shape == (6, SIZE, SIZE, 3) and images.dtype == np.uint8
    model.save_to_preset(str(tmp_path / "p"))
    loaded = zoo.from_preset(str(tmp_path / "p"))
    assert loaded.preset_metadata["task"] == "image-to-image"
    np.testing.assert_array_equal(images, loaded.generate(make_images(), 3, seed=7))


def visible(model):
    """The model with larger weights: images of a new network are almost uniformly gray."""
    for variable in model.generator.trainable_variables:
        variable.assign(variable * 30)
    return model


def test_a_row_depends_on_its_own_image_and_seed():
    model = visible(tiny.reused(pix2pix, compiled=False))
    images = model.generate(make_images(), samples_per_condition=3, seed=[7, 20])
    assert len({image.tobytes() for image in images}) == 6
    small = model.generate(make_images(), 3, seed=[7, 20], batch_size=2)
    assert np.abs(images.astype(int) - small).max() <= 1
    alone = model.generate(make_images()[1], 1, seed=21)
    assert np.abs(images[4].astype(int) - alone[0]).max() <= 1


def test_a_model_without_latent_gives_one_image():
    images = visible(pix2pix(compiled=False, **PLAIN)).generate(make_images(), 2)
    np.testing.assert_array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_generate_from_an_ema():
    model = visible(pix2pix(compiled=False, ema_decay=0.9))
    assert model.preset_network_names == ("ema_generator",)
    before = model.generate(make_images())
    model.ema.reset()
    assert not np.array_equal(before, model.generate(make_images()))
