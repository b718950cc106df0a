"""Conditional GANs gathered around mode seeking: load, train, measure, save and serve them.

Nothing is loaded before its first use: `import zoo` does not import TensorFlow.

Example:
    import zoo

    zoo.list_presets()
    model = zoo.from_preset("attn_gan_emoji_64")
    images = model.generate(["a grinning face"], images_per_caption=4, seed=7)
    images.shape  # (4, 64, 64, 3), uint8
"""

import importlib

from zoo.version import __version__

_EXPORTS = {
    "ZooError": "zoo.errors",
    "from_preset": "zoo.presets",
    "list_presets": "zoo.presets",
}
_SUBMODULES = (
    "data",
    "errors",
    "importers",
    "layers",
    "losses",
    "metrics",
    "models",
    "networks",
    "presets",
    "storage",
    "text",
)
__all__ = ["__version__", *_EXPORTS, *_SUBMODULES]


def __getattr__(name):
    if name in _EXPORTS:
        value = getattr(importlib.import_module(_EXPORTS[name]), name)
    elif name in _SUBMODULES:
        value = importlib.import_module(f"zoo.{name}")
    else:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
