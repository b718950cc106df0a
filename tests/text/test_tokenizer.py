import sys
import unicodedata

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from zoo.errors import ZooError
from zoo.text import CaptionTokenizer, Vocabulary, tokenize
from zoo.text.characters import combining_classes, compositions
from zoo.text.tokenization import RULES
from zoo.text.tokenizer import split_words

VOCABULARY = Vocabulary(["<end>", "<unk>", "a", "red", "bird", "k"])


def _agree(captions, rule):
    """Whether the graph splits captions as `tokenize` does; shows those where it does not."""
    got = split_words(tf.constant(captions), rule).to_list()
    wrong = [
        caption
        for caption, words in zip(captions, got, strict=True)
        if [word.decode() for word in words] != tokenize(caption, rule)
    ]
    assert not wrong, wrong[:20]


@pytest.mark.parametrize("rule", RULES)
def test_same_words_as_python_for_every_character(rule):
    some = set(range(0, sys.maxunicode, 61))  # of Han and Hangul, which are all alike
    names = {chr(code): unicodedata.name(chr(code), "") for code in range(0x40000)}
    characters = [
        character for character, name in names.items()
        if name and (ord(character) in some or name.split()[0] not in ("CJK", "HANGUL", "TANGUT"))
    ]
    assert len(characters) > 25000
    _agree([f"A{c}B {c} C{c}{c}\u0301" for c in characters], rule)


PIECES = st.one_of(
    st.characters(blacklist_categories=["Cs"]),  # all of Unicode
    st.sampled_from([chr(a) + chr(b) for a, b in sorted(compositions())[::7]]),
    st.sampled_from([chr(code) for code in np.flatnonzero(combining_classes())]),
    st.sampled_from("aZ_ 9'-中ส\u200d\ufe0f\U0001f468\u0130\u00df\u0345\uff9f\x00"),
)


@pytest.mark.parametrize("rule", RULES)
def test_same_words_as_python_for_any_text(rule):
    split = tf.function(
        lambda texts: split_words(texts, rule), [tf.TensorSpec([None], tf.string)], autograph=False
    )

    @hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
    @hypothesis.given(st.lists(PIECES, max_size=12).map("".join))
    def check(text):
        forms = [text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))]
        words = [[word.decode() for word in row] for row in split(forms).to_list()]
        assert words == [tokenize(form, rule) for form in forms]
        assert words[0] == words[1] == words[2]

    check()


def test_a_vocabulary_says_by_which_rule_captions_are_read():
    captions = tf.constant(["un café cafe\u0301 红鸟 CAFÉ"])
    chinese = Vocabulary(["<end>", "café", "鸟"])
    tokens = CaptionTokenizer(chinese, 5)(captions)["tokens"]
    np.testing.assert_array_equal(tokens, [[1, 1, 2, 1, 0]])
    tokens = CaptionTokenizer(Vocabulary(["<end>", "caf"]), 5)(captions)["tokens"]
    np.testing.assert_array_equal(tokens, [[1, 1, 1, 0, 0]])


def test_tokens_and_lengths():
    result = CaptionTokenizer(VOCABULARY, 4)(tf.constant(["A red, RED bird!", "a", "zebra", ""]))
    np.testing.assert_array_equal(
        result["tokens"], [[2, 3, 3, 4], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    )
    np.testing.assert_array_equal(result["lengths"], [4, 1, 1, 1])
    assert result["tokens"].dtype == result["lengths"].dtype == tf.int32


def test_unknown_words():
    captions = tf.constant(["a zebra bird", "zebra"])
    drop = CaptionTokenizer(VOCABULARY, 3)
    unk = CaptionTokenizer(VOCABULARY, 3, unknown="unk")
    np.testing.assert_array_equal(drop(captions)["tokens"], [[2, 4, 0], [0, 0, 0]])
    np.testing.assert_array_equal(unk(captions)["tokens"], [[2, 1, 4], [1, 0, 0]])
    np.testing.assert_array_equal(unk(captions)["lengths"], [3, 1])


def test_long_caption_keeps_its_first_words():
    result = CaptionTokenizer(VOCABULARY, 2)(tf.constant(["red a " * 5000]))
    np.testing.assert_array_equal(result["tokens"], [[3, 2]])
    np.testing.assert_array_equal(result["lengths"], [2])
    assert CaptionTokenizer(VOCABULARY, 2).ragged(["red a bird"]).to_list() == [[3, 2, 4]]


@pytest.mark.parametrize("unknown", ["drop", "unk"])
@pytest.mark.parametrize("tokens", [VOCABULARY.tokens, ["<end>", "<unk>", "café", "中", "a"]])
def test_plain_python_gives_the_same_rows(tokens, unknown):
    vocabulary = Vocabulary(tokens)
    captions = ["a red bird", "Cafe\u0301 中中 a a a", "x", "", "A, a! red-bird", "\u212a k b k"]
    ours = vocabulary.encode(captions, 4, unknown)
    graph = CaptionTokenizer(vocabulary, 4, unknown)(tf.constant(captions))
    for name, rows in graph.items():
        np.testing.assert_array_equal(ours[name], rows)
        assert ours[name].dtype == np.int32
    assert vocabulary.encode([], 4)["tokens"].shape == (0, 4)


def test_empty_batch_and_bytes_that_are_not_utf8():
    tokenizer = CaptionTokenizer(VOCABULARY, 3)
    assert tokenizer(tf.constant([], tf.string))["tokens"].shape == (0, 3)
    np.testing.assert_array_equal(
        tokenizer(tf.constant([b"red\xff\xfebird\x00a"]))["tokens"], [[3, 4, 2]]
    )
    for rule in RULES:
        words = split_words(tf.constant([b"\xed\xa0\x80red\xc3\x00\xe7\xba", b"\xff"]), rule)
        assert words.to_list() == [[b"red"], []]


def test_inside_tf_data_and_graph():
    tokenizer = CaptionTokenizer(VOCABULARY, 3)
    data = tf.data.Dataset.from_tensor_slices(["a bird", "red"]).batch(2).map(tokenizer)
    np.testing.assert_array_equal(next(iter(data))["tokens"], [[2, 4, 0], [3, 0, 0]])
    result = tf.function(tokenizer)(tf.constant(["a bird"]))
    assert result["tokens"].shape == (1, 3)


def test_made_inside_a_function():
    made = []

    @tf.function
    def call(captions):
        if not made:
            made.append(CaptionTokenizer(VOCABULARY, 3))
        return made[0](captions)["tokens"]

    np.testing.assert_array_equal(call(tf.constant(["a bird"])), [[2, 4, 0]])


def test_saved_model_answers_through_a_session(tmp_path):
    class Service(tf.Module):
        def __init__(self):
            super().__init__()
            self.tokenizer = CaptionTokenizer(VOCABULARY, 3)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="captions")])
        def serve(self, captions):
            return self.tokenizer(captions)

    service = Service()
    tf.saved_model.save(service, tmp_path, signatures={"serving_default": service.serve})
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(tmp_path))
        signature = meta.signature_def["serving_default"]
        tokens, lengths = session.run(
            [signature.outputs["tokens"].name, signature.outputs["lengths"].name],
            {signature.inputs["captions"].name: ["A red bird \u212a", "\u212a!"]},
        )
    np.testing.assert_array_equal(tokens, [[2, 3, 4], [5, 0, 0]])
    np.testing.assert_array_equal(lengths, [3, 1])


def test_settings_are_checked():
    for bad in (0, -1, 2.0, True, "3"):
        with pytest.raises(ZooError, match="max_words"):
            CaptionTokenizer(VOCABULARY, bad)
    with pytest.raises(ZooError, match="does not have it"):
        CaptionTokenizer(["<end>", "a"], 3, unknown="unk")
