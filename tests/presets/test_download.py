"""Every form of a handle, and one error that lists them all."""

import os
import shutil
import sys
import types

import pytest

import zoo
from zoo import presets
from zoo.errors import ZooError
from zoo.presets import download, registry


def local(handle):
    with download.local_directory(handle) as directory:
        return sorted(os.listdir(directory))


def test_an_unknown_name_lists_what_exists_and_every_form(monkeypatch, saved, tmp_path):
    shutil.copytree(saved, tmp_path / "dm_gan_emoji_64")
    monkeypatch.setattr(registry, "FOLDER", str(tmp_path))
    with pytest.raises(ZooError) as caught:
        zoo.from_preset("dm_gan_emoji_46")
    for words in (
        'no preset "dm_gan_emoji_46"', "dm_gan_emoji_64", "Did you mean", "gs://", "hf://",
        "kaggle://", "directory",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize("handle", ["", "no/such/directory", "../..missing", "file:///no/such"])
def test_handles_that_name_nothing(handle):
    with pytest.raises(ZooError, match="no preset"):
        zoo.from_preset(handle)


def test_the_folder_of_a_run_names_its_presets(saved, tmp_path):
    """And so does a preset that a run without a score of quality does not have."""
    run = tmp_path / "run"
    shutil.copytree(saved, run / "presets" / "last")
    (run / "presets" / "half-written").mkdir()
    for handle in (run, f"{run}/"):
        with pytest.raises(ZooError, match="run/? is the folder of a run: give .*presets/last.$"):
            zoo.from_preset(handle)
    with pytest.raises(ZooError, match="no .*/best: this run has no score that selects one. There "
                                       "is .*/presets/last.$"):
        zoo.from_preset(run / "presets" / "best")
    with pytest.raises(ZooError, match="There is no .*/lost. There is .*/presets/last.$"):
        zoo.from_preset(f"file://{run}/presets/lost")
    assert "config.json" in local(run / "presets" / "last")


def test_a_built_in_name_wins_over_a_directory(monkeypatch, saved, tmp_path):
    monkeypatch.setattr(registry, "FOLDER", str(tmp_path / "built_in"))
    shutil.copytree(saved, tmp_path / "built_in" / "tiny")
    (tmp_path / "tiny").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "config.json" in local("tiny")
    assert local("./tiny") == []


def test_a_path_that_tensorflow_reads(saved):
    import tensorflow as tf

    base = "ram://bucket/tiny"
    for name in os.listdir(saved):
        tf.io.gfile.makedirs(base)
        tf.io.gfile.copy(os.path.join(saved, name), f"{base}/{name}", overwrite=True)
    with download.local_directory(base) as directory:
        assert "README.md" not in os.listdir(directory)  # only what is checked is copied
    assert not os.path.exists(directory)
    assert presets.read_metadata(base) == presets.read_metadata(saved)
    tf.io.gfile.remove(f"{base}/vocabulary.txt")
    with pytest.raises(ZooError, match="lacks its file vocabulary.txt"):
        presets.read_metadata(base)


def test_a_remote_preset_with_a_bad_name_is_refused_before_it_is_copied(saved):
    import tensorflow as tf

    base = "ram://bucket/bad"
    tf.io.gfile.makedirs(base)
    with tf.io.gfile.GFile(f"{base}/metadata.json", "w") as file:
        file.write('{"format": 1, "files": {"../x.txt": {"sha256": ""}}}')
    with pytest.raises(ZooError, match="not a plain name"):
        presets.read_metadata(base)


def test_an_unknown_scheme_is_one_error():
    with pytest.raises(ZooError, match="nosuch://bucket/x"):
        zoo.from_preset("nosuch://bucket/x")


@pytest.mark.parametrize(
    ("handle", "module", "extra"),
    [
        ("hf://owner/name", "huggingface_hub", "huggingface"),
        ("kaggle://a/b/c/d", "kagglehub", "kaggle"),
    ],
)
def test_a_missing_client_names_the_extra(monkeypatch, handle, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ZooError, match=f'{module} \\(extra "{extra}"'):
        zoo.from_preset(handle)


def test_hugging_face_and_kaggle_clients(monkeypatch, saved, tmp_path):
    asked = {}

    def snapshot_download(name, revision, local_dir, allow_patterns):
        asked.update(name=name, revision=revision, patterns=allow_patterns)
        return shutil.copytree(saved, local_dir, dirs_exist_ok=True)

    hub = types.SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.setenv("ZOO_CACHE_DIR", str(tmp_path))
    assert presets.read_metadata("hf://owner/name@v2")["name"] == "tiny_attn_gan"
    assert (asked["name"], asked["revision"]) == ("owner/name", "v2")
    assert asked["patterns"] == ["*.json", "*.txt", "*.weights.h5"]

    kaggle = types.SimpleNamespace(model_download=lambda place: {"a/b/c/d": saved}[place])
    monkeypatch.setitem(sys.modules, "kagglehub", kaggle)
    assert presets.read_metadata("kaggle://a/b/c/d")["name"] == "tiny_attn_gan"
    with pytest.raises(ZooError, match='"kaggle://a/b/c/wrong" could not be downloaded'):
        presets.read_metadata("kaggle://a/b/c/wrong")
