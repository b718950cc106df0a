"""The exception that a user's mistake raises."""

import difflib
import re

_NOISE = re.compile(r"\{\{.*?\}\}|\[Op:\w*\]|\bname: *$")
_BOLD, _PLAIN, _CAUSE = "\x1b[1m", "\x1b[0m", "Error encountered:"  # Keras' around the real message
_LONGEST = 200  # characters of another library's words in a message of ours


class ZooError(ValueError):
    """A mistake in what the caller gave: says what was expected, what came, and what to do.

    Command line programs print its message without a traceback and exit with code 1.
    """


class WordsLeftOut(UserWarning):
    """A model does not read all of the captions that it was given: says what is left out."""


class MissingSplit(ZooError):
    """The split that was asked for is not there: the source has others, or is one undivided set.

    Nothing else raises it: a split that is there and cannot be read is a plain `ZooError`.
    """


def check_choice(name, value, choices, where="", why=""):
    """A value that must be one of a few.

    Args:
        name: str. What the user calls it, to start the message with: "`mode`", "--crop".
        value: what was given.
        choices: the allowed values, in the order in which the message lists them.
        where: str that completes "must be one of a, b, c": " for dcgan".
        why: str, a sentence about why there are no others, or "".

    Returns:
        the value.

    Raises:
        ZooError: another value; the message lists the choices and names the nearest one.
    """
    choices = list(choices)
    try:
        known = value in choices
    except (TypeError, ValueError):  # an array, which is equal to nothing as a whole
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
    """`' Did you mean "…"?'` for the closest of `options`, or an empty string."""
    by_lower = {str(option).lower(): str(option) for option in options}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    return f' Did you mean "{by_lower[close[0]]}"?' if close else ""


def reason(error):
    """Why another library's call failed, as a part of a sentence of ours.

    Returns:
        str: the first line of its message without TensorFlow's marks, cut to a readable length,
        without the full stop; the error's type where it says nothing. Raise the `ZooError` with
        `from error`, so that the whole message is kept for whoever asks for it.
    """
    message = str(error).rsplit(_BOLD, 1)[-1].split(_PLAIN)[0].rsplit(_CAUSE, 1)[-1]
    lines = (_NOISE.sub("", line).strip() for line in message.splitlines())
    text = " ".join(next(filter(None, lines), type(error).__name__).split())
    return text[:_LONGEST].rstrip(" .:") + ("..." if len(text) > _LONGEST else "")
