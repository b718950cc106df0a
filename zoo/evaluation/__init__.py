"""Evaluation of models and sets of images: metrics with intervals, with published protocols.

Example:
    import zoo

    evaluation = zoo.evaluation.evaluate("attn_gan_emoji_64", "emoji.zip", conditions=16)
    {row["metric"]: (row["value"], row.get("interval_95")) for row in evaluation.results}
"""

from zoo._lazy import lazy_exports

_EXPORTS = {
    "Evaluation": "zoo.evaluation.run",
    "PROTOCOLS": "zoo.evaluation.protocols",
    "attngan": "zoo.evaluation.run",
    "compare": "zoo.evaluation.comparison",
    "evaluate": "zoo.evaluation.run",
    "from_array": "zoo.evaluation.image_set",
    "from_path": "zoo.evaluation.image_set",
    "msgan_image": "zoo.evaluation.run",
    "msgan_label": "zoo.evaluation.run",
    "msgan_text": "zoo.evaluation.run",
    "open_evaluators": "zoo.evaluation.evaluators",
    "quick": "zoo.evaluation.run",
    "xmc_gan": "zoo.evaluation.run",
}
__all__ = [*_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
