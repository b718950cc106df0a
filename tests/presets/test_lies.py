"""Presets whose text files say what is not so, and folders that hold something else than files."""

import json
import os

import pytest

import zoo
from zoo import presets
from zoo.errors import ZooError
from zoo.presets.saving import update_metadata


def refused(copy, words):
    with pytest.raises(ZooError, match=words) as caught:
        zoo.from_preset(copy.path)
    with pytest.raises(ZooError):
        presets.read_metadata(copy.path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ["a"]}, '"name"] must be a text'),
        ({"task": 3}, '"task"] must be a text'),
        ({"licence": "MIT"}, '"licence"] must be a dict'),
        ({"results": {"a": 1}}, '"results"] must be a list'),
        ({"results": [{"metric": "fid"}]}, "lacks value, protocol"),
        ({"data": [3]}, "lacks name, licence"),
        ({"pictures": "x"}, '"pictures"] must be a list'),
        ({"parameters": "many"}, '"parameters"] must be a whole number'),
        ({"condition": []}, '"condition"] must be a dict'),
        ({"format": "1"}, "has format 1, but"),
        ({"format": [1] * 1000}, "has format"),
        ({"files": []}, 'no "files"'),
        ({"files": {f"f{i}.txt": {} for i in range(100)}}, "more than 64 files"),
        ({"deep": json.loads("[" * 50 + "]" * 50)}, "deeper than 32 levels"),
    ],
)
def test_metadata_of_other_kinds(copy, changes, words):
    copy.change("metadata.json", **changes)
    refused(copy, words.replace("[", r"\[").replace("]", r"\]"))


@pytest.mark.parametrize(
    "wanted",
    [
        "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 10**6, "٣" * 64, ["0" * 64], {"0": 1}, True,
        "",
    ],
)
def test_a_sha256_of_another_form(copy, wanted):
    files = copy.json("metadata.json")["files"]
    files["config.json"]["sha256"] = wanted
    copy.change("metadata.json", files=files)
    refused(copy, "SHA-256 of config.json must be 64 hexadecimal digits")


@pytest.mark.parametrize("size", [0, 10**18, -1, "many", None, [1], 1.5])
def test_another_number_of_bytes(copy, size):
    files = copy.json("metadata.json")["files"]
    files["config.json"]["bytes"] = size
    copy.change("metadata.json", files=files)
    refused(copy, "config.json is not the file .* bytes")


@pytest.mark.parametrize("name", ["a\0.txt", "con\r.txt", "a" * 200 + ".txt", "é.txt", "a b.txt"])
def test_names_that_are_not_plain(copy, name):
    files = copy.json("metadata.json")["files"]
    files[name] = {"sha256": "0" * 64, "bytes": 1}
    copy.change("metadata.json", files=files)
    refused(copy, "not a plain name")


@pytest.mark.parametrize("name", ["metadata.json", "config.json"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a": 1, "a": 2}', 'has the key "a" twice'),
        (b'{"x": {"b": [], "b": []}}', 'has the key "b" twice'),
        (b'{"a": NaN}', "holds NaN"),
        (b'{"a": [-Infinity]}', "holds -Infinity"),
        (b'{"a": 1e999}', "too large for a floating point number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON that can be read"),
        (b'{"a": "\\ud800"}', "not Unicode"),
        (b'{"\\udfff": 1}', "not Unicode"),
        (b'{"a": "\xff\xfe"}', "not a JSON text file in UTF-8"),
        (b"\xff\xfe{\x00}\x00", "not a JSON text file in UTF-8"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "UTF-8|deeper"),
        (b"\0" * 100, "not JSON"),
        (b"null", "must hold a JSON object, but holds null"),
        (b'"' + b"x" * 5000 + b'"', "must hold a JSON object"),
    ],
)
def test_json_that_no_one_should_have_written(copy, name, text, words):
    (copy.path / name).write_bytes(text)
    if name != "metadata.json":
        files = copy.json("metadata.json")["files"]
        copy.record(name)
        assert copy.json("metadata.json")["files"].keys() == files.keys()
        with pytest.raises(ZooError, match=words):
            zoo.from_preset(copy.path)
    else:
        refused(copy, words)


@pytest.mark.parametrize("name", ["metadata.json", "config.json", "model.weights.h5"])
@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "loop"])
def test_what_is_no_regular_file(copy, name, kind):
    os.remove(copy.path / name)
    if kind == "fifo":
        os.mkfifo(copy.path / name)
    elif kind == "folder":
        (copy.path / name).mkdir()
    else:
        os.symlink({"device": "/dev/zero", "loop": name}[kind], copy.path / name)
    refused(copy, "not a regular file|link that leaves|lacks its file|Cannot read")


def test_a_link_inside_the_folder_is_a_file_like_others(copy):
    os.rename(copy.path / "config.json", copy.path / "other.json")
    os.symlink("other.json", copy.path / "config.json")
    assert zoo.from_preset(copy.path) is not None


def test_a_preset_that_lies_is_not_written_anew(copy):
    before = (copy.path / "README.md").read_bytes()
    copy.change("metadata.json", results=[{"metric": "fid"}])
    with pytest.raises(ZooError, match="lacks value"):
        update_metadata(copy.path, description="better")
    assert (copy.path / "README.md").read_bytes() == before


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {"a": [float("nan")]}, "\ud800"],
)
def test_metadata_that_could_not_be_read_is_not_written(copy, value):
    before = (copy.path / "metadata.json").read_bytes()
    with pytest.raises(ZooError, match="Cannot write"):
        update_metadata(copy.path, extra=value)
    assert (copy.path / "metadata.json").read_bytes() == before


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        ("a\0b", "A preset must be"), ("a\nb", "A preset must be"),
        (b"attn_gan_emoji_64", "A preset must be"), (7, "A preset must be"),
        (None, "A preset must be"), (["attn_gan_emoji_64"], "A preset must be"),
        ("/dev/null", "is not a directory"), ("/dev/zero", "is not a directory"),
        ("hf://", "not a Hugging Face preset"), ("hf://owner", "not a Hugging Face preset"),
        ("hf://../..", "not a Hugging Face preset"), ("hf://a/b/c", "not a Hugging Face preset"),
        ("hf://a/b@../x", "not a Hugging Face preset"), ("hf://a/..", "not a Hugging Face preset"),
        ("hf://a/b@", "not a Hugging Face preset"), ("hf://a/b?x=1", "not a Hugging Face preset"),
        ("kaggle://a/b", "not a Kaggle preset"), ("kaggle://a/b/../d", "not a Kaggle preset"),
        ("kaggle://a/b/c/d\\e", "not a Kaggle preset"),
        ("builtin://attn_gan_emoji_64", "no preset|could"),
        ("file:///dev/zero", "is not a directory"), ("file://", "no preset"), ("://", "no preset"),
        ("ATTN_GAN_EMOJI_64", "no preset"), ("attn_gan_emoji_64/", "no preset"),
        ("http://example.invalid/x", "no preset|could not be downloaded"),
    ],
)  # fmt: skip
def test_handles_that_name_no_preset(handle, words):
    with pytest.raises(ZooError, match=words) as caught:
        zoo.from_preset(handle)
    assert "\n" not in str(caught.value)


def test_a_path_with_its_scheme(copy):
    assert presets.read_metadata(f"file://{copy.path}") == presets.read_metadata(copy.path)
