"""The word rules in plain Python.

Two rules make words of a caption. Both work on the normal form NFC, so that it does not matter how
an accented letter was typed, and both read English in ASCII alike: `"Don't go, BLUE_2-x!"` gives
`["don", "t", "go", "blue_2", "x"]`.

- "unicode": words are runs of letters, digits and underscores of any script, with their marks,
  case-folded as Unicode says ("STRASSE" and "straße" are one word). In scripts that are written
  without spaces (Han, Kana, Thai, Lao, Khmer, Myanmar and others, see
  `zoo.text.characters.UNSPACED`) each character with its marks is a word. Fullwidth and halfwidth
  forms are read as ordinary characters; digits of other scripts stay what they are; joiners, soft
  hyphens, variation selectors and enclosing marks are nothing; apostrophes, hyphens, symbols and
  emoji separate words.
- "ascii": AttnGAN's `load_captions` (arXiv 1711.10485, taoxugit/AttnGAN code/datasets.py): lower
  case, maximal runs of `\\w` characters, then characters outside ASCII are deleted and empty words
  dropped. `"a café"` gives `["a", "caf"]`, and Chinese gives nothing.

The graph version of the same rules is `zoo.text.tokenizer.split_words`.
"""

import re
import unicodedata

from zoo.errors import ZooError, check_choice
from zoo.text import characters

RULES = ("unicode", "ascii")
_WORD = re.compile(r"\w+")


def tokenize(caption, rule="unicode"):
    """The words of one caption.

    Args:
        caption: str.
        rule: "unicode" or "ascii".

    Returns:
        list of str, possibly empty: `"A café, BLUE_2! 红鸟"` gives `["a", "café", "blue_2", "红",
        "鸟"]`, or by the rule "ascii" `["a", "caf", "blue_2"]`.

    Raises:
        ZooError: the caption is not a string, or another rule.
    """
    return [word for _, word in shown_words(caption, rule) if word]


def shown_words(caption, rule):
    """Pairs of a word as the caption has it, in lower case, and as the rule reads it.

    By the rule "ascii" the second may lack characters, or be "".
    """
    if not isinstance(caption, str):
        raise ZooError(
            f"A caption must be a string, but a {type(caption).__name__} came: {short(caption)}."
        )
    check_rule(rule)
    if caption.isascii():
        words = _WORD.findall(caption.lower())
    elif rule == "unicode":
        words = characters.word_expression().findall(characters.folded(caption))
    else:
        words = _WORD.findall(unicodedata.normalize("NFC", caption).lower())
        return [(word, word.encode("ascii", "ignore").decode()) for word in words]
    return list(zip(words, words, strict=True))


def rule_of(tokens):
    """The rule by which a vocabulary's captions are read.

    "ascii" where all tokens are ASCII, which is what vocabularies were made of before there was
    another rule; else "unicode", which alone makes such words.
    """
    return "ascii" if all(token.isascii() for token in tokens) else "unicode"


def check_rule(rule):
    """Raises `ZooError` unless this is a word rule."""
    check_choice("The word rule", rule, RULES)


def short(value, limit=60):
    """A value for a message, cut to a readable length."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
