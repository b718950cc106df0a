"""Conditional GANs gathered around mode seeking: load, train, measure, save and serve them.

Nothing is loaded before its first use: `import zoo` does not import TensorFlow.

Example:
    import zoo

    zoo.list_presets()
    model = zoo.from_preset("attn_gan_emoji_64")
    images = model.generate(["a grinning face"], images_per_caption=4, seed=7)
    images.shape  # (4, 64, 64, 3), uint8; a notebook shows an `images` at the end of a cell
    zoo.show(images, path="images.png")
"""

from zoo._lazy import lazy_exports
from zoo.version import __version__

_EXPORTS = {
    "ZooError": "zoo.errors",
    "from_preset": "zoo.presets",
    "list_presets": "zoo.presets",
    "show": "zoo.visualization.image_array",
    **{name: f"zoo.{name}" for name in (
        "conditions", "data", "errors", "evaluation", "images", "importers", "layers", "losses",
        "metrics", "models", "networks", "preparation", "presets", "storage", "text", "training",
        "visualization",
    )},
}
_LOAD = "Load a model first, as in model = zoo.from_preset(\"attn_gan_emoji_64\")"
_INSTEAD = {
    **dict.fromkeys(("load", "load_model", "get_model", "from_pretrained"), f"{_LOAD}."),
    **dict.fromkeys(("generate", "sample"), f'{_LOAD}, then model.generate("a grinning face").'),
    **dict.fromkeys(("train", "fit"), "zoo.training.run(RECIPE, FOLDER) trains."),
    **dict.fromkeys(("list", "list_models"), "zoo.list_presets() lists presets."),
    **dict.fromkeys(("plot", "imshow", "display"), "zoo.show(images) shows images."),
}
__all__ = ["__version__", *_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS, _INSTEAD)
