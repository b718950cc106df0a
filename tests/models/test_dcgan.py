"""The label-conditional DCGAN as a system."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from zoo.errors import ZooError
from zoo.models.dcgan import DCGAN

NAMES = ["cat", "dog", "frog", "ship"]


def dcgan(compiled=True, **changes):
    """The smallest one with all parts: four classes, 16 pixels."""
    keras.utils.set_random_seed(1)
    arguments = {"classes": 4, "image_size": 16, "filters": 4, "latent_dim": 8, "seed": 3}
    model = DCGAN(**{**arguments, **changes})
    if compiled:
        model.compile(generator_optimizer=tiny.adam(), discriminator_optimizer=tiny.adam())
    return model


def batch(step=0, size=4, image_size=16):
    """Random images, the same for the same step."""
    rng = np.random.default_rng(step)
    images = rng.uniform(-1, 1, (size, image_size, image_size, 3))
    return {
        "images": tf.constant(images, tf.float32),
        "labels": tf.constant(rng.integers(0, 4, size), tf.int64),
    }


def train(model, steps):
    return tiny.steps(model, map(batch, range(steps)))


# --- training -------------------------------------------------------------------------------------


def test_two_steps_without_mode_seeking_change_every_variable():
    model = dcgan(ema_decay=0.9)
    before = tiny.snapshot(model.network_variables())
    logs = train(model, 2)
    after = tiny.snapshot(model.network_variables())
    assert set(logs) == set(model.loss_names) and all(np.isfinite(list(logs.values())))
    assert {name.split("/")[0] for name in before} == set(model.network_names)
    assert not [name for name in before if np.array_equal(before[name], after[name])]


def test_generator_and_discriminator_learn_from_their_own_losses():
    model = dcgan(weight_decay=0.0)
    data, latents = batch(), tf.ones([4, 8])
    with tf.GradientTape(persistent=True) as tape:
        fakes = model.generator({"latents": latents, "labels": data["labels"]}, training=True)
        fakes = fakes["images"]
        losses = model.generator_losses(fakes, latents, data["labels"])
        own = model.discriminator_loss(data["images"], tf.stop_gradient(fakes), data["labels"])
    generator = [v.value for v in model.generator.trainable_variables]
    assert all(g is not None for g in tape.gradient(losses["generator_loss"], generator))
    assert all(g is None for g in tape.gradient(own, generator))


def test_mode_seeking_draws_a_second_sample_and_logs_its_distances():
    off = train(dcgan(), 1)
    on = train(dcgan(mode_seeking_weight=2.0), 1)
    assert off["mode_seeking"] == off["image_distance"] == off["latent_distance"] == 0
    ratio = on["image_distance"] / on["latent_distance"]
    np.testing.assert_allclose(on["mode_seeking"], 2.0 / (ratio + 1e-5), rtol=1e-5)
    total = on["adversarial_loss"] + on["mode_seeking"]
    np.testing.assert_allclose(on["generator_loss"], total, rtol=1e-5)


def test_two_samples_without_mode_seeking_are_the_official_step_without_the_term():
    model = dcgan(training_samples=2)
    logs, seeking = train(model, 1), train(dcgan(mode_seeking_weight=1.0), 1)
    assert model.latents_per_condition == 2
    assert logs["mode_seeking"] == 0 and logs["image_distance"] > 0
    assert logs["generator_loss"] == logs["adversarial_loss"]
    for name in ("discriminator_loss", "adversarial_loss", "image_distance"):
        np.testing.assert_allclose(logs[name], seeking[name], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("settings", "kinds"), [({}, "frf"), ({"mode_seeking_weight": 1.0}, "frfrff")]
)
def test_the_discriminator_sees_each_batch_by_itself_in_the_official_order(
    monkeypatch, settings, kinds
):
    model, data, seen = dcgan(**settings), batch(), []
    original = model.discriminator.call

    def call(images, labels, training=False):
        np.testing.assert_array_equal(labels, data["labels"])
        real = np.array_equal(images, data["images"])
        seen.append("r" if real else "f")
        return original(images, labels, training=training)

    monkeypatch.setattr(model.discriminator, "call", call)
    model.train_step(data)
    assert "".join(seen) == kinds


def test_both_forms_of_cross_entropy_train_alike_until_a_sigmoid_saturates():
    logs = [train(dcgan(adversarial_form=form), 1) for form in ("logits", "probabilities")]
    for name in logs[0]:
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-4, err_msg=name)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_weight_decay_pulls_every_trained_variable(network):
    """By SGD, with the other network at rest."""
    after = {}
    for decay in (0.0, 0.5):
        model = dcgan(compiled=False, weight_decay=decay)
        rates = {"generator": 0.0, "discriminator": 0.0, network: 0.1}
        model.compile(
            **{f"{n}_optimizer": keras.optimizers.SGD(rate) for n, rate in rates.items()}
        )
        variables = getattr(model, network).trainable_variables
        before = [v.numpy().copy() for v in variables]
        train(model, 1)
        after[decay] = [v.numpy() for v in variables]
    for plain, decayed, start in zip(after[0.0], after[0.5], before, strict=True):
        np.testing.assert_allclose(decayed, plain - 0.1 * 0.5 * start, atol=1e-6)


def test_the_label_matters_to_both_networks():
    model, data = dcgan(), batch()
    latents = tf.ones([4, 8])
    made = model({"latents": latents, "labels": tf.range(4)})["images"].numpy()
    assert len({image.tobytes() for image in made}) == 4
    logits = [model.discriminator(data["images"], tf.fill([4], label)) for label in (0, 1)]
    assert (logits[0].numpy() != logits[1].numpy()).all()


# --- weights and sizes ----------------------------------------------------------------------------


def test_initial_weights():
    ones = dcgan(filters=32, compiled=False).generator
    np.testing.assert_allclose(np.std(ones.deconvs[0].kernel), 0.02, rtol=0.05)
    assert all((norm.gamma.numpy() == 1).all() for norm in ones.norms)
    bias, limit = ones.deconvs[0].bias.numpy(), (16 * 12) ** -0.5
    assert 0.8 * limit < np.abs(bias).max() <= limit
    old = dcgan(filters=32, gamma_initialization="uniform").networks
    for network in old.values():
        gammas = np.concatenate([norm.gamma.numpy() for norm in network.norms])
        assert gammas.min() >= 0 and gammas.max() <= 1
        assert 0.4 < gammas.mean() < 0.6 and len(set(gammas)) == len(gammas)


@pytest.mark.parametrize("image_size", [16, 64])
def test_other_sizes_have_a_layer_more_or_less(image_size):
    model = dcgan(image_size=image_size)
    assert len(model.generator.deconvs) == len(model.discriminator.convs)
    assert model.generator.deconvs[-1].filters == model.discriminator.convs[0].filters == 4
    assert model.generator.deconvs[0].filters == 4 * image_size // 8
    assert model.generate(0).shape == (1, image_size, image_size, 3)
    data = batch(image_size=image_size)
    assert model.discriminator(data["images"], data["labels"]).shape == (4,)


def test_bfloat16_trains_with_float32_weights_images_and_losses():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = dcgan(mode_seeking_weight=1.0)
        logs = train(model, 2)
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(list(logs.values())))
    assert {v.dtype for v in model.generator.variables} == {"float32"}
    assert model.generator.deconvs[0].compute_dtype == "bfloat16"
    images = model.sample(batch(), tf.range(4, dtype=tf.int64))["images"]
    assert images.dtype == tf.float32


# --- saving ---------------------------------------------------------------------------------------


def test_config_round_trip():
    model = dcgan(
        compiled=False,
        class_names=NAMES,
        mode_seeking_weight=0.5,
        training_samples=2,
        weight_decay=0.0,
        adversarial_form="probabilities",
        gamma_initialization="uniform",
        ema_decay=0.99,
    )
    config = json.loads(json.dumps(model.get_config()))
    clone = DCGAN.from_config(config)
    assert clone.get_config() == config
    assert list(clone.network_variables()) == list(model.network_variables())


@pytest.mark.parametrize("ema_decay", [None, 0.5])
def test_preset_round_trip(tmp_path, ema_decay):
    import zoo

    model = dcgan(class_names=NAMES, ema_decay=ema_decay)
    train(model, 1)
    images = model.generate(["dog", "ship"], samples_per_condition=2, seed=7)
    model.save_to_preset(str(tmp_path / "p"))
    loaded = zoo.from_preset(str(tmp_path / "p"))
    assert loaded.preset_metadata["task"] == "label-to-image"
    assert loaded.class_names == NAMES
    np.testing.assert_array_equal(images, loaded.generate(["dog", "ship"], 2, seed=7))


# --- generation -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generating():
    return dcgan(compiled=False, class_names=NAMES)


def test_generate_gives_rows_of_bytes(generating):
    images = generating.generate([1, 3], samples_per_condition=3, seed=7)
    assert images.shape == (6, 16, 16, 3) and images.dtype == np.uint8
    assert len({image.tobytes() for image in images}) == 6
    assert generating.generate(2).shape == generating.generate(np.int64(2)).shape == (1, 16, 16, 3)


def test_a_row_depends_on_its_label_and_seed_alone(generating):
    whole = generating.generate([1, 3], samples_per_condition=3, seed=7).astype(int)
    small_batches = generating.generate([1, 3], 3, seed=7, batch_size=2)
    assert np.abs(whole - small_batches).max() <= 1
    assert np.abs(whole[5] - generating.generate(3, seed=9)[0]).max() <= 1
    assert np.abs(whole[[5, 0]] - generating.generate([3, 1], seed=[9, 7])).max() <= 1


def test_labels_by_name(generating):
    by_number = generating.generate([1, 3], seed=7)
    for labels in (["dog", "ship"], ("dog", 3), np.array([1, 3], "int32"), tf.constant([1, 3])):
        np.testing.assert_array_equal(by_number, generating.generate(labels, seed=7))
    np.testing.assert_array_equal(by_number[:1], generating.generate("dog", seed=7))


@pytest.mark.parametrize(
    ("labels", "arguments", "message"),
    [
        ([], {}, "No labels"),
        (4, {}, "from 0 to 3.*got 4"),
        ([0, -1], {}, "from 0 to 3.*got -1"),
        (1.0, {}, "integer from 0 to 3"),
        ([True], {}, "integer from 0 to 3"),
        (None, {}, "integer from 0 to 3.*None"),
        ([[0, 1]], {}, "integer from 0 to 3"),
        (b"dog", {}, "integer from 0 to 3"),
        ("dgo", {}, 'There is no class.*cat, dog, frog, ship.*"dog"'),
        (0, {"samples_per_condition": 0}, "samples_per_condition"),
        (0, {"seed": 1.5}, "seed"),
        (0, {"seed": [1, 2]}, "seed"),
    ],
)
def test_bad_input(generating, labels, arguments, message):
    with pytest.raises(ZooError, match=message):
        generating.generate(labels, **arguments)


def test_names_need_class_names():
    with pytest.raises(ZooError, match="integer from 0 to 3, got 'dog'"):
        dcgan(compiled=False).generate("dog")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": 24}, "power of two"),
        ({"image_size": 8}, "power of two"),
        ({"adversarial_form": "hinge"}, "adversarial_form"),
        ({"gamma_initialization": "zeros"}, "gamma_initialization"),
        ({"training_samples": 3}, "training_samples"),
        ({"training_samples": 1, "mode_seeking_weight": 1.0}, "training_samples"),
        ({"class_names": NAMES[:3]}, "class_names.*4 strings"),
        ({"class_names": [*NAMES[:3], 3]}, "class_names.*4 strings"),
        ({"class_names": [*NAMES[:3], "cat"]}, "class_names.*unique"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        dcgan(compiled=False, **arguments)
