"""A served model reads captions of every script as `generate` does, and accepts any bytes."""

import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from export.saved_model import export_saved_model
from tests.support import tiny
from zoo.text import CaptionTokenizer, tokenize

WORDS = ["<end>", "<unk>", "红", "鸟", "grüner", "vogel", "สี", "café", "птица"]
CAPTIONS = ["一只红鸟", "Ein GRÜNER Vogel!", "สีแดง", "Птица в кафе, café", "红 vogel 鸟 " * 9]
BYTES = [
    b"\xff\xfe", b"", b"\x00", "红\0鸟".encode(), b"\xe7\xba", b"\xed\xa0\x80vogel",
    b"vogel\xf4\x90", "\U0001f426\u200d\ufe0f".encode(), b"\x7f" * 3000, "\u0301".encode() * 500,
]


@pytest.fixture(scope="module")
def model():
    return tiny.stackgan_v2(compiled=False, vocabulary=WORDS)


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    path = export_saved_model(model, tmp_path_factory.mktemp("words") / "model")
    loaded = tf.saved_model.load(str(path))
    return lambda captions, seeds: loaded.signatures["pixels"](
        captions=tf.constant(captions), seed=tf.constant(seeds, tf.int64)
    )["image"].numpy().astype(int)


@pytest.mark.filterwarnings("ignore::zoo.errors.WordsLeftOut")
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_captions_of_every_script(served, model, form):
    captions = [unicodedata.normalize(form, caption) for caption in CAPTIONS]
    seeds = list(range(len(captions)))
    wanted = model.generate(CAPTIONS, seed=seeds).astype(int)
    assert np.abs(served(captions, seeds) - wanted).max() <= 1
    np.testing.assert_array_equal(model.generate(captions, seed=seeds), wanted)


def test_any_bytes_get_an_answer_and_change_no_other_row(served):
    captions = [caption.encode() for caption in CAPTIONS]
    seeds = list(range(len(captions)))
    together = served(captions + BYTES, seeds + [3] * len(BYTES))
    assert together.shape[0] == len(captions + BYTES)
    assert np.abs(together[: len(captions)] - served(captions, seeds)).max() <= 1
    for place in (0, 1, 2, 4, 7, 8, 9):  # no known word: each is read as the padding token
        assert np.abs(together[len(captions) + place] - together[len(captions)]).max() <= 1
    assert np.abs(together[len(captions) + 3] - served(["红鸟"], [3])[0]).max() <= 1


def test_the_tokens_are_those_of_python(model):
    ids = CaptionTokenizer(model.vocabulary, 6)(tf.constant(CAPTIONS))["tokens"].numpy()
    for row, caption in zip(ids, CAPTIONS, strict=True):
        known = [model.vocabulary.index(w) for w in tokenize(caption) if w in model.vocabulary]
        assert row.tolist() == (known + [0] * 6)[:6]
