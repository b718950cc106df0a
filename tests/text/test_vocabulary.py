import pytest

from zoo.errors import ZooError
from zoo.text import Vocabulary
from zoo.text.vocabulary import check_has_words


def test_build_orders_by_count_then_alphabet():
    vocabulary = Vocabulary.build(["a red bird", "A bird", "a zebra"])
    assert vocabulary.tokens == ("<end>", "<unk>", "a", "bird", "red", "zebra")
    assert vocabulary.unknown_id == 1
    assert vocabulary.index("bird") == 3
    assert "zebra" in vocabulary and "Bird" not in vocabulary
    assert len(vocabulary) == 6


def test_build_from_lists_of_captions_min_count_and_no_unknown():
    vocabulary = Vocabulary.build([["a b", "a"], ["a b c"]], min_count=2, unknown=False)
    assert vocabulary.tokens == ("<end>", "a", "b")
    assert vocabulary.unknown_id is None


def test_save_and_load(tmp_path):
    vocabulary = Vocabulary.build(["a red bird"])
    path = tmp_path / "vocabulary.txt"
    vocabulary.save(path)
    assert path.read_bytes() == b"<end>\n<unk>\na\nbird\nred\n"
    assert Vocabulary.load(path) == vocabulary
    path.write_bytes(b"<end>\r\na")
    assert Vocabulary.load(path).tokens == ("<end>", "a")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "vocabulary is empty"),
        (b"a\nb\n", 'line 1: the token must be "<end>"'),
        (b"<end>\na\n\nb\n", "line 3: the token must be one word"),
        (b"<end>\na b\n", "line 2: the token must be one word .* 'a b'"),
        (b"<end>\na\nb\na\n", "line 4: the token 'a' occurs twice"),
        (b"<end>\n\xff\n", "UTF-8"),
    ],
)
def test_load_names_file_and_line(tmp_path, content, message):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(ZooError, match=message) as error:
        Vocabulary.load(path)
    assert "words.txt" in str(error.value)


def test_load_missing_file(tmp_path):
    with pytest.raises(ZooError, match="cannot be read: No such file"):
        Vocabulary.load(tmp_path / "no.txt")


@pytest.mark.parametrize(
    "tokens", [[], ["a"], ["<end>", "<end>"], ["<end>", 3], "<end>", ["<end>", ""]]
)
def test_bad_tokens(tokens):
    with pytest.raises(ZooError):
        Vocabulary(tokens)


def test_index_of_an_unknown_token():
    with pytest.raises(ZooError, match='"zebra" is not in this vocabulary'):
        Vocabulary(["<end>"]).index("zebra")


@pytest.mark.parametrize(
    ("captions", "settings", "message"),
    [
        ([], {}, "built from captions, but there are none"),
        ([["!!"], "\U0001f426"], {}, "2 captions .the first is '!!'. have no words"),
        (["一只鸟"], {"rule": "ascii"}, 'no words according to the rule "ascii".*"unicode"'),
        (["a b", "c d"], {"min_count": 2}, "None of the 4 words .* occurs more than 1 times. Low"),
    ],
)
def test_an_empty_vocabulary_is_an_error(captions, settings, message):
    with pytest.raises(ZooError, match=message):
        Vocabulary.build(captions, **settings)


def test_words_of_every_script():
    vocabulary = Vocabulary.build(["红鸟", "stra\u00dfe cafe\u0301"], unknown=False)
    assert vocabulary.tokens == ("<end>", "café", "strasse", "红", "鸟")
    assert vocabulary.words == vocabulary.tokens[1:]


def test_the_tokens_say_the_rule(tmp_path):
    assert Vocabulary.build(["a bird"]).rule == "ascii"
    chinese = Vocabulary.build(["鸟"])
    assert chinese.rule == "unicode" and chinese.words_of("Café 鸟") == ["café", "鸟"]
    chinese.save(tmp_path / "words.txt")
    assert Vocabulary.load(tmp_path / "words.txt").rule == "unicode"
    assert Vocabulary.build(["café bar"], rule="ascii").tokens == ("<end>", "<unk>", "bar", "caf")


def test_a_vocabulary_of_marks_alone_is_of_no_use():
    check_has_words(Vocabulary(["<end>", "a"]))
    for tokens in (["<end>"], ["<end>", "<unk>"]):
        with pytest.raises(ZooError, match="The vocabulary of the preset x has no words"):
            check_has_words(Vocabulary(tokens), "the preset x")
