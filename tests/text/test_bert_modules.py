"""Modules of TensorFlow Hub's form from a checkpoint that KerasHub reads."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.precision import computing_in
from tests.support.tiny_bert import PIECES, write_bert
from zoo.errors import ZooError
from zoo.text import HubTextEncoder, bert_modules
from zoo.text.bert_modules import find_source, make_modules


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bert(tmp_path_factory.mktemp("bert") / "preset")


def test_modules_agree_and_are_read_as_a_text_encoder(folder, tmp_path):
    made = make_modules(folder, tmp_path / "out", places=20)
    assert made["difference"] <= 1e-5 and (made["features"], made["pieces"]) == (8, len(PIECES))
    encoder = HubTextEncoder(made["preprocess"], made["encoder"], max_tokens=12)
    assert encoder.features == 8 and encoder.piece_texts() == PIECES
    outputs = encoder(tf.constant(["A red birds, caf\u00e9", "two dogs"]))
    assert outputs["lengths"].numpy().tolist() == [8, 4]
    pieces = encoder.tokenize(tf.constant(["A red birds, caf\u00e9"]))["pieces"].numpy()[0]
    assert [PIECES[i] for i in pieces[:8]] == "[CLS] a red bird ##s , cafe [SEP]".split()
    assert np.abs(outputs["words"][0] - outputs["words"][1]).max() > 1e-3


def test_modules_of_a_checkpoint_in_half_precision_compute_in_float32(tmp_path):
    """A Hugging Face folder takes the program's precision, a KerasHub one that of its making."""
    with computing_in("mixed_bfloat16"):
        made = make_modules(write_bert(tmp_path / "preset"), tmp_path / "out", places=20)
    inputs = tf.saved_model.load(made["preprocess"])(tf.constant(["two dogs"]))
    outputs = tf.saved_model.load(made["encoder"])(inputs)
    assert {value.dtype for value in outputs.values()} == {tf.float32}


def test_mistakes(folder, tmp_path):
    with pytest.raises(ZooError, match="places must be from 3 to this encoder's 32, got 64"):
        make_modules(folder, tmp_path / "long", places=64)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for taken in (tmp_path / "full", tmp_path / "full" / "file"):
        with pytest.raises(ZooError, match="exists and is no empty folder: give a new one"):
            make_modules(folder, taken, places=20)
    (tmp_path / "other").mkdir()
    with pytest.raises(ZooError, match='cannot read ".*other" as a BERT'):
        make_modules(str(tmp_path / "other"), tmp_path / "out")


def test_a_vocabulary_of_another_checkpoint(tmp_path):
    source = write_bert(tmp_path / "bert")
    (path,) = (tmp_path / "bert").rglob("vocabulary.txt")
    path.write_text("\n".join([*PIECES, *(f"piece{k}" for k in range(9))]) + "\n")
    with pytest.raises(ZooError, match=f"{len(PIECES) + 9} word pieces, but vectors of only"):
        make_modules(source, str(tmp_path / "out"), 8)
    assert not (tmp_path / "out").exists()


def test_modules_that_differ_are_not_written(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(bert_modules, "_difference", lambda *_: 0.5)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ZooError, match="differ from KerasHub's output by 0.5, more than 1e-05: th"):
        make_modules(folder, out, places=20)
    assert list(tmp_path.iterdir()) == [out] and not any(out.iterdir())


def test_sources(tmp_path, monkeypatch):
    assert find_source("hf://owner/name") == "hf://owner/name"
    with pytest.raises(ZooError, match='"no_such_package" is no folder.*no installed package'):
        find_source("no_such_package")
    model = tmp_path / "some_bert" / "model"
    model.mkdir(parents=True)
    (tmp_path / "some_bert" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZooError, match="the package has 0 folders with an encoder"):
        find_source("some_bert")
    for name in ("config.json", "vocab.txt"):
        (model / name).touch()
    assert find_source("some_bert") == str(model)
