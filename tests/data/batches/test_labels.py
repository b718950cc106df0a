"""Batches of images with labels: padded random crops, and a second column of labels."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.data import labels_dataset, labels_evaluation
from zoo.errors import ZooError

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)


class Images:
    labels, class_names, image_size = [0, 1, 2, 0, 1, 2], ["a", "b", "c"], 8

    def __len__(self):
        return len(IMAGES)

    def load(self, index):
        return tf.gather(tf.constant(IMAGES), index)


def test_a_padded_crop_is_the_image_moved_and_mirrored_at_its_edge():
    padded = np.pad(IMAGES, [(0, 0), (2, 2), (2, 2), (0, 0)], "symmetric") / 127.5 - 1
    offsets = set()
    for batch in labels_dataset(Images(), 8, 6, pad=2, cache=True).take(5):
        for image in batch["images"].numpy():
            places = [
                (number, row, column) for number in range(6) for row in range(5)
                for column in range(5)
                if np.abs(padded[number, row:row + 8, column:column + 8] - image).max() < 1e-5
            ]
            assert len(places) == 1
            offsets.add(places[0][1:])
    assert len(offsets) > 10  # of 25
    whole = next(iter(labels_evaluation(Images(), 8, 6)))["images"]
    np.testing.assert_allclose(whole, IMAGES / 127.5 - 1, atol=1e-5)


def test_pad_excludes_a_load_size():
    for settings in ({"pad": 2, "load_size": 10}, {"pad": 8}, {"pad": -1}):
        with pytest.raises(ZooError, match="pad must be (from 0 to image|a whole number)"):
            labels_dataset(Images(), 8, 6, **settings)


def test_words_are_a_second_column():
    images = Images()
    images.word_labels = np.arange(6)
    batch = next(iter(labels_evaluation(images, 8, 6)))
    assert batch["words"].numpy().tolist() == [0, 1, 2, 3, 4, 5]
    assert "words" not in next(iter(labels_evaluation(Images(), 8, 6)))
