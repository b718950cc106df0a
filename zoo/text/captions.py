"""Checks a user's captions, and reports the words in them that a model does not read."""

import dataclasses
import re
import unicodedata

from zoo.errors import ZooError, check_choice, nearest
from zoo.text.tokenization import short, tokenize, word_pairs

UNKNOWN_WORDS = ("drop", "unk")  # values of `unknown`
_SHOWN = 10
_OF_EMOJI = ("Sk", "Cf", "Mn", "Me")  # categories of characters that continue a symbol
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_captions(captions, vocabulary, unknown="drop"):
    """Checks a user's captions before images are generated.

    Args:
        captions: one str, or a non-empty list or tuple of str.
        vocabulary: `zoo.text.Vocabulary`.
        unknown: "drop" leaves out unknown words; "unk" reads each as the token `<unk>`.

    Returns:
        list of str, the captions unchanged.

    Raises:
        ZooError: no captions, a caption that is not a string, is not valid text or is empty, a
            caption without any known word (with "drop"), or "unk" with a vocabulary without
            `<unk>`.
    """
    check_unknown(unknown, vocabulary)
    captions = caption_list(captions)
    for position, caption in enumerate(captions):
        _check_text(caption, position)
        _check_words(caption, position, vocabulary, unknown)
    return captions


def caption_list(captions):
    """One str, or a list, tuple or array of str, as a list. The texts are not checked.

    Raises:
        ZooError: no captions, or another type.
    """
    if captions is None:
        raise ZooError('No captions were given: give a string or a list of strings, such as ["a"].')
    if isinstance(captions, str):
        captions = [captions]
    elif hasattr(captions, "tolist"):
        captions = captions.tolist()
        captions = captions if isinstance(captions, list) else [captions]
    if not isinstance(captions, (list, tuple)):
        raise ZooError(
            f"Captions must be a string or a list of strings, got a {type(captions).__name__}."
        )
    if not captions:
        raise ZooError("At least one caption is needed, but the list of captions is empty.")
    return list(captions)


def check_texts(captions):
    """`check_captions` for models that read every word: captions must be non-empty strings."""
    captions = caption_list(captions)
    for position, caption in enumerate(captions):
        _check_text(caption, position)
        if not caption.strip():
            raise ZooError(
                f"Caption {position + 1} is empty. Describe the image in at least one word."
            )
    return captions


def can_read(caption, vocabulary, unknown):
    """Whether a vocabulary knows any word of a caption; None: word pieces, which read any text."""
    if vocabulary is not None and unknown == "drop" and not _knows_a_word(vocabulary, caption):
        return False  # without a search for the nearest words, which takes milliseconds
    try:
        if vocabulary is None:
            check_texts([caption])
        else:
            check_captions([caption], vocabulary, unknown=unknown)
    except ZooError:
        return False
    return True


def check_unknown(unknown, vocabulary):
    """Raises `ZooError` unless `unknown` is a treatment that this vocabulary allows."""
    check_choice("unknown", unknown, UNKNOWN_WORDS)
    if unknown == "unk" and vocabulary.unknown_id is None:
        raise ZooError(
            'unknown="unk" needs the token <unk>, but this vocabulary does not have it: '
            'use unknown="drop".'
        )


def _knows_a_word(vocabulary, caption):
    return any(word in vocabulary for word in vocabulary.words_of(caption))


def _check_text(caption, position):
    where = f"Caption {position + 1}"
    if not isinstance(caption, str):
        raise ZooError(
            f"{where} must be a string, got a {type(caption).__name__}: {short(caption)}."
        )
    if "\0" in caption:
        raise ZooError(f"{where} contains the character NUL: {short(caption)}. Remove it.")
    if _SURROGATE.search(caption):
        raise ZooError(
            f"{where} contains bytes or surrogates that are not UTF-8 text: {short(caption)}. "
            "Give it as UTF-8."
        )


def _check_words(caption, position, vocabulary, unknown):
    where = f"Caption {position + 1}"
    words = tokenize(caption)
    if not words:
        problem = f"has no word with letters or digits: {short(caption)}"
        raise ZooError(
            f"{where} {'is empty' if not caption.strip() else problem}. "
            "Describe the image in at least one word."
        )
    if unknown == "drop" and not _knows_a_word(vocabulary, caption):
        remedy = (
            'Use other words, or unknown="unk" to read each of them as <unk>.'
            if vocabulary.unknown_id is not None
            else "Use words of this model's vocabulary."
        )
        near = dict.fromkeys(filter(None, (nearest(word, vocabulary.words) for word in words[:3])))
        raise ZooError(
            f"{where} has only unknown words: {_listed(dict.fromkeys(words))}."
            f"{''.join(near)} {remedy}"
        )


# --- unread words ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Unread:
    """The parts of a caption that a model does not read, in order, without repetition except `cut`.

    Attributes:
        unknown: list of str, words that are not in the vocabulary.
        symbols: list of str, such as emoji, which are never words.
        cut: list of str, known words beyond `max_words`.
        shortened: list of (str, str), words from which the rule "ascii" deletes characters, and
            the known word that remains.
    """

    unknown: list
    symbols: list
    cut: list
    shortened: list


def unread(caption, vocabulary, max_words=None, unknown="drop"):
    """The `Unread` of a caption; `max_words` None means no limit."""
    pairs = word_pairs(caption, vocabulary.rule)
    missing = [text for text, word in pairs if word not in vocabulary]
    known = [(s, w) for s, w in pairs if w in vocabulary or (w and unknown == "unk")]
    cut = [] if max_words is None else [text for text, _ in known[max_words:]]
    shortened = [pair for pair in known if pair[0] != pair[1] and pair[1] in vocabulary]
    return Unread(_once(missing), _once(_symbols(caption)), cut, _once(shortened))


def words_left_out(captions, vocabulary):
    """The words of captions that are not in a vocabulary, so that its models do not read them.

    Args:
        captions: one str, or a list of str.
        vocabulary: `zoo.text.Vocabulary`.

    Returns:
        list of str: each word once, in lower case, in the order of the captions; and symbols, such
        as emoji, which are never words.

    Raises:
        ZooError: no captions, or one that is not a string.
    """
    parts = (unread(caption, vocabulary) for caption in caption_list(captions))
    return _once(word for part in parts for word in part.unknown + part.symbols)


def unread_line(captions, vocabulary, max_words=None, unknown="drop"):
    """A line that reports the unread parts of captions, or "" if there are none.

    Args:
        captions: list of str.
        vocabulary, max_words, unknown: see `unread`.
    """
    lines = []
    for position, caption in enumerate(captions):
        text = _unread_text(unread(caption, vocabulary, max_words, unknown), max_words, unknown)
        if text:
            lines.append(f"Caption {position + 1}, {short(caption)}: {text}")
    return _first(lines)


def pieces_line(captions, counts, full, limit, unread_mark=()):
    """`unread_line` for a model that reads word pieces.

    Args:
        captions: list of str.
        counts: int (captions,), pieces of each, with the start and end tokens.
        full: int, the largest count; a caption with this count may have more.
        limit: int, pieces that are read.
        unread_mark: positions of captions with a word that has no pieces.
    """
    lines = []
    for position, count in enumerate(counts):
        parts = []
        if count > limit or count == full:
            more = " or more" if count == full else ""
            parts.append(
                f"of its {count}{more} word pieces (with the start and end tokens) the model reads "
                f"the first {limit}"
            )
        if position in unread_mark:
            parts.append("one of its words or symbols has no word pieces and is read as unknown")
        if parts:
            caption = short(captions[position])
            lines.append(f"Caption {position + 1}, {caption}: {'; '.join(parts)}.")
    return _first(lines)


def _first(lines):
    more = [f"and {len(lines) - _SHOWN} more captions."] if len(lines) > _SHOWN else []
    return " ".join(lines[:_SHOWN] + more)


def _unread_text(part, max_words, unknown):
    texts = []
    if part.unknown:
        does = "reads as <unk>" if unknown == "unk" else "leaves out"
        texts.append(f"the model does not know and {does} {_listed(part.unknown)}")
    if part.symbols:
        texts.append(f"it leaves out the symbols {_listed(part.symbols)}")
    if part.cut:
        last = f"the last {len(part.cut)}" if len(part.cut) > 1 else "the last"
        texts.append(f"it reads at most {max_words} words and not {last}, {_listed(part.cut)}")
    texts += [f'it reads "{text}" as "{word}"' for text, word in part.shortened[:_SHOWN]]
    return f"{'; '.join(texts)}." if texts else ""


def _symbols(caption):
    """Runs of symbols, including the marks and joiners of emoji."""
    if caption.isascii():
        return []
    symbols, inside = [], False
    for character in caption:
        kind = unicodedata.category(character)
        if inside and kind in ("So", *_OF_EMOJI):
            symbols[-1] += character
        elif kind == "So":
            symbols.append(character)
        inside = kind == "So" or (inside and kind in _OF_EMOJI)
    return symbols


def _once(items):
    return list(dict.fromkeys(items))


def _listed(words):
    words = list(words)
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(f'"{word[:40]}"' for word in words[:_SHOWN]) + more
