"""MirrorGAN as a system, and STREAM: differences from AttnGAN (see test_attn_gan.py)."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import tiny
from tests.support.devices import two_devices  # noqa: F401  (a fixture)
from zoo.errors import ZooError
from zoo.models.base import conditional_gan
from zoo.models.mirror_gan import CaptionPretraining, MirrorGAN
from zoo.models.mirror_gan.captioner import CompactCaptionEncoder

CAPTIONER = {"kind": "compact", "units": 12, "encoder": {"features": 8, "filters": 4}}
SHARED = {"vocabulary": tiny.WORDS, "max_words": 6, "captioner": CAPTIONER}


def mirror_gan(compiled=True, **changes):
    return tiny.damsm_guided(MirrorGAN, compiled, **{"captioner": CAPTIONER, **changes})


def stream(learning_rate=1e-2, **changes):
    keras.utils.set_random_seed(2)
    model = CaptionPretraining(**{**SHARED, "image_size": tiny.SIZES[-1], **changes})
    model.compile(optimizer=keras.optimizers.Adam(learning_rate))
    return model


def train(model, steps):
    return tiny.steps(model, map(tiny.batch, range(steps)))


def test_the_terms_of_the_generator(monkeypatch):
    model = tiny.reused(mirror_gan)
    monkeypatch.setattr(model, "mode_seeking_weight", 1.0)
    logs = train(model, 1)
    terms = ("adversarial_loss", "caption_loss", "kl_loss", "mode_seeking")
    assert not hasattr(model, "image_encoder") and logs["word_loss"] == logs["sentence_loss"] == 0
    assert logs["caption_loss"] > 0
    np.testing.assert_allclose(logs["generator_loss"], sum(logs[t] for t in terms), rtol=1e-5)


def test_losses_of_code_and_paper_and_with_a_damsm():
    """The first step sees the same images, so the terms differ by the settings only, and only the
    generator's weights differ afterwards."""
    models = [
        tiny.reused(mirror_gan),
        mirror_gan(caption_weight=20.0, caption_reduction="captions", damsm_weight=5.0),
    ]
    for mine, other in zip(*(model.captioner.variables for model in models), strict=True):
        other.assign(mine)  # it is made after the DAMSM, whose weights are drawn too
    code, paper = (train(model, 1) for model in models)
    np.testing.assert_allclose(code["kl_loss"], paper["kl_loss"], rtol=1e-5)
    lengths = tiny.batch(0)["lengths"].numpy()
    ratio = 20 / 10 * lengths.sum() / len(lengths)
    np.testing.assert_allclose(paper["caption_loss"], ratio * code["caption_loss"], rtol=1e-4)
    assert paper["word_loss"] > 0 and paper["sentence_loss"] > 0
    for network, moved_alike in (("generator", False), ("discriminator_32", True)):
        a, b = (getattr(model, network).trainable_variables for model in models)
        assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True)) == moved_alike


def test_wrong_reduction():
    with pytest.raises(ValueError, match="reduction"):
        mirror_gan(compiled=False, caption_reduction="letters")


def test_replicas_with_the_same_pairs_take_the_step_of_one(two_devices, monkeypatch):  # noqa: F811
    """Batch statistics and mismatched pairs are per replica, so each gets the whole batch."""
    monkeypatch.setattr(conditional_gan, "normal_rows", lambda shape, *_: tf.ones(shape))
    steps = []
    for strategy in (tf.distribute.get_strategy(), two_devices):
        with strategy.scope():
            model = mirror_gan(compiled=False)
            sgd = {f"{part}_optimizer": keras.optimizers.SGD(0.1)  # Adam would hide a wrong scale
                   for part in ("generator", "discriminator")}
            model.compile(**sgd)
        before = tiny.snapshot(model.network_variables())
        batch = strategy.experimental_distribute_values_from_function(lambda _: tiny.batch())
        strategy.run(model.train_step, (batch,))
        after = tiny.snapshot(model.network_variables())
        steps.append({name: after[name] - before[name] for name in after})
    for name, step in steps[0].items():
        np.testing.assert_allclose(steps[1][name], step, rtol=2e-3, atol=1e-5, err_msg=name)
    assert max(np.abs(step).max() for step in steps[0].values()) > 1e-3


def test_stream_learns_to_tell_images_apart_and_is_taken_over():
    model = stream()
    batch, step = tiny.batch(0), tf.function(model.train_step, autograph=False)
    for _ in range(150):
        step(batch)
    words = model.captioner(batch["images"][-1], batch["tokens"], training=True).numpy().argmax(-1)
    spoken = batch["tokens"].numpy() > 0
    assert (words == batch["tokens"].numpy())[spoken].mean() > 0.9
    gan = mirror_gan(compiled=False)
    assert "captioner" not in gan.networks
    with pytest.raises(ZooError, match="load_stream"):
        gan.generate("a red circle", describe=True)
    gan.load_stream(model)
    images, details = gan.generate(
        "a red circle", images_per_caption=2, return_details=True, describe=True
    )
    assert details["descriptions"] == model.describe(images) and len(images) == 2
    assert details["attention"].shape == (2, tiny.SIZES[0], tiny.SIZES[0], 6)
    assert {word for text in details["descriptions"] for word in text.split()} <= set(tiny.WORDS)


@pytest.mark.parametrize("half", [False, pytest.param(True, marks=pytest.mark.large)])
def test_a_preset_holds_the_captioner_that_was_taken_over(tmp_path, half):
    import zoo

    """Half precision of other presets: tests/presets/test_saving.py."""
    gan, path = mirror_gan(compiled=False), str(tmp_path / "p")
    gan.save_to_preset(path, half=half)
    without = zoo.from_preset(path)
    assert "captioner" not in without.networks
    with pytest.raises(ZooError, match="load_stream"):
        without.describe(np.zeros([1, 32, 32, 3], np.uint8))
    teacher = stream()
    for weight in teacher.captioner.decoder.weights:  # an untrained one says the same of everything
        weight.assign(weight * 20)
    gan.load_stream(teacher)
    gan.save_to_preset(path, half=half)
    loaded = zoo.from_preset(path)
    arguments = {"images_per_caption": 3, "seed": 4, "describe": True}
    for captions in ("a red circle", ["a red circle", "big blue square"]):
        (images, details), (again, loaded_details) = (
            model.generate(captions, **arguments) for model in (gan, loaded)
        )
        assert np.abs(images.astype(int) - again).max() <= (1 if half else 0)
        assert half or details["descriptions"] == loaded_details["descriptions"]
        assert loaded_details["descriptions"] == loaded.describe(again)
    weights = loaded.network_variables(["captioner"])
    for name, variable in gan.network_variables(["captioner"]).items():
        bounds = {"rtol": 1e-3, "atol": 1e-6} if half else {"rtol": 0}
        np.testing.assert_allclose(weights[name], variable, err_msg=name, **bounds)


def test_an_untrained_captioner_is_in_no_preset():
    gan = tiny.reused(mirror_gan)
    assert "captioner" in gan.networks and "captioner" not in gan.preset_network_names


def test_stream_of_another_kind_is_refused():
    gan = mirror_gan(compiled=False)
    with pytest.raises(ZooError, match="vocabulary"):
        gan.load_stream(stream(vocabulary=tiny.WORDS[:-1]))
    with pytest.raises(ZooError, match="other sizes"):
        gan.load_stream(stream(captioner={**CAPTIONER, "units": 5}))
    with pytest.raises(ZooError, match='"kind".*compakt'):
        stream(captioner={"kind": "compakt"})
    with pytest.raises(ZooError, match="no argument 'filter'"):
        stream(captioner={"kind": "compact", "encoder": {"filter": 4}})
    with pytest.raises(ZooError, match="32x32"):
        CompactCaptionEncoder(image_size=32)(tf.zeros([1, 16, 16, 3]))
    with pytest.raises(ZooError, match="power of two"):
        CompactCaptionEncoder(image_size=20)


def test_damsm_gives_the_text_encoder_alone():
    gan, damsm = mirror_gan(compiled=False), tiny.damsm()
    gan.load_damsm(damsm)
    pairs = zip(gan.text_encoder.variables, damsm.text_encoder.variables, strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs) and not hasattr(gan, "image_encoder")


def test_config_round_trips():
    for model in (mirror_gan(compiled=False, caption_weight=3.0), stream(end_token=False)):
        assert type(model).from_config(model.get_config()).get_config() == model.get_config()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"captioner": {"kindd": "compact"}}, 'A key of `captioner` must be.*Did you mean "kind"'),
        ({"caption_reduction": "x"}, "`caption_reduction` must be"),
    ],
)
def test_wrong_settings_of_the_captioner(settings, words):
    with pytest.raises(ZooError, match=words):
        tiny.damsm_guided(MirrorGAN, compiled=False, **settings).build_for_training()
