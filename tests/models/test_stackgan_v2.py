"""StackGAN++ as a system, with captions, pre-computed embeddings and without text."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.errors import ZooError
from zoo.losses.adversarial import cross_entropy

KINDS = ("rnn", "embeddings", "none")


def batch(kind="rnn", step=0):
    return tiny.batch(step, kind=kind, mismatched=kind != "none")


def train(model, steps, kind="rnn"):
    return tiny.steps(model, (batch(kind, i) for i in range(steps)))


@pytest.mark.parametrize("kind", KINDS[1:])  # captions: test_every_system.py
def test_two_steps_change_every_trained_variable_and_nothing_frozen(kind, monkeypatch):
    model = tiny.reused(tiny.stackgan_v2, kind)
    monkeypatch.setattr(model, "color_weight", 50.0)
    before = tiny.snapshot(model.network_variables())
    logs = train(model, 2, kind)
    after = tiny.snapshot(model.network_variables())
    assert set(logs) == set(model.loss_names) and all(np.isfinite(list(logs.values())))
    assert (logs["kl_loss"] > 0) == (kind != "none") and logs["color_loss"] > 0
    for name in before:
        frozen = name.startswith("text_encoder")
        assert np.array_equal(before[name], after[name]) == frozen, name


@pytest.mark.parametrize("kind", ["rnn", "none"])
def test_mode_seeking_draws_a_second_sample_and_logs_its_distances(kind, monkeypatch):
    off = train(tiny.reused(tiny.stackgan_v2, kind), 1, kind)
    model = tiny.reused(tiny.stackgan_v2, kind)
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    on = train(model, 1, kind)
    assert off["mode_seeking"] == off["image_distance"] == off["latent_distance"] == 0
    ratio = on["image_distance"] / on["latent_distance"]
    np.testing.assert_allclose(on["mode_seeking"], 2.0 / (ratio + 1e-5), rtol=1e-5)
    terms = ("adversarial_loss", "kl_loss", "color_loss", "mode_seeking")
    np.testing.assert_allclose(on["generator_loss"], sum(on[t] for t in terms), rtol=1e-5)
    np.testing.assert_allclose(on["kl_loss"], 2 * off["kl_loss"], rtol=1e-5)


def test_the_discriminators_see_each_kind_of_pair_by_itself(monkeypatch):
    """Real, mismatched, then each sample, all with the caption's mean, which they do not train."""
    model, seen = tiny.reused(tiny.stackgan_v2, "rnn"), []
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    original = model.discriminator_32.logits_of_each

    def logits_of_each(features, sentences, training):
        seen.extend(sentences)
        return original(features, sentences, training=training)

    monkeypatch.setattr(model.discriminator_32, "logits_of_each", logits_of_each)
    data = batch()
    text = model.condition.encode(data)
    latents, noise = tf.ones([8, model.latent_dim]), tf.zeros([8, model.condition_dim])
    doubled = {name: tf.concat([value] * 2, axis=0) for name, value in text.items()}
    outputs = model.generator({**doubled, "latents": latents, "noise": noise}, training=True)
    model.discriminator_loss(1, data, outputs)
    assert len(seen) == 4 and all(sentence.shape == (4, model.condition_dim) for sentence in seen)
    for sentence in seen:
        np.testing.assert_allclose(sentence, outputs["mu"][:4], rtol=1e-5, atol=1e-6)


def test_the_condition_learns_from_the_discriminators():
    """The augmentation's mean has a gradient without the KL term, though no noise reaches it."""
    model = tiny.reused(tiny.stackgan_v2, "rnn")
    data = batch()
    text = model.condition.encode(data)
    latents, noise = tf.ones([4, model.latent_dim]), tf.zeros([4, model.condition_dim])
    with tf.GradientTape() as tape:
        outputs = model.generator({**text, "latents": latents, "noise": noise}, training=True)
        images = [tf.stop_gradient(x) for x in outputs["images"]]
        fixed = {**outputs, "images": images}
        losses = model.generator_losses(fixed, latents)
    gradient = tape.gradient(
        losses["adversarial_loss"], model.generator.augmentation.linear.kernel.value
    )
    assert np.abs(gradient).max() > 0


def test_unconditional_weight_zero_leaves_the_head_out():
    model = tiny.stackgan_v2(unconditional_weight=0.0)
    assert not model.discriminator_32.unconditional and model.discriminator_32.conditional
    logs = train(model, 1)
    assert np.isfinite(logs["generator_loss"])


def test_without_text_there_is_one_head_and_no_gaussian():
    model = tiny.stackgan_v2("none", unconditional_weight=0.0)
    assert model.discriminator_32.unconditional and not model.discriminator_32.conditional
    assert model.condition_dim == 0 and "text_encoder" not in model.networks
    assert not any("augmentation" in name for name in model.network_variables())


def test_both_forms_of_cross_entropy_train_alike_until_a_sigmoid_saturates(monkeypatch):
    logs = []
    for form in ("logits", "probabilities"):
        model = tiny.reused(tiny.stackgan_v2, "rnn")
        monkeypatch.setattr(model, "cross_entropy", cross_entropy(form))
        logs.append(train(model, 1))
    for name in logs[0]:
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-4, err_msg=name)


def test_bfloat16_trains_with_float32_weights_images_and_losses():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = tiny.stackgan_v2(mode_seeking_weight=1.0, color_weight=1.0)
        logs = train(model, 1)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(list(logs.values())))
    assert {v.dtype for v in model.generator.variables} == {"float32"}
    images = model.sample(batch(), tf.range(4, dtype=tf.int64))
    assert images["images"][-1].dtype == tf.float32


@pytest.mark.parametrize("kind", ["rnn", "none"])
def test_config_round_trip(kind):
    model = tiny.stackgan_v2(
        kind,
        compiled=False,
        mode_seeking_weight=0.5,
        unconditional_weight=0.0,
        kl_weight=1.0,
        color_weight=3.0,
        adversarial_form="probabilities",
    )
    config = model.get_config()
    clone = type(model).from_config(config)
    assert clone.get_config() == config
    shapes = [[tuple(v.shape) for v in m.generator.variables] for m in (model, clone)]
    assert shapes[0] == shapes[1]


CONDITIONS = {
    "rnn": ["a red circle", "big blue square"],
    "embeddings": np.random.default_rng(0).normal(size=(2, tiny.TEXT["features"])),
    "none": None,
}


@pytest.mark.parametrize("kind", KINDS)
def test_generate_and_preset(tmp_path, kind):
    import zoo

    model = tiny.reused(tiny.stackgan_v2, kind, compiled=False)
    conditions = CONDITIONS[kind]
    images, details = model.generate(
        conditions, images_per_caption=3, seed=7, return_details=True
    )
    rows = 3 if kind == "none" else 6
    assert images.shape == (rows, 32, 32, 3) and images.dtype == np.uint8
    assert len({image.tobytes() for image in images}) == rows
    assert ("mu" in details) == ("log_var" in details) == (kind != "none")
    batched = model.generate(conditions, images_per_caption=3, seed=7, batch_size=2)
    assert np.abs(images.astype(int) - batched).max() <= 1
    model.save_to_preset(str(tmp_path / "p"))
    loaded = zoo.from_preset(str(tmp_path / "p"))
    np.testing.assert_array_equal(images, loaded.generate(conditions, 3, seed=7))


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("embeddings", "a red circle", "embeddings"),
        ("embeddings", np.zeros((2, 3)), r"\(rows, 16\)"),
        ("none", ["a red circle"], "no condition"),
    ],
)
def test_generate_refuses_what_the_model_does_not_read(kind, given, message):
    with pytest.raises(ZooError, match=message):
        tiny.reused(tiny.stackgan_v2, kind, compiled=False).generate(given)


def test_batches_need_mismatched_images():
    with pytest.raises(ZooError, match="mismatched_images.*mismatched=True"):
        tiny.reused(tiny.stackgan_v2, "rnn").train_step(tiny.batch())


def test_wrong_arguments():
    with pytest.raises(ValueError, match="adversarial_form"):
        tiny.stackgan_v2(adversarial_form="hinge")
    with pytest.raises(ValueError, match="at least 2 for 2 stages"):
        tiny.stackgan_v2(generator_filters=1)
    with pytest.raises(ValueError, match="vocabulary"):
        tiny.stackgan_v2(vocabulary=None)
    for kind in KINDS[:2]:
        with pytest.raises(ZooError, match="`condition_dim` must be at least 1, got 0"):
            tiny.stackgan_v2(kind, condition_dim=0)


def test_load_damsm_copies_the_text_encoder_and_refuses_others():
    model, damsm = tiny.reused(tiny.stackgan_v2, "rnn", compiled=False), tiny.damsm()
    model.load_damsm(damsm)
    pairs = zip(model.text_encoder.variables, damsm.text_encoder.variables, strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    with pytest.raises(ZooError, match="vocabulary"):
        model.load_damsm(tiny.damsm(vocabulary=tiny.WORDS[:-1]))
    with pytest.raises(ZooError, match="reads no captions"):
        tiny.reused(tiny.stackgan_v2, "embeddings", compiled=False).load_damsm(damsm)
