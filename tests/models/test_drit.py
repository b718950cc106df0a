"""DRIT as a system; see also test_every_system.py, and test_drit_generate.py for generation."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from tests.support.tiny_drit import SIZE, batch, drit, make_images
from zoo.errors import ZooError
from zoo.models.drit import DRIT
from zoo.models.drit.iteration import forward, is_full_step, split_batch, update_networks
from zoo.models.drit.objectives import discriminate, second_losses


def changed(model, step):
    """The networks that a step changes, as a set; all weights of each change, or none."""
    before = tiny.snapshot(model.network_variables())
    step()
    after = tiny.snapshot(model.network_variables())
    moved = {name.split("/")[0] for name in before if not np.array_equal(before[name], after[name])}
    still = [name for name in before if np.array_equal(before[name], after[name])]
    assert not [name for name in still if name.split("/")[0] in moved]
    return moved


def values(logs):
    return {name: float(value) for name, value in logs.items()}


def test_a_full_step_changes_everything_and_a_content_step_its_discriminator():
    """Feature-wise; the other form is that of test_every_system.py."""
    model, made = tiny.reused(drit, concat=False, mode_seeking_weight=1.0), {}
    content = lambda: model.train_step(batch(), full=False)  # noqa: E731
    assert changed(model, content) == {"content_discriminator"}
    full = lambda: made.update(model.train_step(batch(1), full=True))  # noqa: E731
    assert changed(model, full) == set(model.network_names)
    assert set(made) == set(model.loss_names)
    assert all(np.isfinite(value) and value > 0 for value in made.values())
    steps = {name: int(getattr(model, name).iterations) for name in model.optimizer_names}
    assert steps.pop("content_encoder_optimizer") == steps.pop("generator_optimizer") == 2
    assert steps.pop("content_discriminator_optimizer") == 2
    assert set(steps.values()) == {1}  # the attribute encoder and the other discriminators


def test_the_logged_terms_add_up_and_means_are_over_the_steps_that_have_them(monkeypatch):
    model = tiny.reused(drit)
    with monkeypatch.context() as patch:
        patch.setattr(model, "mode_seeking_weight", 2.0)
        made = values(model.training_step(batch(), full=True))
    first = [name for name in model.LOSS_WEIGHTS if not name.startswith(("random", "latent"))]
    np.testing.assert_allclose(
        made["first_generator_loss"], sum(made[name] for name in first), rtol=1e-5
    )
    second = ("random_adversarial_loss", "latent_regression_loss", "mode_seeking")
    np.testing.assert_allclose(
        made["second_generator_loss"], sum(made[name] for name in second), rtol=1e-5
    )
    model = tiny.reused(drit)
    content = values(model.train_step(batch(), full=False))
    assert content["first_generator_loss"] == 0 and content["content_discriminator_loss"] > 0
    steps = []

    def full_step(given, full_step=model.full_step):
        steps.append(full_step(given))
        return steps[-1]

    monkeypatch.setattr(model, "full_step", full_step)
    logs, full = values(model.train_step(batch(1), full=True)), values(steps[0])
    for name in model.loss_names:
        both = name == "content_discriminator_loss"
        want = (content[name] + full[name]) / 2 if both else full[name]
        np.testing.assert_allclose(logs[name], want, rtol=1e-5, err_msg=name)


def test_schedule():
    kinds = [is_full_step(step) for step in range(6)]
    assert kinds == [False, False, True, False, False, True]
    epoch = [is_full_step(step, 3, 616) for step in range(616, 2 * 616)]
    assert sum(epoch) == 206 and epoch[-2:] == [True, True]  # from the fact sheet
    tensors = is_full_step(tf.range(616, 2 * 616, dtype=tf.int64), 3, 616)
    np.testing.assert_array_equal(tensors, epoch)


def test_learning_rates_fall_by_epoch():
    model = drit(steps_per_epoch=3, epochs=4, constant_epochs=1)
    base = float(model.generator_optimizer.learning_rate)
    for step, factor in ((0, 1.0), (5, 1.0), (6, 0.75), (11, 0.5)):
        model.iteration.assign(step)
        model.train_step(batch(), full=False)
        for name in model.optimizer_names:
            rate = float(getattr(model, name).learning_rate)
            np.testing.assert_allclose(rate, base * factor, rtol=1e-5)


def test_mode_seeking_draws_a_second_attribute_and_spares_the_attribute_encoder(monkeypatch):
    weights, made, streams = {}, {}, {}
    for weight in (0.0, 2.0):
        model = tiny.reused(drit)
        monkeypatch.setattr(model, "mode_seeking_weight", weight)
        seen = streams.setdefault(weight, [])

        def normal(stream, shape, model=model, seen=seen):
            seen.append(stream)
            return DRIT.normal(model, stream, shape)

        monkeypatch.setattr(model, "normal", normal)
        made[weight] = values(model.training_step(batch(), full=True))
        weights[weight] = tiny.snapshot(model.network_variables())
    off, on = made[0.0], made[2.0]
    assert off["mode_seeking"] == off["image_distance"] == off["latent_distance"] == 0
    assert set(streams[2.0]) - set(streams[0.0]) == {"latents_2"}
    assert on["mode_seeking"] > 0 and on["image_distance"] > 0
    assert on["first_generator_loss"] == off["first_generator_loss"]
    same = {
        name: np.array_equal(value, weights[2.0][name]) for name, value in weights[0.0].items()
    }
    by_network = {name.split("/")[0]: [] for name in same}
    for name, equal in same.items():
        by_network[name.split("/")[0]].append(equal)
    untouched = {name for name, equal in by_network.items() if all(equal)}
    assert untouched == {
        "attribute_encoder", "discriminator_a", "discriminator_b", "content_discriminator"
    }  # fmt: skip


def test_mode_seeking_of_both_directions(monkeypatch):
    """The term of a direction is weight / (image distance / latent distance + 1e-5)."""
    model = tiny.reused(drit)
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    images, _ = split_batch(batch())
    outputs = forward(model, images)
    made = values(second_losses(model, outputs))
    z1, z2 = outputs["latents"]
    want = 0.0
    for domain in "ab":
        one, two = outputs["random"][domain]
        ratio = np.abs(one - two).mean() / np.abs(z1 - z2).mean()
        want += 2.0 / (ratio + 1e-5)
    np.testing.assert_allclose(made["mode_seeking"], want, rtol=1e-4)


def test_batches_of_different_sizes_are_discriminated_in_one_call():
    calls = []

    def network(images, training):
        calls.append(images)
        return [images, images[:, :1]]  # two scales

    batches = [tf.fill([count, 2], float(count)) for count in (3, 1, 2)]
    logits = discriminate(network, batches)
    assert len(calls) == 1 and len(logits) == len(batches)
    for maps, batch_ in zip(logits, batches, strict=True):
        np.testing.assert_array_equal(maps[0], batch_)
        np.testing.assert_array_equal(maps[1], batch_[:, :1])


def test_the_second_half_of_a_batch_is_only_real_images():
    given = batch(count=4)
    other = {
        name: tf.concat([images[:2], batch(5, 4)[name][2:]], 0) for name, images in given.items()
    }
    after = []
    for data in (given, other):
        model = tiny.reused(drit)
        model.training_step(data, full=True)
        after.append(tiny.snapshot(model.network_variables()))
    for network in model.discriminator_names:
        names = list(model.network_variables([network]))
        equal = all(np.array_equal(after[0][name], after[1][name]) for name in names)
        assert names and equal == (not network.endswith("2")), network


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"images_a": np.zeros((2, SIZE, SIZE, 3), "float32")}, "without images_b"),
        (batch(count=3), r"even number.*\[3\]"),
        ({**batch(), "images_b": batch(count=4)["images_b"]}, r"the same for both.*\[2, 4\]"),
    ],
)
def test_batches_of_another_form(data, message):
    with pytest.raises(ZooError, match=message):
        tiny.reused(drit).train_step(data)


def test_replicas_sum_to_one_device(two_devices):  # noqa: F811
    """Of the joint update, with SGD, which a factor does not escape; weight decay counts once."""
    networks = ("content_encoder", "generator")

    def make():
        return drit(optimizer=lambda: keras.optimizers.SGD(0.01), weight_decay=0.1)

    def update(model, factor):
        with tf.GradientTape() as tape:
            weights = [w for n in networks for w in getattr(model, n).trainable_variables]
            loss = factor * tf.add_n([tf.reduce_sum(tf.sin(w)) for w in weights])
        update_networks(model, networks, tape, loss)

    whole, strategy = make(), two_devices
    start = tiny.snapshot(whole.network_variables(networks))
    with strategy.scope():
        spread = make()
    update(whole, 2.0)

    @tf.function(autograph=False)
    def step():
        def of_replica():
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            update(spread, 1.0 + 2.0 * tf.cast(replica, tf.float32))  # 1 and 3, mean 2

        strategy.run(of_replica)

    step()
    a, b = (tiny.snapshot(m.network_variables(networks)) for m in (whole, spread))
    for name, before in start.items():
        want = before - 0.01 * (2 * np.cos(before) + 0.1 * before)
        np.testing.assert_allclose(a[name], want, rtol=1e-5, atol=1e-7, err_msg=name)
        np.testing.assert_allclose(b[name], want, rtol=1e-5, atol=1e-7, err_msg=name)


def test_several_replicas_are_told_which_step(two_devices):  # noqa: F811
    with two_devices.scope(), pytest.raises(ZooError, match="full=model.is_full_step"):
        drit(compiled=False).training_step(batch())


@pytest.mark.large
def test_checkpoint_resumes_bit_exactly(tmp_path):
    """With spectral normalization; by default test_every_system.py resumes DRIT and, with such
    layers, XMC-GAN."""

    def train(model, steps):
        for i in steps:
            model.train_step(batch(i))

    settings = {"mode_seeking_weight": 1.0, "full_step_every": 2, "steps_per_epoch": 10}
    settings["discriminators"] = {"filters": 2, "scales": 1, "layers": 3, "spectral": True}
    whole = drit(**settings)
    train(whole, range(2))
    whole.save_checkpoint(str(tmp_path / "c.h5"))
    train(whole, (2, 3))
    resumed = drit(**settings)
    train(resumed, (7,))  # anything else
    resumed.load_checkpoint(str(tmp_path / "c.h5"))
    train(resumed, (2, 3))
    a, b = (tiny.snapshot(m.checkpoint_variables()) for m in (whole, resumed))
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_bfloat16_trains_with_float32_weights_images_and_losses():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = drit(mode_seeking_weight=1.0)
        made = values(model.train_step(batch(), full=True))
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(list(made.values())))
    assert {v.dtype for v in model.network_variables().values()} == {"float32"}
    sampled = model.sample({"source": make_images()}, tf.range(2, dtype=tf.int64))
    assert sampled["images"].dtype == tf.float32


def test_config_round_trip():
    model = drit(
        compiled=False,
        concat=False,
        mode_seeking_weight=0.5,
        discriminators={"filters": 2, "scales": 1, "layers": 3, "normalization": "instance"},
        loss_weights={"cross_cycle_loss": 3.0},
        content_noise=0.5,
        content_clip=1.0,
        weight_decay=0.0,
        generator_step="recompute",
        full_step_every=2,
        steps_per_epoch=7,
        epochs=9,
        constant_epochs=4,
    )
    config = model.get_config()
    clone = type(model).from_config(config)
    assert clone.get_config() == config
    assert config["loss_weights"] == {**DRIT.LOSS_WEIGHTS, "cross_cycle_loss": 3.0}
    shapes = [[tuple(v.shape) for v in m.generator.variables] for m in (model, clone)]
    assert shapes[0] == shapes[1]


def test_wrong_arguments():
    model = tiny.reused(drit)
    with pytest.raises(ZooError, match='direction must be "a2b" or "b2a", got \'b2c\''):
        model.generate(make_images(), direction="b2c")
    with pytest.raises(ZooError, match=r"one per condition \(2\), got 3"):
        model.generate(make_images(), guide=make_images(1, 3))
    with pytest.raises(ValueError, match="multiple of 4"):
        drit(image_size=50)
    with pytest.raises(ValueError, match="generator_step"):
        drit(generator_step="legacy")
    with pytest.raises(ValueError, match="loss_weights.*cycle"):
        drit(loss_weights={"cycle": 1.0})
    with pytest.raises(ZooError, match="Content features of 12 pixels are too small for 4 layers"):
        drit(content_discriminator={"layers": 3})
    with pytest.raises(ZooError, match="Images of 48 pixels are too small for 7 layers"):
        drit(discriminators={"filters": 2, "scales": 1, "layers": 7})


def test_normalization_and_spectral_normalization_of_the_discriminators_train():
    """At one scale; at two, without these, everywhere else."""
    settings = {"filters": 2, "scales": 1, "layers": 3, "spectral": True}
    model = drit(
        discriminators={**settings, "normalization": "instance"},
        content_discriminator={"layers": 1, "normalization": "instance"},
    )
    assert any(name.endswith("/u") for name in model.network_variables())
    made = values(model.training_step(batch(), full=True))
    assert all(np.isfinite(list(made.values())))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"discriminators": {"scale": 1}}, 'A key of `discriminators` must be.*"scales"'),
        ({"discriminators": {"scales": 0}}, "`scales` must be a whole number of at least 1"),
        ({"content_discriminator": {"filters": 3}}, "A key of `content_discriminator` must be"),
        ({"loss_weights": {"adversarial_loss": "1"}}, "`adversarial_loss` must be a finite number"),
    ],
)
def test_settings_of_networks_are_checked_at_once(settings, words):
    with pytest.raises(ZooError, match=words):
        DRIT(SIZE, 2, 4, **settings)
