"""Warnings and errors about captions, embeddings and labels that a model cannot read fully."""

import warnings

import numpy as np
import pytest

from tests.support import tiny
from zoo.conditions import SentenceEmbeddings, WordEmbeddings
from zoo.errors import WordsLeftOut, ZooError

SPECIAL = ["<end>", "<unk>"]


@pytest.fixture(scope="module")
def model():
    return tiny.attn_gan(compiled=False)


def test_generate_warns_once_of_all_that_it_leaves_out(model):
    captions = ["a riding red circle", "red", "big \U0001f426 zebra", "a red " * 4]
    with pytest.warns(WordsLeftOut) as caught:
        model.generate(captions)
    assert len(caught) == 1 and caught[0].filename == __file__
    text = str(caught[0].message)
    assert 'red circle\': the model does not know and leaves out "riding".' in text
    assert "Caption 2" not in text and '"zebra"; it leaves out the symbols "\U0001f426"' in text
    assert 'reads at most 6 words and not the last 2, "a", "red"' in text
    assert model.condition.unread(captions, {}) == text


def test_interpolate_and_unk_warn_too(model):
    with pytest.warns(WordsLeftOut, match='"riding"'):
        model.interpolate("a riding circle", steps=2)
    with pytest.warns(WordsLeftOut, match='reads as <unk> "riding"'):
        model.generate("a riding circle", unknown="unk")


def test_no_warning_where_all_is_read(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.generate(["a big red circle", "A CIRCLE!"])
        model.interpolate("red", steps=2)


@pytest.mark.parametrize(
    ("caption", "words"),
    [("cercle rouge", '"cercle", "rouge"'), ("红圆", '"红", "圆"'), ("crcle", 'you mean "circle"')],
)
def test_a_caption_of_unknown_words_is_an_error(model, caption, words):
    with pytest.raises(ZooError, match=f"only unknown words: .*{words}"):
        model.generate(["red", caption])


@pytest.mark.parametrize("make", [tiny.attn_gan, tiny.damsm, tiny.stackgan_v2])
@pytest.mark.parametrize("tokens", [SPECIAL, SPECIAL[:1]])
def test_no_model_of_a_vocabulary_without_words(make, tokens):
    with pytest.raises(ZooError, match="has no words"):
        make(vocabulary=tokens)


@pytest.mark.parametrize("rows", [[[1.0, np.nan]], [[np.inf, 1.0]], [[1.0, 2.0], [0.0, 0.0]]])
def test_embeddings_that_are_none(rows):
    with pytest.raises(ZooError, match="NaN|infinite|row 1 is all zeros"):
        SentenceEmbeddings(features=2).parse(np.array(rows))


def test_word_vectors_that_are_none():
    words = np.ones([2, 3, 4], np.float32)
    words[1] = 0
    with pytest.raises(ZooError, match="row 1 is all zeros"):
        WordEmbeddings(3, features=4).parse({"words": words, "lengths": [1, 2]})
    words[1] = np.nan
    with pytest.raises(ZooError, match='"words" holds 12 NaN'):
        WordEmbeddings(3, features=4).parse({"words": words, "lengths": [1, 2]})


def test_seeds_of_generate(model):
    for seed in ("x", 1.5, True, float("nan"), 10**400):
        with pytest.raises(ZooError, match="^seed must be an integer"):
            model.generate("red", seed=seed)
        with pytest.raises(ZooError, match="^noise_seed must be an integer"):
            model.generate("red", noise_seed=seed)
    with pytest.raises(ZooError, match="the 3 after it are used too"):
        model.generate("red", images_per_caption=4, seed=2**63 - 1)
    with pytest.raises(ZooError, match="images_per_caption must be"):
        model.generate("red", images_per_caption=True)
    np.testing.assert_array_equal(
        model.generate("red", seed=np.int64(-5)), model.generate("red", seed=[-5])
    )
