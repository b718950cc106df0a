"""Presets: directories with trained models, which are verified before they are loaded.

A preset holds `config.json` (the class and its arguments), `model.weights.h5`, `vocabulary.txt`
(text models), `metadata.json` (origin, measured results, and the SHA-256 of the other files) and
`README.md` (the model card, generated from the metadata). The presets that ship with the package
are the folders next to this file.
"""

from zoo._lazy import lazy_exports

_EXPORTS = {
    "card": "zoo.presets.model_card",
    "from_preset": "zoo.presets.loading",
    "list_presets": "zoo.presets.registry",
    "read_metadata": "zoo.presets.loading",
    "save_to_preset": "zoo.presets.saving",
}
__all__ = sorted(_EXPORTS)
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
