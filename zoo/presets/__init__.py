"""Trained models as directories that are checked before they are opened.

A preset holds `config.json` (which class, with which arguments), `model.weights.h5`,
`vocabulary.txt` (text models), `metadata.json` (where it comes from, what it was measured to do,
the SHA-256 of the other files) and `README.md` (the model card, generated from the metadata). The
presets that ship with the package are the folders beside this file.
"""

import importlib

_EXPORTS = {
    "card": "model_card",
    "from_preset": "loading",
    "list_presets": "registry",
    "read_metadata": "loading",
    "save_to_preset": "saving",
}
__all__ = sorted(_EXPORTS)


def __getattr__(name):
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
