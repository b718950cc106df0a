import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.text import Vocabulary, check_captions, words_left_out
from zoo.text.captions import check_texts, pieces_line, unread, unread_line

KNOWN = Vocabulary(["<end>", "<unk>", "red", "bird"])
NO_UNKNOWN = Vocabulary(["<end>", "red", "bird"])
CHINESE = Vocabulary.build(["红色的鸟", "café"])


def test_one_caption_becomes_a_list():
    assert check_captions("a red bird", KNOWN) == ["a red bird"]
    assert check_captions(("red", "bird"), KNOWN) == ["red", "bird"]
    assert check_captions(np.array(["red", "bird"]), KNOWN) == ["red", "bird"]
    assert check_captions("鸟", CHINESE) == ["鸟"]


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
        ("?!", "Caption 1 has no word with letters or digits: '\\?!'"),
        ("\U0001f426", "Caption 1 has no word with letters or digits"),
        (["red", 7], "Caption 2 must be a string, got a int: 7"),
        ([None], "Caption 1 must be a string, got a NoneType"),
        (b"red", "must be a string or a list of strings, got a bytes"),
        ({"a": 1}, "got a dict"),
        (5, "got a int"),
        (["red", "Purple ZEBRA zebra"], 'Caption 2 has only unknown words: "purple", "zebra"\\.'),
        ("鸟", 'Caption 1 has only unknown words: "鸟"'),
        (["red", "re\0d bird"], "Caption 2 contains the character NUL"),
        ("red caf\udce9", "Caption 1 contains bytes .* not UTF-8 text: 'red caf.udce9'"),
        ("red \ud83d", "not UTF-8 text"),
    ],
)
def test_bad_captions(captions, message):
    with pytest.raises(ZooError, match=message):
        check_captions(captions, KNOWN)


@pytest.mark.parametrize("text", ["", "a\0b", "\udcff", 3])
def test_bad_texts_of_a_model_that_reads_every_word(text):
    with pytest.raises(ZooError, match="^Caption 2 "):
        check_texts(["fine", text])


def test_unknown_words_message_says_what_to_do():
    with pytest.raises(ZooError, match='unknown="unk"'):
        check_captions("zebra", KNOWN)
    with pytest.raises(ZooError, match='Did you mean "bird"\\?'):
        check_captions("BIRT", KNOWN)
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
    with pytest.raises(ZooError, match="does not have it"):
        check_captions("red", NO_UNKNOWN, unknown="unk")
    with pytest.raises(ZooError, match="got 'keep'"):
        check_captions("red", KNOWN, unknown="keep")


def test_words_left_out():
    emoji = "\U0001f426\ufe0f\u200d\U0001f525"
    captions = ["a RED riding bird", f"riding {emoji} bird, été"]
    assert words_left_out(captions, KNOWN) == ["a", "riding", "été", emoji]
    assert words_left_out("red bird!", KNOWN) == []
    assert words_left_out("红黄鸟", CHINESE) == ["黄"]
    with pytest.raises(ZooError, match="empty"):
        words_left_out([], KNOWN)


def test_what_is_not_read_of_one_caption():
    part = unread("red bird red óred zebra", KNOWN, max_words=2)
    assert (part.unknown, part.cut) == (["zebra"], ["red", "óred"])
    assert part.shortened == [("óred", "red")]
    assert unread("zebra zoo red", KNOWN, 2, unknown="unk").cut == ["red"]


def test_one_line_says_what_is_not_read():
    assert unread_line(["red", "red bird"], KNOWN, 5) == ""
    line = unread_line(["red", "a red bird red"], KNOWN, 2)
    assert line.startswith("Caption 2, 'a red bird red': ")
    assert 'leaves out "a"' in line and 'reads at most 2 words and not the last, "red"' in line
    assert "<unk>" in unread_line(["a red"], KNOWN, 2, unknown="unk")
    assert 'reads "réd" as "rd"' in unread_line(["réd"], Vocabulary(["<end>", "rd"]), 2)
    many = unread_line(["zebra red"] * 15, KNOWN, 2)
    assert many.endswith("and 5 more captions.") and "Caption 11" not in many


def test_word_pieces_that_are_not_read():
    captions = ["short", "longer than that", "full"]
    line = pieces_line(captions, [3, 7, 9], full=9, limit=5, unread_mark={0})
    assert "Caption 1, 'short': one of its words or symbols has no word pieces" in line
    assert "of its 7 word pieces" in line and "of its 9 or more word pieces" in line
    assert pieces_line(captions, [3, 4, 5], full=9, limit=5) == ""
