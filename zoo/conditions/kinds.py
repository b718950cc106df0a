"""Condition classes by the kind that presets' metadata store."""

import importlib

from zoo.errors import ZooError

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
    """The class of a kind; its module is imported now.

    Raises:
        ZooError: it is none of `KINDS`.
    """
    if kind not in KINDS:
        raise ZooError(f'The kind of a condition must be one of {", ".join(KINDS)}, got {kind!r}.')
    module, name = _MODULES[kind]
    return getattr(importlib.import_module(f"zoo.conditions.{module}"), name)


def kinds_of_task(task):
    """The kinds of condition that models of a task, such as "text-to-image", may have."""
    return [kind for kind in KINDS if condition_class(kind).task == task]
