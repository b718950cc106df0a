"""Batches of pairs of images."""

import tensorflow as tf

from zoo.data.batches.batching import Batching
from zoo.data.batches.image_cache import SquareImageCache, one_by_one
from zoo.errors import ZooError
from zoo.images.resample import grayscale, resize


def paired_dataset(
    source, image_size, batch_size, flip=True, source_channels=3, target_channels=3, **settings
):
    """Endless batches of pairs; both images of a pair have the same crop and flip.

    Args:
        source: pairs, such as `PairedFolder` or `ShapePairs`; resized to a square with Pillow's
            bicubic filter.
        image_size, batch_size, flip, **settings: the attributes of `Batching`: `seed`,
            `start_step`, `training`, `load_size`, `cache`, `rows`.
        source_channels, target_channels: 3, or 1 for grayscale, converted before resizing (edges).

    Returns:
        `tf.data.Dataset` of dicts: `source` and `target`, float32 [B, s, s, channels] in [-1, 1].

    Raises:
        ZooError: an invalid size, batch size or number of channels.
    """
    batching = Batching(image_size, batch_size, flip=flip, **settings)
    batch = paired_views(source, batching, source_channels, target_channels)
    return batching.endless(
        lambda step: batch(batching.indices(step, len(source)), *batching.moves(step)), len(source)
    )


def paired_evaluation(
    source, image_size, batch_size, load_size=None, cache=False, source_channels=3,
    target_channels=3,
):
    """Every pair once, in order: center crop, no flip; the last batch may be smaller.

    Arguments and fields are those of `paired_dataset`.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    batching = Batching(image_size, batch_size, load_size=load_size, cache=cache)
    batch = paired_views(source, batching, source_channels, target_channels)
    return batching.once(batch, len(source))


def paired_views(source, batching, source_channels=3, target_channels=3):
    """A function of indices [B], and `position` and `flip` of `SquareImageCache.views` -> a batch.

    The arguments are those of `paired_dataset`; `batching` is a `Batching`.
    """
    batching.check(source)
    channels, side = [source_channels, target_channels], batching.side
    if not set(channels) <= {1, 3}:
        raise ZooError(f"source_channels and target_channels must be 1 or 3, got {channels}.")

    def load(index):  # both as one image, so that they are cropped alike
        pair = [
            resize(grayscale(image) if depth == 1 else image, side, side, "bicubic")
            for image, depth in zip(source.load(index), channels, strict=True)
        ]
        return tf.ensure_shape(tf.concat(pair, -1), [side, side, sum(channels)])

    load_batch = one_by_one(load, side, sum(channels))
    squares = SquareImageCache(load_batch, len(source), side, sum(channels), batching.cache)

    def batch(index, *moves):
        images = tf.split(squares.views(index, batching.image_size, *moves), channels, axis=-1)
        return dict(zip(("source", "target"), images, strict=True))

    return batch
