"""XMC-GAN as a system, with pre-computed word vectors and with captions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from zoo.errors import ZooError
from zoo.models.xmc_gan import XMCGAN, FlaxAdam
from zoo.models.xmc_gan.perceptual_network import (
    ApplicationFeatures,
    make_image_network,
    resize,
)
from zoo.networks.build import build_on, symbolic_input

TWO_CAPTIONS = ["a red circle", "big blue square"]
FEATURES, WORDS, SIZE = tiny.TEXT["features"], 6, 64
RESNET = {"kind": "resnet50", "blocks": [1, 1], "filters": 4, "classes": 5}
TEXTS = {
    "rnn": {"vocabulary": tiny.WORDS, "text_encoder": tiny.TEXT},
    "vectors": {"text_encoder": {"kind": "word_embeddings", "features": FEATURES}},
}


def adam():
    return FlaxAdam(2e-3, 0.5, 0.999, epsilon=1e-8)


def xmc_gan(kind="vectors", optimizer=adam, compiled=True, **changes):
    keras.utils.set_random_seed(1)
    arguments = {
        **TEXTS[kind],
        "max_words": WORDS,
        "image_size": SIZE,
        "generator_filters": 2,
        "discriminator_filters": 2,
        "latent_dim": 8,
        "ema_decay": None,  # one network less to be made
        "seed": 3,
    }
    model = XMCGAN(**{**arguments, **changes})
    if compiled:
        model.compile(generator_optimizer=optimizer(), discriminator_optimizer=optimizer())
    return model


def vectors(rows, step=0):
    rng = np.random.default_rng(step)
    return {
        "words": rng.normal(size=(rows, WORDS, FEATURES)).astype("float32"),
        "sentence": rng.normal(size=(rows, FEATURES)).astype("float32"),
        "lengths": rng.integers(1, WORDS + 1, rows).astype("int32"),
    }


def batch(kind="vectors", step=0, size=4):
    if kind == "rnn":
        return tiny.batch(step, size, sizes=(SIZE,), max_words=WORDS)
    data = tiny.batch(step, size, sizes=(SIZE,), kind="none")
    return {**data, **{name: tf.constant(value) for name, value in vectors(size, step).items()}}


def train(model, steps=1, kind="vectors"):
    return tiny.steps(model, (batch(kind, i) for i in range(steps)))


def test_two_steps_on_captions_change_every_trained_variable_and_nothing_frozen():
    """With spectral normalization; word vectors are in test_every_system.py."""
    model = xmc_gan("rnn", image_network=RESNET, generator_spectral=True, ema_decay=0.9)
    before = tiny.snapshot(model.network_variables())
    logs = train(model, 2, "rnn")
    after = tiny.snapshot(model.network_variables())
    assert set(logs) == set(model.loss_names) and all(np.isfinite(list(logs.values())))
    assert logs["mode_seeking"] == 0 and logs["network_loss"] > 0
    for name in before:
        frozen = name.startswith(("text_encoder", "image_network"))
        assert np.array_equal(before[name], after[name]) == frozen, name


def test_mode_seeking_draws_a_second_sample_and_losses_stay_means(monkeypatch):
    off = train(tiny.reused(xmc_gan))
    model = tiny.reused(xmc_gan, discriminator_steps=1, image_network=RESNET)
    monkeypatch.setattr(model, "mode_seeking_weight", 2.0)
    on = train(model)
    ratio = on["image_distance"] / on["latent_distance"]
    np.testing.assert_allclose(on["mode_seeking"], 2.0 / (ratio + 1e-5), rtol=1e-5)
    terms = ["adversarial_loss", "word_loss", "sentence_loss", "image_loss", "network_loss"]
    total = sum(on[term] for term in terms) + on["mode_seeking"]
    np.testing.assert_allclose(on["generator_loss"], total, rtol=1e-5)
    assert off["mode_seeking"] == off["image_distance"] == off["network_loss"] == 0


def test_weights_of_the_losses(monkeypatch):
    """The first forward pass is the same, so the terms differ by their weights alone."""
    names = ("word", "sentence", "image", "network")
    settings = {"discriminator_steps": 1, "image_network": RESNET}
    one = train(tiny.reused(xmc_gan, **settings))
    model = tiny.reused(xmc_gan, **settings)
    for i, name in enumerate(names):
        monkeypatch.setattr(model, f"{name}_weight", 0.5 * i)
    other = train(model)
    for i, name in enumerate(names):
        term = f"{name}_loss"
        np.testing.assert_allclose(other[term], 0.5 * i * one[term], rtol=1e-5, err_msg=name)
    np.testing.assert_allclose(other["real_sentence_loss"], 0.5 * one["real_sentence_loss"], 1e-5)
    assert other["real_word_loss"] == 0


@pytest.mark.parametrize("steps", [1, 2])
def test_statistics_follow_the_last_part_of_a_batch_alone(steps, monkeypatch):
    model = tiny.reused(xmc_gan)
    monkeypatch.setattr(model, "discriminator_steps", steps)
    data = batch()
    last = {name: value[len(value) - 4 // steps :] for name, value in vectors(4).items()}
    parts = model.split_discriminator_batches(data)
    alone = tiny.reused(xmc_gan, compiled=False)
    text = alone.condition.encode(last)
    alone.generator({**text, "latents": parts[-1]["latents"]}, training=True)
    model.train_step(data)
    for mine, other in zip(model.generator.variables, alone.generator.variables, strict=True):
        if mine.path.endswith(("/moving_mean", "/moving_variance")):
            np.testing.assert_allclose(mine, other, 1e-5, 1e-6, err_msg=mine.path)


def test_batches_that_cannot_be_cut():
    with pytest.raises(ZooError, match="multiple.*5 images"):
        tiny.reused(xmc_gan).train_step(batch(size=5))


def test_bfloat16_trains_with_float32_weights_images_and_losses():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = xmc_gan(image_network=RESNET, mode_seeking_weight=1.0)
        logs = train(model)
        made = model.sample(batch(), tf.range(4, dtype=tf.int64))
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(list(logs.values())))
    for network in (model.generator, model.discriminator):
        assert {v.dtype for v in network.variables} == {"float32"}
    assert made["images"][-1].dtype == tf.float32 and made["attention"][0].dtype == tf.float32


def on_replicas(strategy, model, data):
    rows = tf.data.Dataset.from_tensors(data).unbatch().batch(len(data["labels"]))
    part = next(iter(strategy.experimental_distribute_dataset(rows)))
    return strategy.run(model.train_step, (part,))


def test_negatives_of_all_replicas_make_one_large_batch(two_devices, monkeypatch):  # noqa: F811
    """SGD (Adam would hide a factor), shared batch statistics, the same latents for both."""
    data = batch(size=8)
    settings = {
        "negatives": "global",
        "synchronized": True,
        "image_network": RESNET,
        "discriminator_steps": 1,
        "optimizer": lambda: keras.optimizers.SGD(1e-3),
    }
    drawn = np.random.default_rng(0).normal(size=(8, 8)).astype("float32")

    def draw(self, stream, count, size):
        context = tf.distribute.get_replica_context()
        return tf.gather(tf.split(drawn, self.replicas), context.replica_id_in_sync_group)

    monkeypatch.setattr(XMCGAN, "noise", draw)
    alone = xmc_gan(**settings)
    before = tiny.snapshot(alone.network_variables())
    alone.train_step(data)
    with two_devices.scope():
        model = xmc_gan(**settings)
    on_replicas(two_devices, model, data)
    one, two = (tiny.snapshot(m.network_variables()) for m in (alone, model))
    for name in one:
        moved = np.abs(one[name] - before[name]).max()
        assert np.abs(one[name] - two[name]).max() <= 1e-3 * moved + 2e-7, name


def test_replicas_by_themselves_keep_the_same_weights(two_devices):  # noqa: F811
    with two_devices.scope():
        model = xmc_gan()
    logs = on_replicas(two_devices, model, batch(size=8))
    losses = two_devices.experimental_local_results(logs["generator_loss"])
    assert losses[0] != losses[1]
    for variable in model.generator.variables + model.discriminator.variables:
        copies = two_devices.experimental_local_results(variable.value)
        np.testing.assert_array_equal(*[copy.numpy() for copy in copies])


def test_config_round_trip():
    model = xmc_gan(
        "rnn",
        compiled=False,
        mode_seeking_weight=0.5,
        image_network=RESNET,
        word_weight=0.1,
        network_weight=2.0,
        negatives="global",
        synchronized=True,
        generator_spectral=True,
        discriminator_steps=3,
    )
    config = model.get_config()
    clone = XMCGAN.from_config(config)
    assert clone.get_config() == config
    shapes = [[tuple(v.shape) for v in m.generator.variables] for m in (model, clone)]
    assert shapes[0] == shapes[1]


def test_generate_and_preset(tmp_path):
    """From captions; from vectors in test_every_system.py."""
    import zoo

    model, conditions = tiny.reused(xmc_gan, "rnn", compiled=False), TWO_CAPTIONS
    images, details = model.generate(
        conditions, images_per_caption=3, seed=7, return_details=True
    )
    assert images.shape == (6, SIZE, SIZE, 3) and images.dtype == np.uint8
    assert len({image.tobytes() for image in images}) == 6
    assert details["attention"].shape == (6, 16, 16, WORDS)
    model.save_to_preset(str(tmp_path / "p"))
    loaded = zoo.from_preset(str(tmp_path / "p"))
    np.testing.assert_array_equal(images, loaded.generate(conditions, 3, seed=7))


def test_words_behind_a_text_are_not_seen():
    model, text = tiny.reused(xmc_gan, compiled=False), vectors(1)
    text["lengths"][:] = 2
    other = {**text, "words": text["words"].copy()}
    other["words"][:, 2:] = 100.0
    np.testing.assert_array_equal(model.generate(text), model.generate(other))
    other["words"][:, 1] = 100.0
    assert (model.generate(text) != model.generate(other)).any()


def test_wrong_arguments():
    with pytest.raises(ZooError, match="negatives.*global.*'all'"):
        xmc_gan(negatives="all")
    with pytest.raises(ZooError, match="discriminator_steps.*at least 1, got 0"):
        xmc_gan(discriminator_steps=0)
    with pytest.raises(ZooError, match="image_size.*32"):
        xmc_gan(image_size=32)
    with pytest.raises(ZooError, match="reads words"):
        xmc_gan(text_encoder={"kind": "embeddings", "features": FEATURES})
    with pytest.raises(ZooError, match='"kind".*vgg16.*Did you mean "vgg19"'):
        make_image_network({"kind": "vgg16"})
    with pytest.raises(ZooError, match="only the first has other"):
        make_image_network({"kind": "vgg19", "filters": 3})


def test_weights_that_do_not_belong_here():
    model = tiny.reused(xmc_gan, discriminator_steps=1, image_network=RESNET)
    with pytest.raises(ZooError, match="keras_resnet50"):
        model.load_image_network()
    with pytest.raises(ZooError, match="reads no captions"):
        model.load_damsm(None)


def test_load_damsm_copies_the_text_encoder():
    model, damsm = tiny.reused(xmc_gan, "rnn", compiled=False), tiny.damsm()
    model.load_damsm(damsm)
    pairs = zip(model.text_encoder.variables, damsm.text_encoder.variables, strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_resizing_is_that_of_the_official_framework():
    """Shrinking averages (here: by a triangle of two old pixels' reach), growing interpolates."""
    ramp = tf.reshape(tf.range(8.0), [1, 8, 1, 1]) * tf.ones([1, 8, 8, 1])
    np.testing.assert_allclose(resize(ramp, 8), ramp)
    small = resize(ramp, 4)[0, :, 0, 0]
    # pixel 0 is at 0.5: weights 3/4, 3/4, 1/4 of the pixels 0, 1, 2, made to add up to 1
    np.testing.assert_allclose(small, [5 / 7, 2.5, 4.5, 7 - 5 / 7], rtol=1e-6)
    np.testing.assert_allclose(resize(ramp, 16)[0, :4, 0, 0], [0, 0.25, 0.75, 1.25], atol=1e-6)


def test_networks_of_keras_applications(tmp_path):
    """With the weights of a file, and the same numbers as Keras' own preprocessing."""
    keras.utils.set_random_seed(1)
    trunk = keras.applications.VGG19(weights=None, include_top=False, pooling="avg")
    trunk.save_weights(str(tmp_path / "vgg.weights.h5"))
    layer = ApplicationFeatures("vgg19", name="image_network")
    build_on(layer, symbolic_input(2, 64, 64, 3))
    paths = [v.path for v in layer.variables]
    assert len(set(paths)) == len(paths) == 32
    assert all(path.startswith("image_network/") for path in paths)
    layer.load(str(tmp_path / "vgg.weights.h5"))
    images = np.random.default_rng(0).uniform(-1, 1, (1, 224, 224, 3)).astype("float32")
    inputs = keras.applications.vgg19.preprocess_input(((images + 1) * 127.5).copy())
    np.testing.assert_allclose(layer(images), trunk(inputs), rtol=1e-4, atol=1e-5)
    with pytest.raises(ZooError, match="weights.*nothing.h5.*cannot be loaded"):
        layer.load(str(tmp_path / "nothing.h5"))


def test_adam_adds_epsilon_to_the_corrected_moment():
    gradients = np.array([[1e-8, 3.0, -1e-7], [-2e-8, 1.0, 1e-7]])
    weight = keras.Variable(np.zeros(3), dtype="float64")
    optimizer = FlaxAdam.from_config(FlaxAdam(0.1, 0.5, 0.9, epsilon=1e-8).get_config())
    first, second, expected = np.zeros(3), np.zeros(3), np.zeros(3)
    for step, gradient in enumerate(gradients, 1):
        optimizer.apply_gradients([(tf.constant(gradient), weight)])
        first, second = 0.5 * first + 0.5 * gradient, 0.9 * second + 0.1 * gradient**2
        corrected = second / (1 - 0.9**step)
        expected -= 0.1 * first / (1 - 0.5**step) / (np.sqrt(corrected) + 1e-8)
        np.testing.assert_allclose(weight, expected, rtol=1e-6)


def test_options_without_effect_are_refused():
    with pytest.raises(ZooError, match="An option of the image network.*blocks"):
        make_image_network({"kind": "resnet50", "blokcs": [1]})
    with pytest.raises(ZooError, match="no `amsgrad`"):
        FlaxAdam(amsgrad=True)
