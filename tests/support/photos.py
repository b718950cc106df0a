"""Images of different shapes with captions of different lengths, and batches of them."""

import functools

import numpy as np
import tensorflow as tf

from zoo.data import text_to_image_dataset
from zoo.text import CaptionTokenizer, Vocabulary


class Photos:
    """A source of images of different shapes with captions of one to twelve words."""

    image_size = 20

    def __init__(self, count=9):
        random = np.random.RandomState(0)
        shapes = [(20 + i % 3, 18 + i % 4, 3) for i in range(count)]
        self.images = [random.randint(0, 256, shape).astype(np.uint8) for shape in shapes]
        words = "zero one two three four five six seven eight nine ten eleven".split()
        self.captions = [[" ".join(words), "ten"], ["one two"], ["!"]] + [
            [" ".join(words[: i + 1])] for i in range(count - 3)
        ]
        self.labels = np.arange(count) * 10
        self._data = tf.ragged.constant([p.reshape(-1).tolist() for p in self.images], tf.uint8)
        self._shapes = tf.constant(shapes)

    def __len__(self):
        return len(self.images)

    def load(self, index):
        return tf.reshape(self._data[index], self._shapes[index])


class FirstIsBlack:
    """A source's first image is black: a choice in Python, which AutoGraph puts into the graph."""

    def load(self, index):
        image = super().load(index)
        if index == 0:
            image = tf.zeros_like(image)
        return image


def tokenizer_of(source, max_words=5):
    return CaptionTokenizer(Vocabulary.build(source.captions, unknown=False), max_words)


def steps_of(source, count, sizes=(8, 16), batch_size=4, max_words=5, **settings):
    data = text_to_image_dataset(
        source, tokenizer_of(source, max_words), sizes, batch_size, **settings
    )
    return list(data.take(count).as_numpy_iterator())


MOVED = {"flip": True, "seed": 3, "mismatched": True}  # all that a batch can have


@functools.cache
def moved(crop, cache):
    """Seven batches of `Photos` with these settings and those of `MOVED`; not to be changed."""
    return steps_of(Photos(), 7, crop=crop, cache=cache, **MOVED)


def assert_equal(first, second):
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)
