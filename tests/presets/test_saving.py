"""Saving and loading a preset: the same images, whole or not at all."""

import errno
import json
import os

import numpy as np
import pytest

import zoo
from tests.presets.conftest import METADATA
from zoo import presets, storage
from zoo.errors import ZooError
from zoo.presets import registry, saving
from zoo.presets.metadata import without_reserved

CAPTIONS = ["a red circle", "blue square on white"]


def listing(directory):
    """Name to content of every file in a directory."""
    return {
        name: open(os.path.join(directory, name), "rb").read() for name in os.listdir(directory)
    }


def test_a_loaded_preset_makes_the_same_images(model, saved):
    loaded = zoo.from_preset(saved)
    assert type(loaded) is type(model)
    assert loaded.get_config() == model.get_config()
    images = loaded.generate(CAPTIONS, images_per_caption=2, seed=3)
    assert images.std() > 1
    np.testing.assert_array_equal(images, model.generate(CAPTIONS, images_per_caption=2, seed=3))


def test_a_preset_reads_as_many_words_as_are_asked_for(model, saved):
    caption = " ".join([*model.vocabulary.words[:3]] * 3)
    short, long = (zoo.from_preset(saved, max_words=number) for number in (2, np.int64(9)))
    assert (short.max_words, long.max_words, model.max_words) == (2, 9, 6)
    images = [one.generate(CAPTIONS[0], seed=3) for one in (long, model)]
    np.testing.assert_array_equal(*images)
    assert not np.array_equal(*(one.generate(caption, seed=3) for one in (long, model)))
    for number in (0, 1.5, True, 10**6):
        with pytest.raises(ZooError, match="`max_words` must be a whole number from 1 to 4096"):
            zoo.from_preset(saved, max_words=number)


def test_files_and_metadata(model, saved):
    files = listing(saved)
    assert sorted(files) == [
        "README.md", "config.json", "metadata.json", "model.weights.h5", "vocabulary.txt"
    ]
    config, metadata = json.loads(files["config.json"]), json.loads(files["metadata.json"])
    assert config["format"] == 1
    assert (config["module"], config["class"]) == ("zoo.models.attn_gan", "AttnGAN")
    assert "vocabulary" not in config["config"]
    assert files["vocabulary.txt"].decode().split() == list(model.vocabulary.tokens)
    assert metadata["task"] == "text-to-image"
    assert metadata["parameters"] == sum(
        int(np.prod(v.shape)) for v in model.preset_variables().values()
    )
    assert sorted(metadata["files"]) == ["config.json", "model.weights.h5", "vocabulary.txt"]
    for name, entry in metadata["files"].items():
        assert entry["bytes"] == len(files[name])
        assert entry["sha256"] == storage.sha256(os.path.join(saved, name))
    assert {"zoo", "tensorflow", "keras", "numpy"} <= set(metadata["versions"])
    for key, value in METADATA.items():
        assert metadata[key] == value
    assert presets.read_metadata(saved) == metadata


def test_only_what_generation_needs_is_saved(model, saved):
    names = storage.read_names(os.path.join(saved, "model.weights.h5"))
    assert {name.split("/")[0] for name in names} == {"text_encoder", "ema_generator"}


def test_half_precision_halves_the_weights_and_keeps_the_images(model, saved, tmp_path):
    half = presets.save_to_preset(model, tmp_path / "half", half=True)
    sizes = [
        presets.read_metadata(path)["files"]["model.weights.h5"]["bytes"] for path in (saved, half)
    ]
    assert sizes[0] - sizes[1] > 0.8 * 2 * presets.read_metadata(saved)["parameters"]
    difference = np.abs(
        zoo.from_preset(half).generate(CAPTIONS).astype(int) - model.generate(CAPTIONS)
    )
    assert difference.mean() < 1


def test_dtype_is_chosen_on_loading(saved, model):
    import keras

    before = keras.config.dtype_policy().name
    loaded = zoo.from_preset(saved, dtype="mixed_bfloat16")
    assert keras.config.dtype_policy().name == before
    assert loaded.ema_generator.compute_dtype == "bfloat16"
    difference = np.abs(loaded.generate(CAPTIONS).astype(int) - model.generate(CAPTIONS))
    assert 0 < difference.mean() < 5
    with pytest.raises(ZooError, match="mixed_bfloat16.*got 'int8'"):
        zoo.from_preset(saved, dtype="int8")


def test_the_class_that_was_asked_for(saved):
    from zoo.models.damsm import DAMSM

    with pytest.raises(ZooError, match="AttnGAN, not a DAMSM"):
        DAMSM.from_preset(saved)


def test_saving_again_replaces_the_preset_and_keeps_what_was_added(model, copy):
    (copy.path / "notes.txt").write_text("mine")
    (copy.path / "images").mkdir()
    (copy.path / "images" / "a.png").write_text("b")
    (copy.path / "README.md").write_text("old")
    presets.save_to_preset(model, copy.path, {"name": "again"})
    assert (copy.path / "notes.txt").read_text() == "mine"
    assert (copy.path / "images" / "a.png").read_text() == "b"
    assert "again" in (copy.path / "README.md").read_text()
    assert presets.read_metadata(copy.path)["name"] == "again"
    assert os.listdir(copy.path.parent) == ["copy"]


@pytest.mark.parametrize("failing", ["config.json", "model.weights.h5", "metadata.json"])
def test_disk_full_keeps_the_previous_preset(model, copy, monkeypatch, failing):
    before = listing(copy.path)
    replace = os.replace

    def full(source, target):
        if os.path.basename(target) == failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ZooError, match="no space left"):
        presets.save_to_preset(model, copy.path, {"name": "again"})
    monkeypatch.undo()
    assert listing(copy.path) == before
    assert os.listdir(copy.path.parent) == ["copy"]


def test_a_folder_with_other_files_is_not_replaced(model, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ZooError, match="contains other files"):
        presets.save_to_preset(model, tmp_path)
    with pytest.raises(ZooError, match="is a file"):
        presets.save_to_preset(model, tmp_path / "thesis.txt")
    assert os.listdir(tmp_path) == ["thesis.txt"]
    for content in ("{}", "[1]", "no JSON", '{"format": 1, "class": "X", "files": {}}'):
        (tmp_path / "metadata.json").write_text(content)
        with pytest.raises(ZooError, match="contains other files and is no preset"):
            presets.save_to_preset(model, tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["metadata.json", "thesis.txt"]


@pytest.mark.parametrize(("name", "words"), [
    ("", "must be a path, got ''"), (5, "must be a path, got 5"), (None, "a path, got None"),
    (".", "is or contains the working directory"), ("..", "contains other files"),
])
def test_the_working_directory_is_not_replaced(model, tmp_path, monkeypatch, name, words):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(ZooError, match=words):
        presets.save_to_preset(model, name)
    assert os.listdir(tmp_path) == ["here"] and not os.listdir(here)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("text", "must be a dict, got a str"),
        ({"class": "DCGAN"}, "is 'DCGAN', but that of the model is 'AttnGAN'"),
        ({"parameters": 5}, "is 5, but that of the model is "),
        ({"results": [{"metric": "fid", "value": 3}]}, "lacks protocol"),
        ({"results": {"fid": 3}}, "list of dicts"),
        ({"data": ["emoji"]}, "lacks name, licence"),
        ({"licence": "MIT"}, '"licence"'),
        ({"license": {"name": "MIT"}}, 'no "license". Did you mean "licence"'),
        ({"descripton": "x"}, 'Did you mean "description"'),
    ],
)
def test_metadata_of_another_form(model, tmp_path, metadata, words):
    with pytest.raises(ZooError, match=words):
        presets.save_to_preset(model, tmp_path / "new", metadata)
    assert not os.listdir(tmp_path)


def test_a_loaded_preset_keeps_its_entries(saved, tmp_path):
    loaded = zoo.from_preset(saved)
    given = {**loaded.preset_metadata, "description": "Another."}
    kept = presets.read_metadata(loaded.save_to_preset(tmp_path / "new", given, half=True))
    assert kept["description"] == "Another."
    for key in METADATA.keys() - {"description"}:
        assert kept[key] == METADATA[key]
    assert kept["files"] != given["files"]


def test_a_preset_without_a_name_keeps_its_usage():
    metadata = {"usage": "model()"}
    assert without_reserved(metadata, {}, loaded=metadata) == metadata


def test_a_card_does_not_load_the_built_in_preset_of_its_name(saved, tmp_path):
    model = zoo.from_preset(saved)
    usage = 'zoo.from_preset("dm_gan_emoji_64")'
    model.preset_metadata = {"name": "dm_gan_emoji_64", "usage": usage}
    for metadata in ({"name": "dm_gan_emoji_64"}, model.preset_metadata):
        model.save_to_preset(tmp_path / "dm_gan_emoji_64", metadata)
        saving.update_metadata(tmp_path / "dm_gan_emoji_64", limitations="Draws nothing.")
        text = listing(tmp_path / "dm_gan_emoji_64")["README.md"].decode()
        assert 'zoo.from_preset("path/of/this/directory")' in text and usage not in text
        assert "--preset=path/of/this/directory " in text
    shipped = registry.builtin_directory("dm_gan_emoji_64")
    assert registry.handle_of(shipped) == "dm_gan_emoji_64"


def test_update_metadata_rewrites_the_card_and_keeps_the_rest(copy):
    before = listing(copy.path)
    saving.update_metadata(copy.path, limitations="Draws nothing.")
    after = listing(copy.path)
    assert b"Draws nothing." in after["README.md"]
    for name in ("config.json", "model.weights.h5", "vocabulary.txt"):
        assert after[name] == before[name]
    assert presets.read_metadata(copy.path)["limitations"] == "Draws nothing."


def test_a_class_from_elsewhere_and_an_argument_that_is_an_object(tmp_path):
    from zoo.models.damsm import DAMSM

    class Foreign(DAMSM):
        pass

    with pytest.raises(ZooError, match="Only models of zoo.models"):
        saving.public_module(Foreign)
    assert saving.public_module(DAMSM) == "zoo.models.damsm"

    class Odd:
        def get_config(self):
            return {"layer": {"class_name": "Lambda", "config": {}}}

    Odd.__module__ = "zoo.models.odd"
    with pytest.raises(ZooError, match="serialized object"):
        saving.model_config(Odd())
