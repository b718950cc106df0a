"""Conditional GANs gathered around mode seeking: load, train, measure, save and serve them.

Nothing is loaded before its first use: `import zoo` does not import TensorFlow.

Example:
    import zoo

    zoo.list_presets()
    model = zoo.from_preset("attn_gan_emoji_64")
    images = model.generate(["a grinning face"], images_per_caption=4, seed=7)
    images.shape  # (4, 64, 64, 3), uint8
"""

from zoo._lazy import lazy_exports
from zoo.version import __version__

_EXPORTS = {
    "ZooError": "zoo.errors",
    "from_preset": "zoo.presets",
    "list_presets": "zoo.presets",
    **{name: f"zoo.{name}" for name in (
        "conditions", "data", "errors", "evaluation", "images", "importers", "layers", "losses",
        "metrics", "models", "networks", "presets", "storage", "text", "training", "visualization",
    )},
}
__all__ = ["__version__", *_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
