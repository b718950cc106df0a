"""Captions to token ids: a vocabulary, the word rule, and the same rule as TensorFlow ops; and text
encoders of TensorFlow Hub."""

import importlib

_EXPORTS = {
    "END": "vocabulary",
    "UNKNOWN": "vocabulary",
    "Vocabulary": "vocabulary",
    "CaptionTokenizer": "tokenizer",
    "Coverage": "counts",
    "HubTextEncoder": "hub_encoder",
    "check_captions": "captions",
    "coverage": "counts",
    "tokenize": "words",
    "words_left_out": "captions",
}
__all__ = [*_EXPORTS]


def __getattr__(name):
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
