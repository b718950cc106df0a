import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.text import Vocabulary, check_captions, tokenize

KNOWN = Vocabulary(["<end>", "<unk>", "red", "bird"])
NO_UNKNOWN = Vocabulary(["<end>", "red", "bird"])


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A bright-yellow CROWN, isn't it?", ["a", "bright", "yellow", "crown", "isn", "t", "it"]),
        ("BLUE_2 x10", ["blue_2", "x10"]),
        ("caf\u00e9 \u00e9\u00e8 na\u00efve", ["caf", "nave"]),
        ("a\ufffd\ufffdb", ["a", "b"]),
        ("\u212aelvin", ["kelvin"]),
        ("... !!", []),
    ],
)
def test_tokenize(caption, words):
    assert tokenize(caption) == words


def test_tokenize_wants_a_string():
    with pytest.raises(ZooError, match="must be a string, but a int came: 3"):
        tokenize(3)


def test_one_caption_becomes_a_list():
    assert check_captions("a red bird", KNOWN) == ["a red bird"]
    assert check_captions(("red", "bird"), KNOWN) == ["red", "bird"]
    assert check_captions(np.array(["red", "bird"]), KNOWN) == ["red", "bird"]


def test_very_long_caption_passes():
    caption = "red " * 2500
    assert check_captions(caption, KNOWN) == [caption]


@pytest.mark.parametrize(
    ("captions", "message"),
    [
        ([], "list of captions is empty"),
        (np.array([], dtype=str), "list of captions is empty"),
        ("", "Caption 1 is empty"),
        (["red", "  \n"], "Caption 2 is empty"),
        ("?!", "Caption 1 has no word made of letters or digits: '\\?!'"),
        (["red", 7], "Caption 2 must be a string, but a int came: 7"),
        ([None], "Caption 1 must be a string, but a NoneType came"),
        (b"red", "must be a string or a list of strings, but a bytes came"),
        ({"a": 1}, "but a dict came"),
        (5, "but a int came"),
        (["red", "Purple ZEBRA zebra"], 'Caption 2 has only unknown words: "purple", "zebra"\\.'),
    ],
)
def test_bad_captions(captions, message):
    with pytest.raises(ZooError, match=message):
        check_captions(captions, KNOWN)


def test_unknown_words_message_says_what_to_do():
    with pytest.raises(ZooError, match='unknown="unk"'):
        check_captions("zebra", KNOWN)
    with pytest.raises(ZooError) as error:
        check_captions("zebra", NO_UNKNOWN)
    assert 'unknown="unk"' not in str(error.value)
    assert check_captions("zebra", KNOWN, unknown="unk") == ["zebra"]


def test_message_about_many_unknown_words_stays_short():
    with pytest.raises(ZooError, match="and 90 more") as error:
        check_captions(" ".join(f"w{i}" for i in range(100)), KNOWN)
    assert len(str(error.value)) < 400
    with pytest.raises(ZooError) as error:
        check_captions("x" * 10000, KNOWN)
    assert len(str(error.value)) < 400


def test_unknown_treatment_is_checked():
    with pytest.raises(ZooError, match="made without it"):
        check_captions("red", NO_UNKNOWN, unknown="unk")
    with pytest.raises(ZooError, match="'keep' came"):
        check_captions("red", KNOWN, unknown="keep")
