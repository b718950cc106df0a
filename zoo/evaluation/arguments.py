"""Checks of the arguments of the Python API: paths, sources, labels, names of options."""

import dataclasses
import os

from zoo.errors import ZooError, nearest
from zoo.metrics.arrays import whole_numbers


def plain(value):
    """A path object as text; anything else unchanged."""
    return os.fsdecode(value) if isinstance(value, os.PathLike) else value


def kind_of(value):
    """What a value is, for error messages: "a list", "an array of the shape (4, 3)"."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"an array of the shape {shape}"
    return repr(value) if value is None else f"a value of the type {type(value).__name__}"


def check_source(source):
    """Raises `ZooError` unless it is text, a set of images, or has the methods of a source."""
    one = hasattr(source, "load") and hasattr(source, "__len__")  # also a set of images
    if not (isinstance(source, str) or one or hasattr(source, "a") and hasattr(source, "b")):
        raise ZooError(
            "`source` must be a source's name, a path, an open source or a set of images, got "
            f"{kind_of(source)}. Turn an array of images into a set with "
            "zoo.evaluation.from_array."
        )


def checked_labels(labels, count, name, class_names):
    """Labels of images as int64 (count,).

    Args:
        labels: array or list. count: int, number of images. name: str, of the set of images.
        class_names: list of str, the names of the labels, or None.

    Raises:
        ZooError: for another number of them, or a label that is no class.
    """
    labels = whole_numbers(labels, f"The labels of {name}")
    if labels.shape != (count,):
        raise ZooError(
            f"{name}: expected one label for each of the {count} images, got labels of the shape "
            f"{labels.shape}."
        )
    classes = len(class_names) if class_names else None
    if classes is not None and not ((labels >= 0) & (labels < classes)).all():
        raise ZooError(
            f"{name}: expected labels from 0 to {classes - 1}, one of the {classes} class names, "
            f"got labels from {labels.min()} to {labels.max()}."
        )
    return labels


def from_keywords(cls, settings, function):
    """A dataclass from keyword arguments.

    Args:
        cls: the dataclass. settings: dict. function: str, the user's function, for the message.

    Raises:
        ZooError: for an unknown name.
    """
    known = [field.name for field in dataclasses.fields(cls)]
    for name in settings:
        if name not in known:
            raise ZooError(
                f"`{function}` has no option `{name}`: expected {', '.join(known)}."
                f"{nearest(name, known)}"
            )
    return cls(**settings)
