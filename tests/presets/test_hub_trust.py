"""A preset's own word is never a reason to run a module of TensorFlow Hub."""

import os

import pytest

import zoo
from zoo.errors import ZooError
from zoo.presets import hub
from zoo.text import hub as hub_modules

PUBLISHED = {"preprocess": hub_modules.PREPROCESS, "encoder": hub_modules.ENCODER}
OTHER = "0" * 64


@pytest.fixture
def module(tmp_path):
    """A folder that looks like a SavedModel."""
    folder = tmp_path / "modules" / "preprocess"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"a program")
    return str(folder)


@pytest.fixture
def reads(copy, monkeypatch):
    """Makes the preset read by modules; nothing may be loaded in these tests."""
    import tensorflow as tf

    def loaded(folder):
        raise AssertionError(f"{folder} was opened")

    monkeypatch.setattr(tf.saved_model, "load", loaded)
    monkeypatch.delenv(hub_modules.TRUSTED_FOLDERS, raising=False)

    def set_modules(sha256=None, **handles):
        config = copy.json("config.json")["config"]
        settings = {"kind": "hub", **handles, **({} if sha256 is None else {"sha256": sha256})}
        copy.change("config.json", config={**config, "text_encoder": settings})

    return set_modules


def refused(copy, words, **arguments):
    with pytest.raises(ZooError, match=words) as caught:
        zoo.from_preset(copy.path, **arguments)
    return str(caught.value)


def test_local_modules_are_named_by_the_caller_or_not_opened(copy, reads, module):
    for handle in (module, f"/proc/self/cwd/{os.path.relpath(module)}", f"{module}/../preprocess"):
        reads(preprocess=handle, encoder=handle, sha256={n: OTHER for n in hub.NAMES})
        message = refused(copy, "a program that would be run")
        assert f'text_encoder={{"preprocess": "{handle}", "encoder": "{handle}"}}' in message
        assert "ZOO_TRUSTED_MODULES" in message


def test_one_named_module_does_not_vouch_for_the_other(copy, reads, module):
    reads(preprocess=module, encoder=module, sha256={n: OTHER for n in hub.NAMES})
    refused(copy, "names the encoder module", text_encoder={"preprocess": module})


def test_a_folder_that_the_caller_trusts(copy, reads, module, monkeypatch, tmp_path):
    reads(preprocess=module, encoder=module, sha256={n: OTHER for n in hub.NAMES})
    monkeypatch.setenv(hub_modules.TRUSTED_FOLDERS, f"relative{os.pathsep}{tmp_path / 'modules'}")
    refused(copy, "SHA-256")  # trusted, looked at, and another one
    (tmp_path / "modules" / "link").symlink_to(copy.path)
    digests = {name: OTHER for name in hub.NAMES}
    reads(preprocess=f"{tmp_path}/modules/link", encoder=module, sha256=digests)
    refused(copy, "names the preprocess module")  # it leads out of the trusted folder
    monkeypatch.setenv(hub_modules.TRUSTED_FOLDERS, str(tmp_path))
    refused(copy, "names the preprocess module")  # into the preset itself


def test_the_digest_is_compared_before_the_module_is_opened(copy, reads, module):
    own = hub_modules.digest(module)
    given = {"preprocess": module, "encoder": module}
    for wrong in hub.NAMES:
        reads(sha256={n: OTHER if n == wrong else own for n in hub.NAMES}, **given)
        assert OTHER in refused(copy, f"not the {wrong} module", text_encoder=given)
    reads(sha256={n: own for n in hub.NAMES}, **given)
    with pytest.raises(ZooError) as caught:  # the right one is opened
        zoo.from_preset(copy.path, text_encoder=given)
    assert "was opened" in str(caught.value)


def test_what_a_preset_names_needs_a_digest(copy, reads):
    reads(**PUBLISHED)
    refused(copy, "without its SHA-256")
    reads(**PUBLISHED, sha256={"preprocess": OTHER})
    refused(copy, "encoder module .* without its SHA-256")


@pytest.mark.parametrize(
    "sha256", [[], "0" * 64, {"preprocess": "0" * 63}, {"encoder": 3}, {"other": OTHER}]
)
def test_digests_of_another_form(copy, reads, module, sha256):
    reads(preprocess=module, encoder=module, sha256=sha256 or {"x": 1})
    refused(copy, "64 hexadecimal digits", text_encoder={"preprocess": module, "encoder": module})


@pytest.mark.parametrize(
    "handle",
    [
        "http://tfhub.dev/google/x/1", "HTTPS://tfhub.dev/google/x/1", "https://TFHUB.DEV/google/x",
        "https://tfhub.dev/google/..%2f..%2fevil/x/1", "https://tfhub.dev/google/../evil/x/1",
        "https://tfhub.dev@evil.example/google/x/1", "https://tfhub.dev.evil.example/google/x/1",
        "https://evil.example/https://tfhub.dev/google/x/1", "https://tfhub.dev/googler/x/1",
        "https://tfhub.dev:8080/google/x/1", "https://tfhub.dev//google/x/1",
        "https://tfhub.dev/google\\..\\evil/x", "https://tfhub.dev/google/x/1?tf-hub-format=x",
        "https://tfhub.dev/google/x/1#y", "https://tfhub.dev/google/", "https://tfhub.dev/google",
        "https://tfhub.dev/google/x/1\n", "https://tfhub.dev/google/x\0", "https://tfhub.dev/gооgle/x",
        "https://www.kaggle.com/models/googler/x", "https://www.kaggle.com/google/x",
        "kaggle://google", "kaggle://Google/x/y/z/1", "kaggle://google/../x/y/1",
        "KAGGLE://google/x/y/z/1", "file:///modules/x", "gs://google/x", "hf://google/x", "s3://x/y",
        "modules/x", "~/modules/x", "", None, 3, ["https://tfhub.dev/google/x/1"],
        "/proc/self/cwd/modules/preprocess", "/dev/fd/3", "\\\\host\\share",
    ],
)
def test_handles_that_a_preset_may_not_name(tmp_path, monkeypatch, handle):
    monkeypatch.delenv(hub_modules.TRUSTED_FOLDERS, raising=False)
    assert not hub_modules.is_trusted(handle, tmp_path)


@pytest.mark.parametrize("address", ["http://tfhub.dev/google/x/1", "HTTP://tfhub.dev/google/x/1"])
def test_nothing_is_fetched_without_encryption(address):
    with pytest.raises(ZooError, match="can be tampered with"):
        hub_modules.local_folder(address)


@pytest.mark.parametrize("handle", ["modules\0/x", "a\nb", b"modules", 7, None])
def test_handles_that_are_no_names(handle):
    with pytest.raises(ZooError, match="must be a folder or an address"):
        hub_modules.local_folder(handle)


@pytest.mark.parametrize("handle", [None, 3, ""])
def test_a_handle_is_a_text_or_a_path(copy, reads, module, handle):
    reads(preprocess=module, encoder=module, sha256={n: OTHER for n in hub.NAMES})
    refused(copy, "text_encoder must be a dict of .*handles", text_encoder={"encoder": handle})
