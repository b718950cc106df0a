"""Condition classes by kind, as stored in presets' metadata."""

import importlib

from zoo.errors import check_choice

_MODULES = {
    "captions": ("captions", "Captions"),  # also those of a text encoder of TensorFlow Hub
    "embeddings": ("sentence_embeddings", "SentenceEmbeddings"),
    "word embeddings": ("word_embeddings", "WordEmbeddings"),
    "nothing": ("unconditional", "Unconditional"),
    "labels": ("labels", "Labels"),
    "images": ("images", "Images"),
    "description": ("described_images", "DescribedImages"),
}
KINDS = tuple(_MODULES)


def condition_class(kind):
    """The class of a kind; its module is imported at the call.

    Raises:
        ZooError: the kind is not one of `KINDS`.
    """
    module, name = _MODULES[check_choice("The kind of a condition", kind, KINDS)]
    return getattr(importlib.import_module(f"zoo.conditions.{module}"), name)


def kinds_of_task(task):
    """The kinds of condition that models of a task, such as "text-to-image", may have."""
    return [kind for kind in KINDS if condition_class(kind).task == task]
