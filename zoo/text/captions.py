"""Checks of the captions that a user gave, and what a model does not read of them."""

import dataclasses
import re
import unicodedata

from zoo.errors import ZooError, check_choice, nearest
from zoo.text.tokenization import short, shown_words, tokenize

_SHOWN = 10
_OF_EMOJI = ("Sk", "Cf", "Mn", "Me")  # categories of what may follow a symbol and is a part of it
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_captions(captions, vocabulary, unknown="drop"):
    """Checks what a user typed before images are made from it.

    Args:
        captions: one str, or a non-empty list or tuple of str.
        vocabulary: `zoo.text.Vocabulary`.
        unknown: "drop" leaves unknown words out; "unk" reads each as the token `<unk>`.

    Returns:
        list of str, the captions unchanged.

    Raises:
        ZooError: no captions, something that is not a string or holds bytes that are no text, an
            empty caption, a caption without any known word (with "drop"), or "unk" with a
            vocabulary without `<unk>`.
    """
    check_unknown(unknown, vocabulary)
    captions = caption_list(captions)
    for position, caption in enumerate(captions):
        _check_text(caption, position)
        _check_words(caption, position, vocabulary, unknown)
    return captions


def caption_list(captions):
    """One str, or a list, tuple or array of str, as a list; the texts are not looked at.

    Raises:
        ZooError: no captions, or another kind of thing.
    """
    if isinstance(captions, str):
        captions = [captions]
    elif hasattr(captions, "tolist"):
        captions = captions.tolist()
        captions = captions if isinstance(captions, list) else [captions]
    if not isinstance(captions, (list, tuple)):
        raise ZooError(
            f"Captions must be a string or a list of strings, but a {type(captions).__name__} came."
        )
    if not captions:
        raise ZooError("At least one caption is needed, but the list of captions is empty.")
    return list(captions)


def check_texts(captions):
    """`check_captions` for models that read every word: none may be empty, or not a string."""
    captions = caption_list(captions)
    for position, caption in enumerate(captions):
        _check_text(caption, position)
        if not caption.strip():
            raise ZooError(
                f"Caption {position + 1} is empty. Describe the image in at least one word."
            )
    return captions


def can_read(caption, vocabulary, unknown):
    """Whether a vocabulary reads anything of a caption; None: word pieces, which read any text."""
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
    check_choice("unknown", unknown, ("drop", "unk"))
    if unknown == "unk" and vocabulary.unknown_id is None:
        raise ZooError(
            'unknown="unk" needs the token <unk>, but this vocabulary was made without it: '
            'use unknown="drop".'
        )


def _check_text(caption, position):
    where = f"Caption {position + 1}"
    if not isinstance(caption, str):
        raise ZooError(
            f"{where} must be a string, but a {type(caption).__name__} came: {short(caption)}."
        )
    if "\0" in caption:
        raise ZooError(f"{where} holds the character NUL: {short(caption)}. Take it out.")
    if _SURROGATE.search(caption):
        raise ZooError(
            f"{where} holds bytes or half characters that are not UTF-8 text: {short(caption)}. "
            "Give it as UTF-8."
        )


def _check_words(caption, position, vocabulary, unknown):
    where = f"Caption {position + 1}"
    words = tokenize(caption)
    if not words:
        what = f"has no word made of letters or digits: {short(caption)}"
        raise ZooError(
            f"{where} {'is empty' if not caption.strip() else what}. "
            "Describe the image in at least one word."
        )
    if unknown == "drop" and not any(word in vocabulary for word in vocabulary.words_of(caption)):
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


# --- what is not read -----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Unread:
    """What a model does not read of one caption, in the caption's order; words once, but for `cut`.

    Attributes:
        unknown: list of str, words that the vocabulary lacks.
        symbols: list of str, such as emoji, which are never words.
        cut: list of str, known words beyond the longest caption that is read.
        shortened: list of (str, str), words that the rule "ascii" deletes characters of, and the
            known word that is left.
    """

    unknown: list
    symbols: list
    cut: list
    shortened: list


def unread(caption, vocabulary, max_words=None, unknown="drop"):
    """The `Unread` of a caption; `max_words`: None for no longest caption."""
    pairs = shown_words(caption, vocabulary.rule)
    lacking = [shown for shown, word in pairs if word not in vocabulary]
    known = [(s, w) for s, w in pairs if w in vocabulary or (w and unknown == "unk")]
    cut = [] if max_words is None else [shown for shown, _ in known[max_words:]]
    shortened = [pair for pair in known if pair[0] != pair[1] and pair[1] in vocabulary]
    return Unread(_once(lacking), _once(_symbols(caption)), cut, _once(shortened))


def words_left_out(captions, vocabulary):
    """The words of captions that a vocabulary lacks, and so its models do not read.

    Args:
        captions: one str, or a list of str.
        vocabulary: `zoo.text.Vocabulary`.

    Returns:
        list of str: each word once, in lower case, in the order of the captions; and the symbols,
        such as emoji, which are never words.

    Raises:
        ZooError: no captions, or one that is not a string.
    """
    parts = (unread(caption, vocabulary) for caption in caption_list(captions))
    return _once(word for part in parts for word in part.unknown + part.symbols)


def unread_line(captions, vocabulary, max_words=None, unknown="drop"):
    """One text that says what is not read of captions, or "" where everything is.

    Args:
        captions: list of str.
        vocabulary, max_words, unknown: see `unread`.
    """
    found = []
    for position, caption in enumerate(captions):
        told = _told(unread(caption, vocabulary, max_words, unknown), max_words, unknown)
        if told:
            found.append(f"Caption {position + 1}, {short(caption)}: {told}")
    return _first(found)


def pieces_line(captions, counts, full, limit, unread_mark=()):
    """`unread_line` of a model that reads word pieces.

    Args:
        captions: list of str.
        counts: int (captions,), pieces of each, with the start and end marks.
        full: int, the most that is counted; a caption may then have more.
        limit: int, pieces that are read.
        unread_mark: positions of captions with a word that has no pieces.
    """
    found = []
    for position, count in enumerate(counts):
        said = []
        if count > limit or count == full:
            more = " or more" if count == full else ""
            said.append(
                f"of its {count}{more} word pieces (with the start and end marks) the model reads "
                f"the first {limit}"
            )
        if position in unread_mark:
            said.append("a word or symbol of it has no word pieces and is read as unknown")
        if said:
            caption = short(captions[position])
            found.append(f"Caption {position + 1}, {caption}: {'; '.join(said)}.")
    return _first(found)


def _first(found):
    more = [f"and {len(found) - _SHOWN} captions more."] if len(found) > _SHOWN else []
    return " ".join(found[:_SHOWN] + more)


def _told(part, max_words, unknown):
    said = []
    if part.unknown:
        does = "reads as <unk>" if unknown == "unk" else "leaves out"
        said.append(f"the model does not know and {does} {_listed(part.unknown)}")
    if part.symbols:
        said.append(f"it leaves out the symbols {_listed(part.symbols)}")
    if part.cut:
        last = f"the last {len(part.cut)}" if len(part.cut) > 1 else "the last"
        said.append(f"it reads {max_words} words at most and not {last}, {_listed(part.cut)}")
    said += [f'it reads "{shown}" as "{word}"' for shown, word in part.shortened[:_SHOWN]]
    return f"{'; '.join(said)}." if said else ""


def _symbols(caption):
    """Runs of symbols, with the marks and joiners of emoji inside."""
    if caption.isascii():
        return []
    found, inside = [], False
    for character in caption:
        kind = unicodedata.category(character)
        if inside and kind in ("So", *_OF_EMOJI):
            found[-1] += character
        elif kind == "So":
            found.append(character)
        inside = kind == "So" or (inside and kind in _OF_EMOJI)
    return found


def _once(items):
    return list(dict.fromkeys(items))


def _listed(words):
    words = list(words)
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(f'"{word[:40]}"' for word in words[:_SHOWN]) + more
