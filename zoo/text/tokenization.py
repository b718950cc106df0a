"""Tokenization in plain Python.

Two rules split a caption into words. Both use the normal form NFC, so it does not matter how an
accented letter was typed, and both give the same words for ASCII text: `"Don't go, BLUE_2-x!"`
gives `["don", "t", "go", "blue_2", "x"]`.

- "unicode": words are runs of letters, digits and underscores of any script, with their marks,
  with Unicode case folding ("STRASSE" and "straße" are the same word). In scripts written without
  spaces (Han, Kana, Thai, Lao, Khmer, Myanmar and others, see
  `zoo.text.characters.UNSPACED`) each character with its marks is a word. Fullwidth and halfwidth
  forms are read as ordinary characters; digits of other scripts are unchanged; joiners, soft
  hyphens, variation selectors and enclosing marks are removed; apostrophes, hyphens, symbols and
  emoji separate words.
- "ascii": AttnGAN's `load_captions` (arXiv 1711.10485, taoxugit/AttnGAN code/datasets.py): lower
  case, maximal runs of `\\w` characters, then characters outside ASCII are deleted and empty words
  dropped. `"a café"` gives `["a", "caf"]`, and Chinese gives nothing.

`zoo.text.tokenizer.split_words` implements the same rules in a graph.
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
    return [word for _, word in word_pairs(caption, rule) if word]


def word_pairs(caption, rule):
    """Pairs of a word in the caption's own spelling, in lower case, and its token by the rule.

    With the rule "ascii" the token may lack characters, or be "".
    """
    if not isinstance(caption, str):
        raise ZooError(
            f"A caption must be a string, got a {type(caption).__name__}: {short(caption)}."
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
    """The tokenization rule of a vocabulary.

    "ascii" if all tokens are ASCII, as in vocabularies created before the rule "unicode" existed;
    otherwise "unicode", the only rule that gives other tokens.
    """
    return "ascii" if all(token.isascii() for token in tokens) else "unicode"


def check_rule(rule):
    """Raises `ZooError` unless this is a tokenization rule."""
    check_choice("The tokenization rule", rule, RULES)


def short(value, limit=60):
    """A value for a message, truncated to a readable length."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
