"""A checkpoint of XMC-GAN's official form -> models that read vectors, or captions."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.importers import released
from tests.support.tiny_hub_module import tiny_modules
from tests.support.tiny_xmc_gan import FEATURES, WORDS, text, xmc_gan
from zoo.errors import ZooError
from zoo.importers import official

CAPTIONS = ["a red bird", "a square"]


@pytest.fixture(scope="module")
def model():
    model = xmc_gan(generator_filters=3, latent_dim=5)
    model.build_for_training()
    rng = np.random.default_rng(0)
    for variable in model.ema_generator.trainable_variables:  # not those of the generator
        variable.assign_add(rng.normal(0, 0.01, variable.shape))
    return model


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    place = tmp_path_factory.mktemp("official") / "ckpt-1.npz"
    return released.save(place, released.xmc_gan_targets(model))


@pytest.fixture(scope="module")
def modules():
    return tiny_modules(features=FEATURES)


def test_it_generates_and_trains_on_as_the_official_weights_do(model, path):
    assert official.system_of(path) == "xmc_gan"
    imported = official.xmc_gan(path, max_words=WORDS)
    assert not hasattr(imported, "discriminator")
    np.testing.assert_array_equal(imported.generate(text(2), 2), model.generate(text(2), 2))
    imported = official.xmc_gan(path, training=True, max_words=WORDS, seed=3)
    settings = imported.get_config()
    assert settings == {**model.get_config(), "text_encoder": settings["text_encoder"]}
    ours, theirs = model.network_variables(), imported.network_variables()
    assert set(ours) == set(theirs)
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_captions_are_read_by_a_hub_encoder(model, path, modules):
    imported = official.xmc_gan(path, {"kind": "hub", **modules}, max_words=WORDS)
    vectors = imported.hub_encoder(tf.constant(CAPTIONS))
    vectors = {name: vectors[name].numpy() for name in ("words", "sentence", "lengths")}
    difference = imported.generate(CAPTIONS).astype(int) - model.generate(vectors)
    assert np.abs(difference).max() <= 1  # the encoder's last bit may follow the batch


def test_encoders_and_files_that_do_not_belong_to_it(path, tmp_path):
    with pytest.raises(ZooError, match=f"vectors of 16 features.*trained on {FEATURES}"):
        official.xmc_gan(path, {"kind": "hub", **tiny_modules()}, max_words=WORDS)
    for other in ({"kind": "rnn"}, "bert"):
        with pytest.raises(ZooError, match='"kind": "hub".*got .*(rnn|bert)'):
            official.xmc_gan(path, other)
    arrays = official.read_state_dict(path)
    del arrays["ema_params/Conv_0/kernel"]
    np.savez(tmp_path / "missing.npz", **arrays)
    with pytest.raises(ZooError, match="missing ema_generator: params/Conv_0/kernel"):
        official.xmc_gan(tmp_path / "missing.npz")
    (tmp_path / "ckpt-2.flax").write_bytes(b"\x81\xa4rate\xca\x3f\x80\x00\x00")
    with pytest.raises(ZooError, match="0 spatial blocks"):
        official.xmc_gan(tmp_path / "ckpt-2.flax")
    with pytest.raises(ZooError, match="not a generator of .*xmc_gan.*starts with rate"):
        official.system_of(tmp_path / "ckpt-2.flax")


def test_the_command(model, path, modules, tmp_path):
    given, none = f"--generator={path}", f"--out={tmp_path / 'none'}"
    hub = [f"--hub_{name}={folder}" for name, folder in modules.items()]
    lines = released.import_commands(
        [given, f"--max_words={WORDS}", f"--out={tmp_path / 'vectors'}"],
        [given, *hub, f"--max_words={WORDS}", f"--out={tmp_path / 'captions'}"],
        [given, hub[0], none],
        [given, f"--captions={path}", none],
    )
    starts = (
        "XMCGAN in ", "XMCGAN in ", "error: --hub_preprocess and --hub_encoder belong together",
        "error: --captions does not apply to xmc_gan",
    )
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start), line
    assert not (tmp_path / "none").exists()
    vectors = zoo.from_preset(str(tmp_path / "vectors"))
    captions = zoo.from_preset(str(tmp_path / "captions"), text_encoder=modules)
    np.testing.assert_array_equal(vectors.generate(text(2)), model.generate(text(2)))
    assert vectors.preset_metadata["source"]["checkpoint"] == (
        "google-research/xmcgan_image_generation: ckpt-1.npz"
    )
    assert vectors.preset_metadata["condition"] == {
        "kind": "word embeddings", "features": FEATURES, "max_words": WORDS,
    }
    assert captions.preset_metadata["condition"]["kind"] == "captions"
    assert captions.generate(CAPTIONS).shape == (2, 64, 64, 3)
