"""Images of another class in a batch, in addition to the right ones."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.photos import MOVED, Photos, assert_equal, moved, steps_of
from zoo.data.batches.text_to_image import mismatched_indices
from zoo.errors import ZooError


@pytest.mark.parametrize(("crop", "cache"), [("none", False), ("paper", True)])
def test_mismatched_images_change_nothing_else(photos, crop, cache):
    settings = {**MOVED, "mismatched": False, "crop": crop, "cache": cache}
    without = steps_of(photos, 4, **settings)
    for batch, other in zip(moved(crop, cache)[:4], without, strict=True):
        wrong = batch["mismatched_images"]
        assert [image.shape for image in wrong] == [p.shape for p in batch["images"]]
        assert_equal({name: batch[name] for name in other}, other)
        assert set(batch) == {"mismatched_images", *other}


def test_mismatched_images_are_of_other_classes_but_for_the_second_draw():
    labels, right = np.array([0, 0, 0, 1, 2, 2]), tf.constant([0, 1, 2] * 2000, tf.int64)
    wrong = mismatched_indices(tf.constant(4, tf.int64), right, labels, seed=1).numpy()
    assert set(wrong) == set(range(6))
    same = labels[wrong] == right.numpy()
    for label, share in ((0, 3 / 6), (1, 1 / 6), (2, 2 / 6)):
        assert abs(same[right.numpy() == label].mean() - share**2) < 0.04
    for other in ({"seed": 2}, {"step": 5}):
        key = {"step": 4, "seed": 1, **other}
        drawn = mismatched_indices(tf.constant(key["step"], tf.int64), right, labels, key["seed"])
        assert (drawn.numpy() != wrong).mean() > 0.5


def test_mismatched_images_are_images_of_the_source(shapes):
    known = {shapes.load(i).numpy().tobytes(): i for i in range(len(shapes))}
    seen = set()
    for batch in steps_of(shapes, 12, sizes=(16,), cache=True, mismatched=True):
        for image, label in zip(batch["mismatched_images"][0], batch["labels"], strict=True):
            index = known[np.rint((image + 1) * 127.5).astype(np.uint8).tobytes()]
            seen.add((shapes.labels[index], label))
    assert len({wrong for wrong, _ in seen}) > 5
    assert sum(wrong != label for wrong, label in seen) > 0.9 * len(seen)


@pytest.mark.parametrize("crop", ["none", "paper"])
def test_mismatched_images_have_a_flip_of_their_own(photos, crop):
    settings = {"sizes": (8,), "crop": crop, "cache": True, "mismatched": True}
    flips = set()
    for plain, flipped in zip(
        steps_of(photos, 10, **settings), steps_of(photos, 10, flip=True, **settings), strict=True
    ):
        pairs = [
            (plain[key][0] != flipped[key][0]).any(axis=(1, 2, 3))
            for key in ("images", "mismatched_images")
        ]
        flips.update(zip(*map(np.ndarray.tolist, pairs), strict=True))
    assert len(flips) == 4  # each alone, both, neither


def test_mismatched_images_have_a_crop_of_their_own():
    """Of images that are all the same, only the crop shows."""
    source = Photos(6)
    source.load = lambda index: tf.constant(source.images[0])
    moving, still = (
        steps_of(source, 6, (8,), 6, crop="paper", mismatched=True, training=training)
        for training in (True, False)
    )

    def same(steps):
        equal = [b["images"][0] == b["mismatched_images"][0] for b in steps]
        return np.concatenate([rows.all(axis=(1, 2, 3)) for rows in equal]).mean()

    assert same(moving) < 0.7
    assert same(still) == 1.0


def test_one_class_has_no_mismatched_images():
    source = Photos()
    source.labels[:] = 4
    with pytest.raises(ZooError, match="need at least two classes"):
        steps_of(source, 1, mismatched=True)
    assert len(steps_of(source, 1)) == 1
