"""Captions to token ids: vocabularies, tokenization in Python and in TensorFlow; and text encoders
from TensorFlow Hub."""

from zoo._lazy import lazy_exports

_EXPORTS = {
    "END": "zoo.text.vocabulary",
    "UNKNOWN": "zoo.text.vocabulary",
    "Vocabulary": "zoo.text.vocabulary",
    "CaptionTokenizer": "zoo.text.tokenizer",
    "Coverage": "zoo.text.counts",
    "HubTextEncoder": "zoo.text.hub_encoder",
    "check_captions": "zoo.text.captions",
    "coverage": "zoo.text.counts",
    "tokenize": "zoo.text.tokenization",
    "words_left_out": "zoo.text.captions",
}
__all__ = [*_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
