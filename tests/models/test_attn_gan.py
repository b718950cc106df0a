"""AttnGAN as a system: mode seeking, the EMA, `fit`; see also test_every_system.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.errors import ZooError


def train(model, steps, start=0):
    return tiny.steps(model, map(tiny.batch, range(start, start + steps)))


def test_mode_seeking_draws_a_second_sample_and_logs_its_distances():
    off = train(tiny.reused(tiny.attn_gan), 1)
    on = train(tiny.attn_gan(mode_seeking_weight=2.0), 1)
    assert off["mode_seeking"] == off["image_distance"] == off["latent_distance"] == 0
    ratio = on["image_distance"] / on["latent_distance"]
    np.testing.assert_allclose(on["mode_seeking"], 2.0 / (ratio + 1e-5), rtol=1e-5)
    terms = ("adversarial_loss", "word_loss", "sentence_loss", "kl_loss", "mode_seeking")
    np.testing.assert_allclose(on["generator_loss"], sum(on[t] for t in terms), rtol=1e-5)


def test_mode_seeking_reaches_the_generator_but_not_the_discriminators():
    """A huge weight changes the generator's step, but not the discriminators'."""
    small, large = (tiny.attn_gan(mode_seeking_weight=w) for w in (1e-6, 1e3))
    for model in (small, large):
        train(model, 1)
    for name in small.discriminator_names:
        for a, b in zip(
            getattr(small, name).variables, getattr(large, name).variables, strict=True
        ):
            if "moving" not in a.path:  # the G step passes its fakes, equal here, through D
                np.testing.assert_array_equal(a, b)
    moved = [
        np.abs(np.array(a) - np.array(b)).max()
        for a, b in zip(
            small.generator.trainable_variables, large.generator.trainable_variables, strict=True
        )
    ]
    assert max(moved) > 1e-5


@pytest.mark.parametrize("statistics", ["average", "current"])
def test_ema_over_all_weights(statistics):
    model = tiny.attn_gan(ema_statistics=statistics, ema_decay=0.9)
    before = [np.array(v) for v in model.generator.variables]
    train(model, 1)
    for start, average, variable in zip(
        before, model.ema_generator.variables, model.generator.variables, strict=True
    ):
        keep = 0.0 if statistics == "current" and "moving" in variable.path else 0.9
        np.testing.assert_allclose(
            average, keep * start + (1 - keep) * np.array(variable), rtol=1e-5, atol=1e-6
        )


def test_same_seed_same_bits_and_another_seed_not():
    first, again, other = tiny.reused(tiny.attn_gan), tiny.attn_gan(), tiny.attn_gan(seed=4)
    for model in (first, again, other):
        train(model, 2)
    a, b, c = (tiny.snapshot(m.checkpoint_variables()) for m in (first, again, other))
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
        logs = train(model, 2)
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


def test_fit_and_learning_rate_callbacks():
    model = tiny.attn_gan()
    data = tf.data.Dataset.range(3).map(lambda i: tiny_batch_graph())
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 / (epoch + 1))
    history = model.fit(data, epochs=2, verbose=0, callbacks=[schedule], shuffle=False)
    assert set(history.history) >= set(model.loss_names)
    np.testing.assert_allclose(model.generator_optimizer.learning_rate, 5e-4, rtol=1e-6)
    assert int(model.iteration) == 6


def tiny_batch_graph():
    return tiny.batch(0)


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
    model = tiny.attn_gan(mode_seeking_weight=0.5, mask_tiling="official")
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
    logs = []
    for weight in (5.0, 0.0):
        model = tiny.attn_gan(damsm_weight=weight)
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
