import unicodedata

import pytest

from zoo.errors import ZooError
from zoo.text import tokenize

ENGLISH = [
    ("A bright-yellow CROWN, isn't it?", ["a", "bright", "yellow", "crown", "isn", "t", "it"]),
    ("BLUE_2 x10", ["blue_2", "x10"]),
    ("a\ufffd\ufffdb", ["a", "b"]),
    ("\u212aelvin", ["kelvin"]),
    ("... !!", []),
    ("don\u2019t \u201cquote\u201d 3\u20134\u00a0m", ["don", "t", "quote", "3", "4", "m"]),
    ("CamelCase snake_case well-known", ["camelcase", "snake_case", "well", "known"]),
]


@pytest.mark.parametrize("rule", ["unicode", "ascii"])
@pytest.mark.parametrize(("caption", "words"), ENGLISH)
def test_english_by_both_rules(caption, words, rule):
    assert tokenize(caption, rule) == words


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("café éè naïve", ["caf", "nave"]),
        ("cafe\u0301 éè nai\u0308ve", ["caf", "nave"]),
        ("1\u00bd m\u00b2", ["1", "m"]),
        ("红鸟 птица", []),
        ("red鸟bird", ["redbird"]),
    ],
)
def test_the_official_rule_deletes_what_is_not_ascii(caption, words):
    assert tokenize(caption, "ascii") == words


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("一只红鸟3只", ["一", "只", "红", "鸟", "3", "只"]),
        ("a红bird", ["a", "红", "bird"]),
        ("がぎラーメン", ["が", "ぎ", "ラ", "ー", "メ", "ン"]),
        ("สวัสดี ๑๒", ["ส", "วั", "ส", "ดี", "๑๒"]),
        ("ນົກ", ["ນົ", "ກ"]),
        ("ខ្មែរ", ["ខ្", "មែ", "រ"]),
        ("မြန်", ["မြ", "န်"]),
        ("한국어 새", ["한국어", "새"]),
        ("птица ПТИЦА", ["птица"] * 2),
        ("हिन्दी", ["हिन्दी"]),
        ("bò bỏ bơ", ["bò", "bỏ", "bơ"]),
        ("stra\u00dfe STRASSE", ["strasse"] * 2),
        ("ΦΩΣ φως", ["φωσ"] * 2),
        ("٣ \u00bd m\u00b2", ["٣", "\u00bd", "m\u00b2"]),
        ("Ｒｅｄ\uff13 \uff8a\uff9f", ["red3", "パ"]),
        ("co\u00adop می\u200cخ", ["coop", "میخ"]),
        ("a\u200bb \u3164", ["a", "b"]),
        ("\u2764\ufe0f 1\ufe0f\u20e3\U0001f468\u200d\U0001f469 \U0001f44d\U0001f3fd b", ["1", "b"]),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", []),
        ("\u0301 a", ["a"]),
    ],
)
def test_words_of_every_script(caption, words):
    assert tokenize(caption) == words
    for form in ("NFC", "NFD"):
        assert tokenize(unicodedata.normalize(form, caption)) == words


def test_a_caption_and_a_rule_are_checked():
    with pytest.raises(ZooError, match="must be a string, got a int: 3"):
        tokenize(3)
    with pytest.raises(ZooError, match='"unicode" or "ascii", got \'latin\''):
        tokenize("a", "latin")
