"""Limits on the values in a preset's configuration, checked before a model is built from them.

The sizes of networks are bounded by the weights file (`zoo.networks.budget`). The limits here are
for sizes without weights, such as the words of a caption and the pixels of an image. Other numbers
with a fraction, such as the weight of a loss, only have to be finite.
"""

import sys

from zoo.errors import ZooError

MAX_PIXELS = 8192  # side of an image
MAX_WORDS = 4096  # words of a caption
MAX_NUMBER = 1 << 16  # any other whole number, a size or a count
MAX_ENTRIES = 1 << 16  # total number of values, such as the names of classes
MAX_TEXT = 4096  # characters of a string
MAX_DEPTH = 8  # levels of nested lists and dicts
_LARGEST = {  # by the name of the setting
    "image_size": MAX_PIXELS,
    "stage_sizes": MAX_PIXELS,
    "max_words": MAX_WORDS,
}
_COUNTS_OF_TRAINING = ("seed", "steps", "epochs", "samples")  # any 64-bit number
_OBJECT_KEYS = ("class_name", "registered_name", "module", "py_object")


def check_config(path, config):
    """Raises `ZooError` unless a model may be built from this configuration.

    Args:
        path: str. The file, for the message.
        config: dict, the content of the file.

    Raises:
        ZooError: a serialized object, which Keras would import and call; a number or string beyond
            the limits above; too many values, or values that are nested too deeply.
    """
    _Check(path).value(config, "config", None, 0)


class _Check:
    def __init__(self, path):
        self.path = path
        self.entries = 0

    def value(self, value, where, key, depth):
        self.entries += 1
        if self.entries > MAX_ENTRIES:
            raise self.refusal(f"it holds more than {MAX_ENTRIES} values")
        if depth > MAX_DEPTH:
            raise self.refusal(f'"{_short(where)}" is nested deeper than {MAX_DEPTH} levels')
        if isinstance(value, dict):
            self.dictionary(value, where, depth)
        elif isinstance(value, list | tuple):
            for i, item in enumerate(value):
                self.value(item, f"{where}[{i}]", key, depth + 1)
        elif isinstance(value, str):
            if len(value) > MAX_TEXT or "\0" in value:
                raise self.refusal(
                    f'"{_short(where)}" is a string of more than {MAX_TEXT} characters, or has NUL'
                )
        elif isinstance(value, int | float):
            self.number(value, where, key)

    def dictionary(self, value, where, depth):
        for name in _OBJECT_KEYS:
            if name in value:
                raise self.refusal(
                    f'"{_short(where)}" holds a serialized object ({name}: '
                    f"{_short(repr(value[name]))}); only numbers, strings, lists and dicts are "
                    "allowed"
                )
        for name, item in value.items():
            self.value(item, f"{where}.{_short(name)}", name, depth + 1)

    def number(self, value, where, key):
        of_kind = sys.float_info.max if isinstance(value, float) else MAX_NUMBER
        largest = _LARGEST.get(key, of_kind)
        if any(word in str(key).split("_") for word in _COUNTS_OF_TRAINING):
            largest = 2**63 - 1
        if not -largest <= value <= largest:  # NaN and infinity too
            raise self.refusal(
                f'"{_short(where)}" is {_short(repr(value))}, but may be at most {largest}'
            )

    def refusal(self, problem):
        return ZooError(f"{self.path} is refused: {problem}.")


def _short(text):
    return text if len(text) <= 80 else f"{text[:77]}..."
