"""A preset from a stranger can fail, but it cannot run code or reach out of its directory."""

import json
import os
import sys

import pytest

import zoo
from zoo import presets
from zoo.errors import ZooError


def refuse(copy, words):
    """Loading fails with one clear error that holds `words`."""
    with pytest.raises(ZooError, match=words) as caught:
        zoo.from_preset(copy.path)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_copy_itself_loads(copy):
    assert presets.read_metadata(copy.path)["name"] == "tiny_attn_gan"


@pytest.mark.parametrize("name", ["config.json", "vocabulary.txt", "model.weights.h5"])
def test_a_changed_file(copy, name):
    data = bytearray((copy.path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy.path / name).write_bytes(data)
    refuse(copy, f"{name} is not the file .* SHA-256")


@pytest.mark.parametrize("name", ["config.json", "vocabulary.txt", "model.weights.h5"])
def test_a_missing_file(copy, name):
    os.remove(copy.path / name)
    refuse(copy, f"lacks its file {name}")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_file_that_is_not_listed(copy, name):
    files = copy.json("metadata.json")["files"]
    del files[name]
    copy.change("metadata.json", files=files)
    refuse(copy, f"does not list {name}")


@pytest.mark.parametrize("entry", [{}, {"sha256": None}, {"sha256": 3}, "text", None])
def test_a_file_without_a_hash(copy, entry):
    files = copy.json("metadata.json")["files"]
    files["config.json"] = entry
    copy.change("metadata.json", files=files)
    refuse(copy, "SHA-256")


@pytest.mark.parametrize(
    "name",
    ["../out.txt", "/etc/hostname.txt", "a/b.txt", "..", "", "a\\b.txt", ".hidden.txt", "a\n.txt"],
)
def test_a_path_that_leaves_the_directory(copy, name):
    (copy.path.parent / "out.txt").write_text("x")
    files = copy.json("metadata.json")["files"]
    files[name] = {"sha256": "0" * 64, "bytes": 1}
    copy.change("metadata.json", files=files)
    refuse(copy, "not a plain name inside")


@pytest.mark.parametrize("name", ["model.keras", "data.pickle", "weights.h5", "run.py", "x.npz"])
def test_a_kind_of_file_that_may_not_be_there(copy, name):
    (copy.path / name).write_text("x")
    copy.record(name)
    refuse(copy, "does not match")


@pytest.mark.parametrize("name", ["vocabulary.txt", "metadata.json"])
def test_a_link_out_of_the_directory(copy, name):
    target = copy.path.parent / "elsewhere"
    os.rename(copy.path / name, target)
    os.symlink(target, copy.path / name)
    refuse(copy, "link that leaves")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("subprocess", "Popen"),
        ("keras.layers", "Lambda"),
        ("zoo", "storage"),
        ("zoo.models", "AttnGAN"),
        ("zoo.storage", "write_bytes_atomically"),
        ("zoo.models.attn_gan.", "AttnGAN"),
        ("zoo.models..attn_gan", "AttnGAN"),
        (None, "AttnGAN"),
        ("zoo.models.attn_gan", None),
        (["zoo.models.attn_gan"], "AttnGAN"),
    ],
)
def test_a_foreign_class(copy, module, name):
    copy.change("config.json", module=module, **{"class": name})
    refuse(copy, "may only name a model of zoo.models")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("zoo.models.attn_gan", "AttnGun"),
        ("zoo.models.attn_gan", "AttnGANGenerator"),
        ("zoo.models.attn_gan.attn_gan", "keras"),
        ("zoo.models.base.system", "storage"),
        ("zoo.models.nothing", "AttnGAN"),
    ],
)
def test_a_class_that_is_no_model_of_the_zoo(copy, module, name):
    copy.change("config.json", module=module, **{"class": name})
    refuse(copy, f'"{name}" of the module "{module}" is not a model')


def test_a_foreign_module_is_not_even_imported(copy):
    (copy.path.parent / "evil_module.py").write_text("raise SystemExit('ran')")
    sys.path.insert(0, str(copy.path.parent))
    try:
        copy.change("config.json", module="evil_module")
        refuse(copy, "may only name")
        assert "evil_module" not in sys.modules
    finally:
        sys.path.remove(str(copy.path.parent))


@pytest.mark.parametrize(
    "value",
    [
        {"class_name": "Lambda", "config": {"function": "x"}},
        [{"module": "keras.utils", "class_name": "function", "config": "get_file"}],
        {"deep": [{"registered_name": "zoo>AttnGAN"}]},
    ],
)
def test_a_serialised_object_in_the_config(copy, value):
    config = copy.json("config.json")["config"]
    copy.change("config.json", config={**config, "text_encoder": value})
    refuse(copy, "serialized object")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("config.json", "{", "line 1 is not JSON"),
        ("config.json", "[1]", "must hold a JSON object"),
        ("config.json", "[" * 100000, "not a JSON|not JSON"),
        ("config.json", '{"format": 1}', 'has no "config"'),
        ("config.json", '{"format": 2}', "format 2"),
        ("vocabulary.txt", "a\nb\n", "vocabulary.txt"),
        ("model.weights.h5", "text", "not a readable HDF5"),
    ],
)
def test_files_with_another_content(copy, name, text, words):
    (copy.path / name).write_text(text)
    copy.record(name)
    refuse(copy, words)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "not JSON"), ("[]", "JSON object"), ("{}", "format None"), ('{"format": 1}', '"files"')],
)
def test_metadata_with_another_content(copy, text, words):
    (copy.path / "metadata.json").write_text(text)
    refuse(copy, words)


def test_a_directory_that_is_no_preset(copy):
    os.remove(copy.path / "metadata.json")
    refuse(copy, "is not a preset")


@pytest.mark.parametrize(
    "changes", [{"unknown_argument": 1}, {"max_words": "many"}, {"stage_sizes": None}]
)
def test_arguments_that_the_class_does_not_take(copy, changes):
    config = copy.json("config.json")["config"]
    copy.change("config.json", config={**config, **changes})
    refuse(copy, "AttnGAN cannot be built from the preset|max_words")


def test_weights_of_a_model_of_another_size(copy):
    config = copy.json("config.json")["config"]
    copy.change("config.json", config={**config, "generator_filters": 2})
    refuse(copy, "does not hold the expected weights")


def test_a_huge_json_file(copy):
    padding = json.dumps(copy.json("config.json")) + " " * (17 << 20)
    (copy.path / "config.json").write_text(padding)
    copy.record("config.json")
    refuse(copy, "larger than 16 MB")
