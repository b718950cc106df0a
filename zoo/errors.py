"""`ZooError`, the exception for user errors, and helpers for its messages."""

import difflib
import re

_NOISE = re.compile(r"\{\{.*?\}\}|\[Op:\w*\]|\bname: *$")
_BOLD, _PLAIN, _CAUSE = "\x1b[1m", "\x1b[0m", "Error encountered:"  # Keras' around the real message
_LONGEST = 200  # characters quoted from another library's message


class ZooError(ValueError):
    """A user error: the message says what was expected, what was given, and what to do.

    Command-line programs print the message without a traceback and exit with status 1.
    """


class WordsLeftOut(UserWarning):
    """A model does not read all of its captions; the message says what is left out."""


class MissingSplit(ZooError):
    """The requested split does not exist: the source has other splits, or none.

    A split that exists but cannot be read raises a plain `ZooError`.
    """


def check_choice(name, value, choices, where="", why=""):
    """Checks a value that must be one of a few choices.

    Args:
        name: str. The user's name for the value, which starts the message: "`mode`", "--crop".
        value: the value.
        choices: the allowed values, in the order in which the message lists them.
        where: str that completes "must be one of a, b, c": " for dcgan".
        why: str, a sentence that says why there are no other choices, or "".

    Returns:
        the value.

    Raises:
        ZooError: another value; the message lists the choices and suggests the nearest one.
    """
    choices = list(choices)
    try:
        known = value in choices
    except (TypeError, ValueError):  # an array, whose comparison is not a single truth value
        known = False
    if known:
        return value
    if len(choices) == 2:
        expected = " or ".join(f'"{c}"' if isinstance(c, str) else str(c) for c in choices)
    else:
        expected = f"one of {', '.join(map(str, choices))}" if choices[1:] else str(choices[0])
    guess, why = nearest(value, choices), why and f" {why}"
    raise ZooError(f"{name} must be {expected}{where}, got {value!r}.{guess}{why}")


def nearest(word, options):
    """`' Did you mean "…"?'` with the closest of `options`, or an empty string."""
    by_lower = {str(option).lower(): str(option) for option in options}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    return f' Did you mean "{by_lower[close[0]]}"?' if close else ""


def reason(error):
    """The reason why another library's call failed, as part of a sentence.

    Returns:
        str: the first line of the error's message without TensorFlow's markup and final full stop,
        cut to a readable length; the error's type if the message is empty. Raise the `ZooError`
        with `from error`, so that `--verbose` can show the whole message.
    """
    message = str(error).rsplit(_BOLD, 1)[-1].split(_PLAIN)[0].rsplit(_CAUSE, 1)[-1]
    lines = (_NOISE.sub("", line).strip() for line in message.splitlines())
    text = " ".join(next(filter(None, lines), type(error).__name__).split())
    return text[:_LONGEST].rstrip(" .:") + ("..." if len(text) > _LONGEST else "")
