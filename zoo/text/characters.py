"""Unicode properties of characters for tokenization, shared by Python and TensorFlow graphs.

Python's `unicodedata` is the only source. Graphs use arrays and regular expressions derived from
it, not the character classes of TensorFlow's libraries, so that both always agree.

References: Unicode Standard Annexes 15 (normal forms) and 29 (words), and chapter 3.13 of the
Standard (default case folding).
"""

import dataclasses
import functools
import re
import sys
import unicodedata

import numpy as np

# Scripts written without spaces, in which a word is one character with its marks: first and last
# code point of their blocks. Their digits are tokenized like other digits.
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x312F),  # Han radicals and signs, Hiragana, Katakana, Bopomofo
    (0x3190, 0x31FF),  # Bopomofo, Katakana, Han strokes
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0xA4CF),  # Han, Yi
    (0xA980, 0xA9FF),  # Javanese, Myanmar
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xF900, 0xFAFF),  # Han
    (0x16FE0, 0x1B2FF),  # Tangut, Khitan, Kana, Nushu
    (0x20000, 0x3FFFF),  # Han
)
# Invisible letters (`Default_Ignorable_Code_Point`, which `unicodedata` does not provide).
_BLANK = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0)
_VARIATIONS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_ZERO_WIDTH_SPACE = 0x200B
_IOTA_BELOW = "\u0345"  # not folded: it would become a letter, which marks cannot be moved across
_HANGUL = range(0xAC00, 0xD7A4)  # composed by the pairs alone


@dataclasses.dataclass(frozen=True)
class Patterns:
    """Regular expressions with the same meaning in Python's `re` and in RE2.

    Attributes:
        word: one word of folded text.
        not_word: a run of characters that are in no word.
        unspaced: one character of an unspaced script, with its marks.
        stray: marks at the start of a text or after a space.
        not_alphanumeric: a run of characters that Python's `\\w` does not match.
    """

    word: str
    not_word: str
    unspaced: str
    stray: str
    not_alphanumeric: str


@functools.lru_cache(1)
def patterns():
    """The `Patterns` of this Python's Unicode version."""
    codes, kinds = _assigned()
    major = kinds.astype("U1")
    word = (major == "L") | (major == "N")
    by_character = word & (kinds != "Nd") & _inside(codes, UNSPACED)
    alphanumeric = np.array([chr(code).isalnum() for code in codes])
    unspaced = _ranges(codes[by_character])
    letters = "_" + _ranges(codes[word & ~by_character])
    marks = _ranges(codes[(major == "M") & ~_dropped(codes, kinds)])
    return Patterns(
        word=f"[{unspaced}][{marks}]*|[{letters}][{letters}{marks}]*",
        not_word=f"[^{letters}{unspaced}{marks}]+",
        unspaced=f"([{unspaced}][{marks}]*)",
        stray=f"(^| )[{marks}]+",
        not_alphanumeric=f"[^_{_ranges(codes[alphanumeric])}]+",
    )


@functools.lru_cache(1)
def word_expression():
    """`Patterns.word`, compiled."""
    return re.compile(patterns().word)


@functools.lru_cache(1)
def foldings():
    """dict of code point to its folded text, for code points that folding changes.

    Case folding of the canonical decomposition; fullwidth and halfwidth forms become ordinary
    characters; format characters (joiners, soft hyphens, direction marks), variation selectors
    and enclosing marks are removed.
    """
    codes, kinds = _assigned()
    dropped = {code: "" for code in codes[_dropped(codes, kinds)].tolist()}

    def folded_character(character):
        form, *parts = unicodedata.decomposition(character).split() or [""]
        if form in ("<wide>", "<narrow>"):
            character = "".join(chr(int(part, 16)) for part in parts).translate(dropped)
        parts = unicodedata.normalize("NFD", character)
        parts = "".join(c if c == _IOTA_BELOW else c.casefold() for c in parts)
        return unicodedata.normalize("NFD", parts)

    return {**_changes(folded_character), **dropped}


@functools.lru_cache(1)
def decompositions():
    """dict of code point to its canonical decomposition, for those that have one, except Hangul."""
    return _changes(lambda character: unicodedata.normalize("NFD", character))


def folded(text):
    """The case-folded normal form NFC of a text, see `foldings`."""
    return unicodedata.normalize("NFC", text.translate(foldings()))


@functools.lru_cache(1)
def combining_classes():
    """uint8 (number of code points,): the canonical combining class of each."""
    codes, _ = _assigned()
    classes = np.zeros(sys.maxunicode + 1, np.uint8)
    classes[codes] = [unicodedata.combining(chr(code)) for code in codes]
    return classes


@functools.lru_cache(1)
def compositions():
    """dict of pairs of code points to their composition in the normal form NFC."""
    pairs = {}
    for character in map(chr, _assigned()[0]):
        parts = unicodedata.normalize("NFD", character)
        if len(parts) > 1 and unicodedata.normalize("NFC", parts) == character:
            first = unicodedata.normalize("NFC", parts[:-1])
            pairs[ord(first), ord(parts[-1])] = ord(character)
    return pairs


@functools.lru_cache(1)
def _assigned():
    """(assigned code points, their general categories): arrays."""
    codes = np.r_[:0x40000, 0xE0000:0xE1000]  # elsewhere only private use is assigned
    kinds = np.array([unicodedata.category(chr(code)) for code in codes])
    meant = ~np.isin(kinds, ("Cn", "Co", "Cs"))
    return codes[meant], kinds[meant]


def _changes(read):
    found = ((code, read(chr(code))) for code in _assigned()[0].tolist() if code not in _HANGUL)
    return {code: text for code, text in found if text != chr(code)}


def _dropped(codes, kinds):
    """bool array: whether each character is removed."""
    formats = (kinds == "Cf") & (codes != _ZERO_WIDTH_SPACE)
    return formats | (kinds == "Me") | np.isin(codes, _BLANK) | _inside(codes, _VARIATIONS)


def _inside(codes, blocks):
    return np.any([(first <= codes) & (codes <= last) for first, last in blocks], axis=0)


def _ranges(codes):
    """The content of a regular expression's character class: "a-z" per run of successive codes."""
    edges = np.flatnonzero(np.diff(codes) != 1)
    first, last = codes[np.r_[0, edges + 1]], codes[np.r_[edges, len(codes) - 1]]
    return "".join(
        chr(a) if a == b else f"{chr(a)}-{chr(b)}" for a, b in zip(first, last, strict=True)
    )
