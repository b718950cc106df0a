"""Conditions that were read as something else, and settings of a text encoder that do not fit."""

import unicodedata

import numpy as np
import pytest

from tests.conditions.test_word_embeddings import FEATURES, WORDS, vectors
from tests.support.tiny_hub_module import tiny_modules
from zoo.conditions import Labels, SentenceEmbeddings, WordEmbeddings, text_condition
from zoo.conditions.unconditional import Unconditional
from zoo.errors import ZooError

NFC, NFD = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))


@pytest.mark.parametrize("labels", [b"cat", bytearray(b"cat"), {2, 1}, {1: "dog"}])
def test_labels_are_no_bytes_sets_or_dicts(labels):
    with pytest.raises(ZooError, match=f"from 0 to 199, got a {type(labels).__name__}.* as a list"):
        Labels(200).parse(labels)


def test_names_of_classes_are_compared_in_one_normal_form():
    given = Labels(2, ["dog", NFD])
    assert given.parse([NFC, NFD, "dog"])["labels"].tolist() == [1, 1, 0]
    assert given.load("P", NFC).names == [NFD]
    assert Labels(2, [NFC, NFD]).parse([NFD, NFC])["labels"].tolist() == [1, 0]  # as written
    with pytest.raises(ZooError, match="There is no class 'DOG'"):
        given.parse("DOG")


def test_names_that_are_numbers():
    """The hint called "2" a number and a name, which are two classes."""
    given = Labels(12, sorted(map(str, range(12))))
    words = "a number is the class of this name, or the index where there is no such name"
    assert words in given.hint() and words not in Labels(2, ["cat", "dog"]).hint()
    assert given.load("P", "2").names == ["2"]
    assert given.parse(["2", 2])["labels"].tolist() == [4, 2]
    assert Labels(3, ["1", "2", "9"]).load("P", "0;1").names == ["1", "1"]


def test_a_misspelled_array_of_vectors():
    given = vectors(2)
    given["sentences"] = given.pop("sentence")
    with pytest.raises(ZooError, match='no array "sentences": .*Did you mean "sentence"'):
        WordEmbeddings(WORDS, FEATURES).parse(given)
    others = {**vectors(2), "words_mask": 0, "captions": ["a", "b"]}
    assert set(WordEmbeddings(WORDS, FEATURES).parse(others)) == {"words", "sentence", "lengths"}


@pytest.mark.parametrize("length", [2**32 + 1, -2**32 + 1])
def test_lengths_beyond_32_bits(length):
    with pytest.raises(ZooError, match="must be from 1 to 6"):
        WordEmbeddings(WORDS, FEATURES).parse({**vectors(2), "lengths": np.array([length, 2])})


@pytest.mark.parametrize("condition,given", [
    (SentenceEmbeddings(4), np.ones((1, 4))), (WordEmbeddings(WORDS, FEATURES), vectors(1)),
    (Unconditional(), None),
    (text_condition({"kind": "hub", **tiny_modules()}, None, 9), ["a red circle"]),
], ids=["embeddings", "word embeddings", "nothing", "hub"])
def test_unknown_has_two_values_where_it_has_no_effect(condition, given):
    assert condition.parse(given, unknown="unk") is not None
    with pytest.raises(ZooError, match="unknown must be .*got 'drp'"):
        condition.parse(given, unknown="drp")


def test_word_pieces_have_no_flag_for_unknown_words():
    condition = text_condition({"kind": "hub", **tiny_modules()}, None, 9)
    assert condition.load("P", captions="a red circle").values == ["a red circle"]
    with pytest.raises(ZooError, match="--unknown=unk has no effect on P, .*: leave it out"):
        condition.load("P", captions="a red circle", unknown="unk")


@pytest.mark.parametrize("name,other", [("encoder", "preprocess"), ("preprocess", "encoder")])
def test_one_handle_is_not_completed_by_another_encoder(name, other):
    with pytest.raises(ZooError, match=rf"\['{other}'\]` is missing: .*only .*\['{name}'\]`"):
        text_condition({"kind": "hub", name: tiny_modules()[name]}, None, 9)


@pytest.mark.parametrize("name,position", [("zip.npz", 100), ("zip.npz", 200), ("huge.npy", None)])
def test_damaged_files_of_embeddings(name, position, tmp_path):
    path = tmp_path / name
    if position is None:
        shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 4), }"
        path.write_bytes(b"\x93NUMPY\x01\x00v\x00" + shape.encode().ljust(117) + b"\n")
    else:
        rng = np.random.default_rng(0)
        np.savez_compressed(path, words=rng.random((50, 3, 4)), lengths=np.ones(50, int))
        content = bytearray(path.read_bytes())
        content[position:position + 20] = b"\xff" * 20
        path.write_bytes(content)
    with pytest.raises(ZooError, match=f"--embeddings .*{name}"):
        WordEmbeddings(3, 4).load("P", embeddings=str(path))
