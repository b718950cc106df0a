"""The word rule in plain Python, and the check of captions that a user typed.

Reference: AttnGAN's `load_captions` (arXiv 1711.10485, taoxugit/AttnGAN code/datasets.py): lower
case, maximal runs of `\\w` characters, then characters outside ASCII are deleted and empty tokens
dropped. The graph version of the same rule is `zoo.text.tokenizer.CaptionTokenizer`.
"""

import re

from zoo.errors import ZooError

_WORD = re.compile(r"\w+")
_SHOWN = 10


def tokenize(caption):
    """The words of one caption.

    Args:
        caption: str.

    Returns:
        list of str, lower-case ASCII words, possibly empty: `"A café, BLUE_2!"` gives
        `["a", "caf", "blue_2"]`.

    Raises:
        ZooError: the caption is not a string.
    """
    if not isinstance(caption, str):
        raise ZooError(
            f"A caption must be a string, but a {type(caption).__name__} came: {_short(caption)}."
        )
    words = (word.encode("ascii", "ignore").decode() for word in _WORD.findall(caption.lower()))
    return [word for word in words if word]


def check_captions(captions, vocabulary, unknown="drop"):
    """Checks what a user typed before pictures are made from it.

    Args:
        captions: one str, or a non-empty list or tuple of str.
        vocabulary: `zoo.text.Vocabulary`.
        unknown: "drop" leaves unknown words out; "unk" reads each as the token `<unk>`.

    Returns:
        list of str, the captions unchanged.

    Raises:
        ZooError: no captions, something that is not a string, an empty caption, a caption
            without any known word (with "drop"), or "unk" with a vocabulary without `<unk>`.
    """
    check_unknown(unknown, vocabulary)
    captions = caption_list(captions)
    for position, caption in enumerate(captions):
        _check_caption(caption, position, vocabulary, unknown)
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
        if not isinstance(caption, str):
            raise _no_string(caption, position)
        if not caption.strip():
            raise ZooError(
                f"Caption {position + 1} is empty. Describe the picture in at least one word."
            )
    return captions


def check_unknown(unknown, vocabulary):
    """Raises `ZooError` unless `unknown` is a treatment that this vocabulary allows."""
    if unknown not in ("drop", "unk"):
        raise ZooError(f'unknown must be "drop" or "unk", but {unknown!r} came.')
    if unknown == "unk" and vocabulary.unknown_id is None:
        raise ZooError(
            'unknown="unk" needs the token <unk>, but this vocabulary was made without it: '
            'use unknown="drop".'
        )


def _check_caption(caption, position, vocabulary, unknown):
    where = f"Caption {position + 1}"
    if not isinstance(caption, str):
        raise _no_string(caption, position)
    words = tokenize(caption)
    if not words:
        what = f"has no word made of letters or digits: {_short(caption)}"
        raise ZooError(
            f"{where} {'is empty' if not caption.strip() else what}. "
            "Describe the picture in at least one word."
        )
    if unknown == "drop" and not any(word in vocabulary for word in words):
        distinct = list(dict.fromkeys(words))
        shown = ", ".join(f'"{word[:40]}"' for word in distinct[:_SHOWN])
        more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
        remedy = (
            'Use other words, or unknown="unk" to read each of them as <unk>.'
            if vocabulary.unknown_id is not None
            else "Use words of this model's vocabulary."
        )
        raise ZooError(f"{where} has only unknown words: {shown}{more}. {remedy}")


def _no_string(caption, position):
    return ZooError(
        f"Caption {position + 1} must be a string, but a {type(caption).__name__} came: "
        f"{_short(caption)}."
    )


def _short(value, limit=60):
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
