"""`TextStore`, the base class of the stores of a source's texts."""

import abc

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError


class TextStore(abc.ABC):
    """The texts of a source's images, concatenated, in the form that a model reads.

    Attributes:
        first, count: int64 tensors [images]: the texts of an image are `first` to
            `first + count - 1`.
    """

    @abc.abstractmethod
    def fields(self, index, uniform, seed):
        """The text fields of a batch, with one text per image.

        Args:
            index: int64 [B], images.
            uniform: float [B] in [0, 1), which selects a text of each image; None takes the first.
            seed: int [2], which selects words of a text that is too long; None takes the first
                words.

        Returns:
            dict of name -> tensor [B, ...].
        """

    def chosen(self, index, uniform):
        """int64 [B]: the index of one text per image; arguments as in `fields`."""
        first, count = tf.gather(self.first, index), tf.gather(self.count, index)
        if uniform is None:
            return first
        drawn = tf.cast(uniform * tf.cast(count, tf.float32), tf.int64)
        return first + tf.minimum(drawn, count - 1)


def caption_ranges(captions):
    """The range of each image's captions in a flat list of all captions.

    Args:
        captions: list of list of str, one list per image.

    Returns:
        (first, count): int64 arrays (images,).

    Raises:
        ZooError: an image without captions.
    """
    counts = np.array([len(entry) for entry in captions], np.int64)
    if len(counts) and counts.min() < 1:
        raise ZooError(f"Image {counts.argmin()} has no caption; each needs at least one.")
    return np.cumsum(counts) - counts, counts
