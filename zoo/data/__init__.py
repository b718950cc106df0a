"""Data sources (images with captions, labels or partners) and batches of them.

A text-to-image source has `len()`, `captions` (one list of captions per image), `labels` (int64,
equal for images whose captions are interchangeable), `image_size` (a hint, pixels) and
`load(index)`, which returns uint8 [H, W, 3] and works inside `tf.data`. It may have `embeddings`:
pre-computed sentence embeddings, float32 (images, captions, features) or a list of (captions,
features), or None.

A labeled source has `labels` and `class_names` instead of captions. The `load(index)` of a source
of pairs returns source and target. A source of unpaired domains has `a` and `b`, each with `len()`
and `load(index)`.
"""

import inspect

from zoo._lazy import lazy_exports
from zoo.errors import ZooError, check_choice, nearest

_EXPORTS = {
    "Shapes": "zoo.data.sources.shapes",
    "CaptionFolder": "zoo.data.sources.caption_folder",
    "Emoji": "zoo.data.sources.emoji",
    "EmojiStyles": "zoo.data.sources.emoji",
    "Birds": "zoo.data.sources.attngan_layout",
    "Coco": "zoo.data.sources.attngan_layout",
    "ClassFolder": "zoo.data.sources.class_folder",
    "Cifar10": "zoo.data.sources.cifar10",
    "PairedFolder": "zoo.data.sources.paired_folders",
    "UnpairedFolders": "zoo.data.sources.paired_folders",
    "FacadeLabels": "zoo.data.sources.facade_labels",
    "ShapeClasses": "zoo.data.sources.shape_tasks",
    "ShapePairs": "zoo.data.sources.shape_tasks",
    "ShapeDomains": "zoo.data.sources.shape_tasks",
    "box_crop": "zoo.images.crop",
    "scale_and_crop": "zoo.images.crop",
    "pyramid": "zoo.images.crop",
    "text_to_image_dataset": "zoo.data.batches.text_to_image",
    "evaluation_batches": "zoo.data.batches.text_to_image",
    "TextCache": "zoo.data.text_cache",
    "labels_dataset": "zoo.data.batches.labels",
    "labels_evaluation": "zoo.data.batches.labels",
    "paired_dataset": "zoo.data.batches.paired",
    "paired_evaluation": "zoo.data.batches.paired",
    "cells_dataset": "zoo.data.batches.cells",
    "cells_evaluation": "zoo.data.batches.cells",
    "unpaired_dataset": "zoo.data.batches.unpaired",
    "unpaired_evaluation": "zoo.data.batches.unpaired",
}
SOURCES = {
    "shapes": "Shapes",
    "folder": "CaptionFolder",
    "emoji": "Emoji",
    "birds": "Birds",
    "coco": "Coco",
    "classes": "ClassFolder",
    "cifar10": "Cifar10",
    "emoji_styles": "EmojiStyles",
    "pairs": "PairedFolder",
    "facade_labels": "FacadeLabels",
    "unpaired": "UnpairedFolders",
    "shape_classes": "ShapeClasses",
    "shape_pairs": "ShapePairs",
    "shape_domains": "ShapeDomains",
}
FORMS = {  # form -> names of sources; the first reads a user's own folder, the last one draws
    "captions": ("folder", "emoji", "birds", "coco", "shapes"),
    "labels": ("classes", "cifar10", "emoji_styles", "shape_classes"),
    "pairs": ("pairs", "facade_labels", "shape_pairs"),
    "domains": ("unpaired", "shape_domains"),
}
__all__ = ["form_of", "get_source", *_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)


def form_of(name):
    """The form of a source's data, a key of `FORMS`; None for an unknown name."""
    return next((form for form, names in FORMS.items() if name in names), None)


def get_source(name, **settings):
    """Creates a source by name.

    Args:
        name: with captions "shapes", "folder", "emoji", "birds" or "coco"; with labels "classes",
            "cifar10", "emoji_styles" or "shape_classes"; pairs "pairs", "facade_labels" or
            "shape_pairs"; two domains "unpaired" or "shape_domains".
        **settings: the arguments of `Shapes`, `CaptionFolder`, `Emoji`, `Birds`, `Coco`,
            `ClassFolder`, `Cifar10`, `EmojiStyles`, `ShapeClasses`, `PairedFolder`,
            `FacadeLabels`, `ShapePairs`, `UnpairedFolders` or `ShapeDomains`.

    Raises:
        ZooError: an unknown name, or a setting that this source does not have.
    """
    check_choice("The data source", name, SOURCES)
    source = __getattr__(SOURCES[name])
    parameters = inspect.signature(source).parameters
    for key in settings:
        if key not in parameters:
            raise ZooError(
                f'The data source "{name}" has no setting "{key}": expected '
                f"{', '.join(parameters)}.{nearest(key, parameters)}"
            )
    for key, parameter in parameters.items():
        if parameter.default is parameter.empty and settings.get(key) is None:
            raise ZooError(f'The data source "{name}" needs the setting "{key}".')
    return source(**settings)
