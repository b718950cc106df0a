"""Text encoders whose weights are in an installed Python package."""

from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from tests.support import tiny
from tests.support.tiny_bert import PIECES, write_bert
from zoo.errors import ZooError
from zoo.text import HubTextEncoder, bert_modules, hub, package_modules

HANDLES = {part: f"package://a_small_bert/{part}" for part in ("preprocess", "encoder")}
CAPTIONS = ["a red bird", "two dogs on the snow"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the package; its modules are made in `cache`, once."""
    place = tmp_path_factory.mktemp("place")
    (place / "a_small_bert").mkdir()
    (place / "a_small_bert" / "__init__.py").write_text("raise ValueError('it is not imported')")
    write_bert(place / "a_small_bert" / "model")
    return place


@pytest.fixture
def installed(place, monkeypatch):
    monkeypatch.syspath_prepend(place)
    monkeypatch.setenv("ZOO_CACHE_DIR", str(place / "cache"))
    monkeypatch.delenv(hub.TRUSTED_FOLDERS, raising=False)
    return place


def test_a_preset_reads_captions_with_a_package(installed, tmp_path, monkeypatch):
    settings = {"kind": "hub", **HANDLES, "sentence": "words"}
    model = tiny.stackgan_v2("rnn", vocabulary=None, max_words=9, text_encoder=settings)
    assert model.hub_encoder.features == 8 and model.hub_encoder.handles == HANDLES
    assert model.hub_encoder.piece_texts() == PIECES
    images = model.generate(CAPTIONS, seed=1)
    model.save_to_preset(tmp_path / "preset")
    monkeypatch.setattr(bert_modules, "make_modules", None)  # they are there
    loaded = zoo.from_preset(str(tmp_path / "preset"))  # trusted, though no folder is named
    np.testing.assert_array_equal(loaded.generate(CAPTIONS, seed=1), images)
    made, = (installed / "cache" / "modules").iterdir()
    assert made.name.startswith("a_small_bert-")
    assert sorted(path.name for path in made.iterdir()) == ["encoder", "preprocess"]


def test_modules_made_while_a_preset_is_loaded_do_not_count_for_its_size(
    installed, tmp_path, monkeypatch
):
    settings = {"kind": "hub", **HANDLES, "sentence": "words"}
    model = tiny.stackgan_v2("rnn", vocabulary=None, max_words=9, text_encoder=settings)
    images = model.generate(CAPTIONS, seed=1)
    model.save_to_preset(tmp_path / "preset")
    make_modules = bert_modules.make_modules

    def larger(*arguments, **settings):
        keras.layers.Dense(3000).build((None, 3000))  # as a real BERT, larger than the preset
        make_modules(*arguments, **settings)

    monkeypatch.setattr(bert_modules, "make_modules", larger)
    monkeypatch.setenv("ZOO_CACHE_DIR", str(tmp_path / "empty"))
    loaded = zoo.from_preset(str(tmp_path / "preset"))
    np.testing.assert_allclose(loaded.generate(CAPTIONS, seed=1), images, atol=1)


def test_the_digest_is_that_of_the_checkpoint(installed):
    digests = {part: package_modules.digest(handle) for part, handle in HANDLES.items()}
    encoder = HubTextEncoder(**HANDLES, max_tokens=9)
    assert encoder.digests == digests and len(set(digests.values())) == 2
    config = installed / "a_small_bert" / "model" / "config.json"
    before = config.read_text()
    try:
        config.write_text(before + " ")
        package_modules._digest.cache_clear()
        assert package_modules.digest(HANDLES["encoder"]) != digests["encoder"]
    finally:
        config.write_text(before)
        package_modules._digest.cache_clear()


def test_the_folder_of_the_modules(installed, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZOO_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(ZooError, match="Could not write .*file/modules"):
        hub.local_folder("package://a_small_bert/encoder")
    monkeypatch.setenv("ZOO_CACHE_DIR", "")  # as if it was not set
    assert package_modules._modules() == Path.home() / ".cache/zoo/modules"


def test_what_is_no_module_of_a_package(installed):
    with pytest.raises(ZooError, match="of the Python package no_such_bert, which is not installed"
                                       ': pip install no-such-bert "conditional-gan-zoo'):
        hub.local_folder("package://no_such_bert/encoder")
    for handle in ("package://a_small_bert", "package://a_small_bert/decoder",
                   "package://a_small_bert/../encoder", "package://a.small/encoder"):
        with pytest.raises(ZooError, match="write package://NAME/preprocess and"):
            hub.local_folder(handle)
        assert not hub.is_trusted(handle, "preset")
    with pytest.raises(ZooError, match='"json": the package has 0 folders with an encoder'):
        hub.local_folder("package://json/encoder")
