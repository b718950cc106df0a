"""What the stores of a source's texts have in common: fields of a batch, one text per image."""

import abc

import numpy as np
import tensorflow as tf

from zoo.errors import ZooError


class TextStore(abc.ABC):
    """The texts of a source's images, one after the other, in the form that a model reads.

    Attributes:
        first, count: int64 tensors [images]: the texts of an image are `first` to
            `first + count - 1`.
    """

    @abc.abstractmethod
    def fields(self, index, uniform, seed):
        """The fields of a batch, from one text of each image.

        Args:
            index: int64 [B], images.
            uniform: float [B] in [0, 1), which text of an image; None takes the first.
            seed: int [2], which words of a text that is too long; None takes the first words.

        Returns:
            dict of name -> tensor [B, ...].
        """

    def chosen(self, index, uniform):
        """int64 [B]: the number of one text of each image; arguments as of `fields`."""
        first, count = tf.gather(self.first, index), tf.gather(self.count, index)
        if uniform is None:
            return first
        drawn = tf.cast(uniform * tf.cast(count, tf.float32), tf.int64)
        return first + tf.minimum(drawn, count - 1)


def caption_ranges(captions):
    """Where the captions of each image are in a flat list of all captions.

    Args:
        captions: list of list of str, one list per image.

    Returns:
        (first, count): int64 arrays (images,).

    Raises:
        ZooError: an image without captions.
    """
    counts = np.array([len(entry) for entry in captions], np.int64)
    if len(counts) and counts.min() < 1:
        raise ZooError(f"Picture {counts.argmin()} has no caption; each needs one at least.")
    return np.cumsum(counts) - counts, counts
