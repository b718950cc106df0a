"""Preparation of a user's own images: what a folder holds, checked and written as a data set.

Four kinds: images with captions, with classes, pairs of images, and two domains. Where a folder can
be read in two ways, the user decides.
"""

from zoo._lazy import lazy_exports

_EXPORTS = {
    "KINDS": "zoo.preparation.kinds",
    "find_kind": "zoo.preparation.kinds",
    "prepare": "zoo.preparation.writing",
    "read_record": "zoo.preparation.record",
}
__all__ = sorted(_EXPORTS)
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
