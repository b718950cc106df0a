"""Batches of images with labels."""

import numpy as np
import tensorflow as tf

from zoo.data.batches.batching import Batching
from zoo.data.batches.image_cache import source_squares
from zoo.errors import ZooError


def labels_dataset(source, image_size, batch_size, flip=False, **settings):
    """Endless batches of images with labels.

    Args:
        source: images with `labels`, such as `ClassFolder`, `Cifar10` or `ShapeClasses`; resized
            to a square with Pillow's bilinear filter.
        image_size, batch_size, flip, **settings: the attributes of `Batching`: `seed`,
            `start_step`, `training`, `load_size`, `pad`, `cache`, `rows`.

    Returns:
        `tf.data.Dataset` of dicts: `images`, float32 [B, s, s, 3] in [-1, 1]; `labels`, int64 [B];
        of a source with `word_labels` also `words`, int64 [B].

    Raises:
        ZooError: an invalid size or batch size, or a label outside `class_names`.
    """
    batching = Batching(image_size, batch_size, flip=flip, **settings)
    batch = _labeled(source, batching)
    return batching.endless(
        lambda step: batch(batching.indices(step, len(source)), *batching.moves(step)), len(source)
    )


def labels_evaluation(source, image_size, batch_size, load_size=None, cache=False):
    """Every image once, in order: center crop, no flip; the last batch may be smaller.

    Arguments and fields are those of `labels_dataset`.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    batching = Batching(image_size, batch_size, load_size=load_size, cache=cache)
    return batching.once(_labeled(source, batching), len(source))


def _labeled(source, batching):
    batching.check(source)
    labels = np.asarray(source.labels, np.int64)
    classes = len(getattr(source, "class_names", None) or range(labels.max() + 1))
    invalid = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(invalid):
        files = getattr(source, "file_names", None)
        name = files[invalid[0]] if files else f"image {invalid[0]}"
        raise ZooError(
            f"{name}: its label is {labels[invalid[0]]}, expected 0 to {classes - 1} "
            f"({classes} classes)."
        )
    squares = source_squares(source, batching.side, "bilinear", batching.cache, batching.pad)
    columns = {"labels": labels}
    if hasattr(source, "word_labels"):
        columns["words"] = source.word_labels

    def batch(index, *moves):
        images = squares.views(index, batching.image_size, *moves)
        return {"images": images, **{k: tf.gather(v, index) for k, v in columns.items()}}

    return batch
