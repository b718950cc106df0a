"""Conditions of systems that read word vectors."""

import numpy as np
import pytest

from zoo.conditions import WordEmbeddings, text_condition
from zoo.conditions.words import sentence_of_words
from zoo.errors import ZooError

WORDS, FEATURES = 6, 4


def vectors(rows):
    rng = np.random.default_rng(0)
    return {
        "words": rng.normal(size=(rows, WORDS, FEATURES)).astype("float32"),
        "sentence": rng.normal(size=(rows, FEATURES)).astype("float32"),
        "lengths": rng.integers(1, WORDS + 1, rows).astype("int32"),
    }


def test_rows_are_what_was_given():
    given = vectors(3)
    condition = WordEmbeddings(WORDS, FEATURES)
    rows = condition.parse({k: v.tolist() for k, v in given.items()})
    assert set(rows) == set(given) and condition.words(rows) == [[], [], []]
    assert all((rows[name] == given[name]).all() for name in given)
    assert [row.dtype.name for row in rows.values()] == ["float32", "float32", "int32"]


def test_a_sentence_is_the_sum_of_all_positions():
    given = vectors(2)
    del given["sentence"]
    rows = WordEmbeddings(WORDS, FEATURES).parse(given)
    expected = given["words"].sum(1) / given["lengths"][:, None]
    np.testing.assert_allclose(rows["sentence"], expected, rtol=1e-6)
    np.testing.assert_allclose(sentence_of_words(np.ones([2, 3]), 2), [1, 1, 1])


def test_padding_is_after_the_length():
    text = text_condition({"kind": "word_embeddings", "features": FEATURES}, None, WORDS)
    made, rows = text.encode(vectors(3)), vectors(3)
    assert set(made) == set(text.symbolic()) == {"words", "sentence", "mask"}
    np.testing.assert_array_equal(made["mask"].numpy().sum(1), rows["lengths"])
    np.testing.assert_array_equal(made["mask"][:, 0], [True] * 3)


WRONG = {
    "captions": "a red circle",
    "no lengths": {"words": vectors(2)["words"]},
    "features": {**vectors(2), "words": np.zeros([2, WORDS, 3])},
    "rows": {**vectors(2), "lengths": [1]},
    "kind of lengths": {**vectors(2), "lengths": [1.5, 2.5]},
    "sentence": {**vectors(2), "sentence": np.zeros([1, FEATURES])},
    "none": {name: value[:0] for name, value in vectors(2).items()},
}


@pytest.mark.parametrize("name", WRONG)
def test_invalid_texts(name):
    with pytest.raises(ZooError, match=rf"`words` float \(rows, {WORDS}, {FEATURES}\)"):
        WordEmbeddings(WORDS, FEATURES).parse(WRONG[name])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lengths": np.array([0, 2])}, "from 1 to 6"),
        ({"lengths": np.array([7, 2])}, "from 1 to 6"),
        ({"words": np.full([2, WORDS, FEATURES], np.nan)}, "NaN"),
    ],
)
def test_texts_with_wrong_numbers(changes, message):
    with pytest.raises(ZooError, match=message):
        WordEmbeddings(WORDS, FEATURES).parse({**vectors(2), **changes})
