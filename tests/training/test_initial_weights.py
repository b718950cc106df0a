"""Fine-tuning: `config.init`."""

import shutil

import keras
import numpy as np
import pytest
from ml_collections import ConfigDict

from recipes import attn_gan, damsm
from tests.models.test_dcgan import dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_hub_module import tiny_modules
from zoo.errors import ZooError
from zoo.models.mirror_gan.stream import CaptionPretraining
from zoo.presets import from_preset, read_metadata
from zoo.text.vocabulary import Vocabulary
from zoo.training import initial_weights, load_recipe, run
from zoo.training.initial_weights import check_start, grown_vocabulary, start_from
from zoo.training.recipe import Recipe

NEW_WORDS = ("purple", "star")


def config(handle):
    return ConfigDict({"init": str(handle), "text": "captions"})


def values(model, prefix):
    arrays = {name: keras.ops.convert_to_numpy(v) for name, v in model.network_variables().items()}
    return {name: value for name, value in arrays.items() if name.startswith(prefix)}


def equal(a, b):
    return set(a) == set(b) and all(np.array_equal(a[name], b[name]) for name in a)


def shift(model):
    """Weights that no new model has."""
    for variable in model.network_variables().values():
        variable.assign(variable + 0.25)
    return model


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An AttnGAN, its preset, and a run folder with its checkpoint."""
    model = shift(tiny.attn_gan(ema_decay=0.9))
    folder = tmp_path_factory.mktemp("run")
    (folder / "presets").mkdir()
    (folder / "checkpoints").mkdir()
    model.save_to_preset(str(folder / "presets" / "last"))
    model.save_checkpoint(str(folder / "checkpoints" / "last.h5"))
    return model, folder


def test_a_preset_gives_the_generator(trained):
    old, folder = trained
    new = tiny.attn_gan(seed=9, ema_decay=0.9)
    before = values(new, "discriminator")
    note = start_from(new, config(folder / "presets" / "last"))
    for prefix in ("generator/", "ema_generator/"):
        assert [*values(new, prefix).values()][0].shape
        for name, value in values(new, prefix).items():
            source = name if name.startswith("ema_") else f"ema_{name}"
            np.testing.assert_array_equal(value, values(old, source)[source])
    assert equal(values(new, "discriminator"), before)
    assert "ema_generator" in note and "new: discriminator" in note
    assert note.endswith("captions are read by a text encoder with other weights")


def test_a_run_gives_the_discriminators_too(trained):
    old, folder = trained
    new = tiny.attn_gan(seed=9, ema_decay=0.9)
    for name, variable in new.network_variables().items():
        if name.startswith("text_encoder/"):
            variable.assign(variable + 0.25)  # the same DAMSM
    note = start_from(new, config(folder))
    for prefix in ("generator/", "ema_generator/", "discriminator"):
        assert equal(values(new, prefix), values(old, prefix))
    assert "new:" not in note and "other weights" not in note
    assert int(new.iteration.numpy()) == 0


def test_another_system_or_size(trained):
    _, folder = trained
    with pytest.raises(ZooError, match="is a AttnGAN, but this recipe trains a DMGAN"):
        start_from(tiny.dm_gan(), config(folder))
    other = tiny.attn_gan(generator_filters=6)
    before = values(other, "")
    with pytest.raises(ZooError, match=r"other sizes or layers: .*generator_filters=4 \(here 6\)"):
        start_from(other, config(folder))
    assert equal(values(other, ""), before)
    with pytest.raises(ZooError, match="config.init=no_preset: .*no_preset"):
        start_from(other, config("no_preset"))
    assert start_from(other, config("")) == ""


@pytest.mark.parametrize(("make", "there", "here"), [
    (tiny.attn_gan, {"residual_blocks": 1}, {"residual_blocks": 2}),
    (tiny.attn_gan, {"residual_blocks": 2}, {"residual_blocks": 1}),
    (tiny_images.pix2pix, {"normalization": "instance"}, {"normalization": "batch"}),
])
def test_layers_that_only_one_has(make, there, here, tmp_path):
    shift(make(compiled=False, **there)).save_to_preset(str(tmp_path / "old"))
    new = make(compiled=False, **here)
    before = values(new, "")
    ((name, value),) = there.items()
    with pytest.raises(ZooError, match=rf"is only .*{name}={value!r} \(here {here[name]!r}\)"):
        start_from(new, config(tmp_path / "old"))
    assert equal(values(new, ""), before)


def test_an_ema_may_be_new_or_left_out(trained, tmp_path):
    old, folder = trained
    for start, has_ema in ((folder, False), (tmp_path / "old", True)):
        new = tiny.attn_gan(compiled=False, seed=9, ema_decay=0.9 if has_ema else None)
        assert "generator" in start_from(new, config(start))
        name = "ema_generator/" if has_ema else "generator/"
        found = {key.removeprefix("ema_"): value for key, value in values(new, name).items()}
        assert equal(found, values(old, "generator/"))
        if not has_ema:  # the next start has no EMA
            new.save_to_preset(str(tmp_path / "old"))


def test_a_built_in_name_wins_over_a_run_of_that_name(tmp_path, monkeypatch):
    run_folder = tmp_path / "dcgan_cifar10_32"
    shift(dcgan()).save_to_preset(str(tmp_path / "preset"))
    shutil.copytree(tmp_path / "preset", run_folder / "presets" / "last")
    (run_folder / "checkpoints").mkdir()
    shift(dcgan()).save_checkpoint(str(run_folder / "checkpoints" / "last.h5"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ZooError, match="has networks of other sizes"):
        start_from(dcgan(seed=8), config("dcgan_cifar10_32"))
    assert "discriminator" in start_from(dcgan(seed=8), config("./dcgan_cifar10_32"))


def test_a_vocabulary_grows(tmp_path):
    old = shift(tiny.damsm())
    old.save_to_preset(str(tmp_path / "old"))
    of_data = Vocabulary(["<end>", "<unk>", "star", "red", "purple"])
    grown = grown_vocabulary(config(tmp_path / "old"), of_data)
    assert grown.tokens == (*old.vocabulary.tokens, "star", "purple")
    assert grown_vocabulary(config(""), of_data) is of_data
    new = tiny.damsm(vocabulary=grown.tokens)
    rows = values(new, "text_encoder/embedding")["text_encoder/embedding/embeddings"]
    note = start_from(new, config(tmp_path / "old"))
    table = values(new, "text_encoder/embedding")["text_encoder/embedding/embeddings"]
    known = len(old.vocabulary)
    np.testing.assert_array_equal(table[:known], values(old, "text_encoder/embedding")[
        "text_encoder/embedding/embeddings"])
    np.testing.assert_array_equal(table[known:], rows[known:])
    assert equal(values(new, "image_encoder"), values(old, "image_encoder"))
    assert f"{known} of {known + 2} words or classes are known" in note


def test_another_text_encoder_of_the_same_width_is_noted(tmp_path):
    def damsm_of(sentence="words", **changed):
        encoder = {"kind": "hub", **tiny_modules(), "sentence": sentence, **changed}
        return tiny.damsm(vocabulary=None, max_words=9, text_encoder=encoder)

    damsm_of().save_to_preset(str(tmp_path / "old"))
    start = ConfigDict({"init": str(tmp_path / "old"), "text": "hub", "text_encoder": {
        **tiny_modules(), "sentence": "pooled"}})
    assert "captions are read" not in start_from(damsm_of(), start)
    assert start_from(damsm_of("pooled"), start).endswith(
        "captions are read by another text encoder or setting: sentence")
    other = damsm_of(encoder=tiny_modules(seed=1)["encoder"])
    assert start_from(other, start).endswith("setting: encoder")
    words = tiny.damsm()
    assert "were read without a text encoder" in initial_weights._hub_note(words, other)
    assert "are read without one" in initial_weights._hub_note(other, words)


def test_words_of_a_captioner_go_by_name(tmp_path):
    captioner = {"kind": "compact", "units": 8}
    old = shift(CaptionPretraining(tiny.WORDS, 6, 32, captioner))
    old.save_to_preset(str(tmp_path / "old"))
    words = ["<end>", "<unk>", "star", "red", "a"]
    new = CaptionPretraining(words, 6, 32, captioner)
    start_from(new, config(tmp_path / "old"))
    a, b = values(old, "captioner/decoder"), values(new, "captioner/decoder")
    there = [tiny.WORDS.index(word) for word in ("red", "a")]
    for name, axis in (("embedding/embeddings", 0), ("linear/kernel", 1), ("linear/bias", 0)):
        name = f"captioner/decoder/{name}"
        np.testing.assert_array_equal(
            np.take(b[name], [3, 4], axis), np.take(a[name], there, axis))


def test_classes_go_by_name(tmp_path):
    old = shift(dcgan(classes=3, class_names=["cat", "dog", "owl"]))
    old.save_to_preset(str(tmp_path / "old"))
    new = dcgan(classes=2, class_names=["owl", "fox"])
    name, first = "generator/deconv_1/kernel", new.latent_dim
    before = values(new, name)[name]
    note = start_from(new, config(tmp_path / "old"))
    a, b = values(old, name)[name], values(new, name)[name]
    np.testing.assert_array_equal(b[..., :first], a[..., :first])
    np.testing.assert_array_equal(b[..., first], a[..., first + 2])  # the owl
    np.testing.assert_array_equal(b[..., first + 1], before[..., first + 1])  # the fox is new
    assert "1 of 2 words or classes" in note


def test_a_grown_damsm_resumes_without_its_start(tmp_path, capfd, eager):
    opened = load_recipe("recipes/damsm.py:shapes")
    with opened.config.unlocked():
        opened.config.update({"steps": 1, "batch_size": 2, "sample_every": 0})
        opened.config.model.update({"image_filters": 2, "image_size": 16, "features": 4})
        opened.config.model.embedding_dim = 4
        opened.config.data.update({"count": 8, "held_out_count": 2})
    text = {"features": 4, "embedding_dim": 4}
    image = {"kind": "compact", "filters": 2, "image_size": 16}
    start = tiny.damsm(vocabulary=["<end>", "comet", "red"], image_size=16, text_encoder=text,
                       image_encoder=image)
    start.save_to_preset(str(tmp_path / "start"))
    files = read_metadata(str(tmp_path / "start"))["files"]
    opened.config.init = str(tmp_path / "start")
    run(opened, str(tmp_path / "run"))
    shutil.rmtree(tmp_path / "start")
    opened.config.steps = 2
    run(opened, str(tmp_path / "run"))
    assert "resumed at step 1" in capfd.readouterr().out
    again = from_preset(str(tmp_path / "run" / "presets" / "last"))
    assert again.vocabulary.tokens[:3] == ("<end>", "comet", "red")
    assert len(again.vocabulary) > 3
    digest = files["model.weights.h5"]["sha256"]
    assert again.preset_metadata["training"]["init"] == f"start, weights sha256 {digest[:16]}"


def test_a_run_starts_from_another(tmp_path, capfd, eager):
    def recipe():
        opened = load_recipe("recipes/dcgan.py:shapes")
        with opened.config.unlocked():
            opened.config.update({"steps": 1, "batch_size": 2, "sample_every": 0})
            opened.config.model.update({"filters": 2, "latent_dim": 3, "image_size": 16})
            opened.config.data.update({"count": 8, "held_out_count": 2})
        return opened

    run(recipe(), str(tmp_path / "a"))
    second = recipe()
    second.config.init, second.config.steps = str(tmp_path / "a"), 2
    run(second, str(tmp_path / "b"))
    assert "started from" in capfd.readouterr().out
    assert from_preset(str(tmp_path / "b/presets/last")).preset_metadata["training"]["init"] == "a"
    (tmp_path / "a" / "checkpoints" / "last.h5").unlink()  # a run that resumes needs it no more
    second.config.steps = 3
    run(second, str(tmp_path / "b"))
    lines = capfd.readouterr().out
    assert "resumed at step 2" in lines and "started from" not in lines


def test_a_new_damsm_is_refused():
    recipe = Recipe.of_module(attn_gan, attn_gan.get_config("shapes"))
    recipe.config.init = "a_preset"
    with pytest.raises(ZooError, match="give --config.damsm=PRESET.*--config.pretraining.init"):
        check_start(recipe, recipe.stages)
    recipe.config.pretraining.init = "its_damsm"
    check_start(recipe, recipe.stages)
    check_start(Recipe.of_module(damsm, damsm.get_config("shapes")), [])
