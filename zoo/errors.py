"""The one exception that a user's mistake raises."""

import difflib


class ZooError(ValueError):
    """A mistake in what the caller gave: says what was expected, what came, and what to do.

    Command line programs print its message without a traceback and exit with code 1.
    """


def nearest(word, options):
    """`' Did you mean "…"?'` for the closest of `options`, or an empty string."""
    close = difflib.get_close_matches(str(word), [str(option) for option in options], n=1)
    return f' Did you mean "{close[0]}"?' if close else ""
