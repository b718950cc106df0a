"""AttnGAN as a system: mode seeking, the EMA, `fit`; see also test_every_system.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.errors import ZooError


def train(model, steps, start=0):
    return tiny.steps(model, map(tiny.batch, range(start, start + steps)))


def test_mode_seeking_draws_a_second_sample_and_logs_its_distances(monkeypatch):
    off = train(tiny.reused(tiny.attn_gan), 1)
    model = tiny.reused(tiny.attn_gan)
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    on = train(model, 1)
    assert off["mode_seeking"] == off["image_distance"] == off["latent_distance"] == 0
    ratio = on["image_distance"] / on["latent_distance"]
    np.testing.assert_allclose(on["mode_seeking"], 2.0 / (ratio + 1e-5), rtol=1e-5)
    terms = ("adversarial_loss", "word_loss", "sentence_loss", "kl_loss", "mode_seeking")
    np.testing.assert_allclose(on["generator_loss"], sum(on[t] for t in terms), rtol=1e-5)


def test_mode_seeking_reaches_the_generator_but_not_the_discriminators(monkeypatch):
    """A huge weight changes the generator's step, but not the discriminators'."""
    after = []
    for weight in (1e-6, 1e3):
        model = tiny.reused(tiny.attn_gan)
        monkeypatch.setattr(model, "mode_seeking_weight", weight)
        train(model, 1)
        after.append(tiny.snapshot(model.network_variables()))
    small, large = after
    names = [name for name in small if name.startswith("discriminator")]
    for name in names:
        if "moving" not in name:  # the G step passes its fakes, equal here, through D
            np.testing.assert_array_equal(small[name], large[name], err_msg=name)
    moved = [
        np.abs(value - large[name]).max()
        for name, value in small.items()
        if name.startswith("generator/") and "moving" not in name
    ]
    assert names and max(moved) > 1e-5


@pytest.mark.parametrize("statistics", ["average", "current"])
def test_ema_over_all_weights(statistics, monkeypatch):
    model = tiny.reused(tiny.attn_gan)
    monkeypatch.setattr(model.ema, "statistics", statistics)
    monkeypatch.setattr(model.ema, "decay", 0.9)
    before = [np.array(v) for v in model.generator.variables]
    train(model, 1)
    for start, average, variable in zip(
        before, model.ema_generator.variables, model.generator.variables, strict=True
    ):
        keep = 0.0 if statistics == "current" and "moving" in variable.path else 0.9
        np.testing.assert_allclose(
            average, keep * start + (1 - keep) * np.array(variable), rtol=1e-5, atol=1e-6
        )


def test_same_seed_same_bits_and_another_seed_not(monkeypatch):
    def after(model):
        train(model, 1)
        return tiny.snapshot(model.checkpoint_variables())

    a, b = after(tiny.reused(tiny.attn_gan)), after(tiny.attn_gan())
    other = tiny.reused(tiny.attn_gan)
    monkeypatch.setattr(other, "seed", other.seed + 1)
    c = after(other)
    assert all(np.array_equal(a[name], b[name]) for name in a)
    assert any(not np.array_equal(a[name], c[name]) for name in a)


def test_single_image_variant_has_one_head_and_one_conditional_discriminator():
    model = tiny.attn_gan(single_image=True, damsm_weight=1.0)
    assert model.discriminator_names == ["discriminator_32"]
    assert not model.discriminator_32.unconditional
    logs = train(model, 1)
    assert np.isfinite(logs["generator_loss"])


def test_bfloat16_trains_with_float32_weights_images_and_losses():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = tiny.attn_gan(mode_seeking_weight=1.0)
        logs = train(model, 1)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(list(logs.values())))
    assert {v.dtype for v in model.generator.variables} == {"float32"}
    text = model.text_encoder(tiny.batch()["tokens"], tiny.batch()["lengths"])
    assert text["words"].dtype == tf.float32
    images = model.sample(tiny.batch(), tf.range(4, dtype=tf.int64))
    assert images["images"][-1].dtype == tf.float32


def test_float16_scales_every_optimizers_loss():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = tiny.attn_gan()
        train(model, 1)
    finally:
        keras.config.set_dtype_policy("float32")
    for name in model.optimizer_names:
        assert isinstance(getattr(model, name), keras.optimizers.LossScaleOptimizer)


def test_fit():
    model = tiny.reused(tiny.attn_gan)
    data = tf.data.Dataset.from_tensors(tiny.batch(0)).repeat(2)
    history = model.fit(data, epochs=2, verbose=0, shuffle=False)
    assert set(history.history) >= set(model.loss_names)
    assert int(model.iteration) == 4


def test_every_discriminator_has_its_own_built_optimizer():
    model = tiny.reused(tiny.attn_gan)
    assert model.optimizer_names == [
        "generator_optimizer",
        "discriminator_16_optimizer",
        "discriminator_32_optimizer",
    ]
    optimizers = [getattr(model, name) for name in model.optimizer_names]
    assert len(set(map(id, optimizers))) == 3 and all(o.built for o in optimizers)


def test_compile_names_its_optimizers():
    with pytest.raises(ZooError, match="discriminator_optimizer.*got optimizer"):
        tiny.reused(tiny.attn_gan).compile(optimizer=tiny.adam())


def test_config_round_trip():
    model = tiny.attn_gan(compiled=False, mode_seeking_weight=0.5, mask_tiling="official")
    config = model.get_config()
    clone = type(model).from_config(config)
    assert clone.get_config() == config
    shapes = [[tuple(v.shape) for v in m.generator.variables] for m in (model, clone)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("sizes", [(16, 64), (12, 24), ()])
def test_wrong_stage_sizes(sizes):
    with pytest.raises(ValueError, match="stage_sizes"):
        tiny.attn_gan(stage_sizes=sizes)


def test_without_a_weight_the_damsm_gives_its_text_encoder_alone():
    """The other terms of the first step, with the same networks, are unchanged."""
    logs = [tiny.reused(tiny.attn_gan).train_step(tiny.batch())]
    model = tiny.attn_gan(damsm_weight=0.0)
    logs.append(model.train_step(tiny.batch()))
    damsm = tiny.damsm(image_encoder={**tiny.IMAGE, "filters": 8})
    model.load_damsm(damsm)
    pairs = zip(model.text_encoder.variables, damsm.text_encoder.variables, strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs) and "image_encoder" not in model.networks
    with_damsm, without = ({k: float(v) for k, v in log.items()} for log in logs)
    for name in ("discriminator_loss", "adversarial_loss", "kl_loss"):
        np.testing.assert_allclose(without[name], with_damsm[name], rtol=1e-5)
    assert without["word_loss"] == without["sentence_loss"] == 0 < with_damsm["word_loss"]
    total = without["adversarial_loss"] + without["kl_loss"]
    np.testing.assert_allclose(without["generator_loss"], total, rtol=1e-5)


def test_load_damsm_copies_both_encoders_and_refuses_others():
    model, damsm = tiny.reused(tiny.attn_gan), tiny.damsm()
    model.load_damsm(damsm)
    for name in ("text_encoder", "image_encoder"):
        pairs = zip(getattr(model, name).variables, getattr(damsm, name).variables, strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)
    with pytest.raises(ZooError, match="vocabulary"):
        model.load_damsm(tiny.damsm(vocabulary=tiny.WORDS[:-1]))
    other = {**tiny.IMAGE, "filters": 8}
    with pytest.raises(ZooError, match="image_encoder has other sizes"):
        model.load_damsm(tiny.damsm(image_encoder=other))


def test_a_batch_of_one_has_no_mismatched_pair():
    with pytest.raises(ZooError, match="at least 2 per replica, got 1"):
        tiny.reused(tiny.attn_gan).train_step(tiny.batch(size=1))
