import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.support.files import noise
from tests.support.photos import FirstIsBlack
from zoo.data import (
    ShapeClasses,
    ShapeDomains,
    ShapePairs,
    labels_dataset,
    labels_evaluation,
    paired_dataset,
    paired_evaluation,
    unpaired_dataset,
    unpaired_evaluation,
)
from zoo.errors import ZooError
from zoo.images.resample import resize


class Photos:
    """Images of different shapes, or all squares of one size; image i has the label i."""

    image_size = 16

    def __init__(self, count=7, seed=0, side=None):
        shapes = [(side, side) if side else (18 + i % 3, 25 - i % 4) for i in range(count)]
        self.images = [noise(*shape, seed + i) for i, shape in enumerate(shapes)]
        self.side, self.labels = side, np.arange(count)
        self._data = tf.ragged.constant([p.reshape(-1).tolist() for p in self.images], tf.uint8)
        self._shapes = tf.constant([p.shape for p in self.images])

    def __len__(self):
        return len(self.images)

    def load(self, index):
        image = tf.reshape(self._data[index], self._shapes[index])
        return tf.ensure_shape(image, [self.side, self.side, 3])


class Pairs(Photos):
    """The target is the source's negative, so that it shows whether both are cut alike."""

    def load(self, index):
        image = super().load(index)
        return image, 255 - image


class Domains:
    def __init__(self, count_a=7, count_b=3, side=None):
        self.a, self.b = Photos(count_a, side=side), Photos(count_b, seed=100, side=side)


KINDS = {
    "labels": (labels_dataset, labels_evaluation, Photos),
    "paired": (paired_dataset, paired_evaluation, Pairs),
    "unpaired": (unpaired_dataset, unpaired_evaluation, Domains),
}
FIELDS = {
    "labels": {"images", "labels"},
    "paired": {"source", "target"},
    "unpaired": {"images_a", "images_b"},
}


def _steps(kind, count, size=12, batch_size=3, source=None, **settings):
    source = KINDS[kind][2](side=16) if source is None else source
    data = KINDS[kind][0](source, size, batch_size, **settings)
    return list(data.take(count).as_numpy_iterator())


def _assert_equal(first, second):
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)


def _pixels(images):
    return np.round((np.asarray(images) + 1) * 127.5).astype(np.uint8)


def _find(crop, image):
    """(top, left, mirrored) of a crop in an image."""
    size = crop.shape[0]
    free = image.shape[0] - size
    return [
        (top, left, mirrored)
        for top in range(free + 1)
        for left in range(free + 1)
        for mirrored, view in ((False, crop), (True, crop[:, ::-1]))
        if (image[top : top + size, left : left + size] == view).all()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_fields(kind):
    for training in (True, False):
        data = KINDS[kind][0](KINDS[kind][2](side=16), 12, 3, load_size=16, training=training)
        assert set(data.element_spec) == FIELDS[kind]
        for key, spec in data.element_spec.items():
            if key == "labels":
                assert spec.shape == [3] and spec.dtype == tf.int64
            else:
                assert spec.shape == [3, 12, 12, 3] and spec.dtype == tf.float32
    (batch,) = _steps(kind, 1)
    images = batch[next(key for key in batch if key != "labels")]
    assert images.min() >= -1 and images.max() <= 1 and images.max() - images.min() > 1


@functools.cache
def _whole(kind, cache):
    """Six batches of images of different shapes; not to be changed."""
    settings = {"load_size": 16, "flip": True, "seed": 3, "cache": cache}
    return _steps(kind, 6, source=KINDS[kind][2](), **settings)


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_start_gives_the_same_batches(kind):
    settings = {"source": KINDS[kind][2](), "load_size": 16, "flip": True, "seed": 3}
    _assert_equal(_whole(kind, True)[4:], _steps(kind, 2, start_step=4, cache=True, **settings))
    _assert_equal(_whole(kind, False)[5:], _steps(kind, 1, start_step=5, **settings))


@pytest.mark.parametrize("kind", KINDS)
def test_cache_changes_nothing(kind):
    _assert_equal(_whole(kind, False), _whole(kind, True))
    source = KINDS[kind][2](side=16)
    plain, cached = (
        list(KINDS[kind][1](source, 12, 3, load_size=16, cache=cache).as_numpy_iterator())
        for cache in (False, True)
    )
    _assert_equal(plain, cached)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_changes_the_batches(kind):
    settings = {"source": KINDS[kind][2](), "load_size": 16, "flip": True, "cache": True}
    first, second = _whole(kind, True)[:3], _steps(kind, 3, seed=4, **settings)
    for key in FIELDS[kind]:
        assert any((a[key] != b[key]).any() for a, b in zip(first, second, strict=True))


def test_an_epoch_has_every_image_with_its_label():
    source = Photos(6)
    batches = _steps("labels", 4, source=source, batch_size=3)
    for epoch in (batches[:2], batches[2:]):
        assert sorted(np.concatenate([b["labels"] for b in epoch])) == list(range(6))
    for batch in batches:
        for image, label in zip(_pixels(batch["images"]), batch["labels"], strict=True):
            want = resize(tf.constant(source.images[label]), 12, 12, "bilinear")
            np.testing.assert_array_equal(image, want)


def test_crops_and_flips_of_labelled_images():
    source, found = Photos(3), []
    scaled = [resize(tf.constant(image), 14, 14).numpy() for image in source.images]
    settings = {"load_size": 14, "flip": True, "cache": True}
    for batch in _steps("labels", 60, source=source, **settings):
        for image, label in zip(_pixels(batch["images"]), batch["labels"], strict=True):
            (place,) = _find(image, scaled[label])
            found.append(place)
    counts = {place: found.count(place) for place in found}
    assert len(counts) == 3 * 3 * 2  # every place, the last ones too
    assert max(counts.values()) < 4 * min(counts.values())


def test_pairs_are_cut_alike_and_scaled_bicubically():
    source, places = Pairs(3), set()
    images = [resize(tf.constant(p), 15, 15, "bicubic").numpy() for p in source.images]
    negatives = [resize(tf.constant(255 - p), 15, 15, "bicubic").numpy() for p in source.images]
    for batch in _steps("paired", 10, source=source, load_size=15):
        for first, second in zip(_pixels(batch["source"]), _pixels(batch["target"]), strict=True):
            (place,) = [place for image in images for place in _find(first, image)]
            assert [place] == [place for image in negatives for place in _find(second, image)]
            places.add(place)
    assert len(places) > 5 and {place[2] for place in places} == {False, True}


def test_no_moves_in_evaluation():
    source = Photos(7)
    for data in (
        labels_evaluation(source, 12, 3, load_size=15),
        labels_dataset(source, 12, 7, load_size=15, training=False, flip=True).take(1),
    ):
        for batch in data:
            for image, label in zip(_pixels(batch["images"]), batch["labels"].numpy(), strict=True):
                scaled = resize(tf.constant(source.images[label]), 15, 15).numpy()
                assert (2, 2, False) in _find(image, scaled)  # torchvision rounds 1.5 to 2


def test_evaluation_is_finite_and_in_order():
    batches = list(labels_evaluation(Photos(7), 12, 3))
    assert [b["labels"].numpy().tolist() for b in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    pairs = list(paired_evaluation(Pairs(7), 12, 3))
    assert [len(b["source"]) for b in pairs] == [3, 3, 1]
    images = np.concatenate([b["images"] for b in batches])
    assert images.shape == (7, 12, 12, 3)


def test_the_smaller_domain_starts_over_in_evaluation():
    for counts in ((7, 3), (3, 7)):
        source = Domains(*counts)
        batches = list(unpaired_evaluation(source, 12, 3))
        for key, domain in (("images_a", source.a), ("images_b", source.b)):
            images = _pixels(np.concatenate([b[key] for b in batches]))
            assert len(images) == 7
            for number, image in enumerate(images):
                original = domain.images[number % len(domain)]
                want = resize(tf.constant(original), 12, 12, "bicubic")
                np.testing.assert_array_equal(image, want)


@pytest.mark.parametrize("counts", [(3, 7), (5, 5)])
def test_the_smaller_domain_is_drawn_at_random(counts):
    source = Domains(*counts)
    shown = {"a": [], "b": []}
    scaled = {
        name: [resize(tf.constant(p), 12, 12, "bicubic").numpy() for p in domain.images]
        for name, domain in (("a", source.a), ("b", source.b))
    }
    settings = {"batch_size": 2, "flip": False, "cache": True}
    for batch in _steps("unpaired", 7 * 5, source=source, **settings):
        for name in shown:
            for image in _pixels(batch[f"images_{name}"]):
                (index,) = [i for i, p in enumerate(scaled[name]) if (p == image).all()]
                shown[name].append(index)
    larger, smaller = ("a", "b") if counts[0] >= counts[1] else ("b", "a")
    epochs = np.array(shown[larger]).reshape(-1, max(counts))
    assert (np.sort(epochs, axis=1) == np.arange(max(counts))).all()
    drawn = np.bincount(shown[smaller], minlength=min(counts))
    assert drawn.min() > 0 and len(set(drawn)) > 1  # all, but not in turns


class DarkPhotos(FirstIsBlack, Photos):
    pass


def test_the_load_of_a_source_may_choose_by_the_index():
    (batch,) = _steps("labels", 1, source=DarkPhotos(side=16), batch_size=7)
    black = batch["images"].max((1, 2, 3)) == -1
    np.testing.assert_array_equal(black, batch["labels"] == 0)


def test_grey_inputs():
    source = Pairs(side=12)
    data = paired_dataset(source, 12, 3, source_channels=1)
    assert data.element_spec["source"].shape == (3, 12, 12, 1)
    assert data.element_spec["target"].shape == (3, 12, 12, 3)
    plain = _steps("paired", 2, source=source)
    for grey, color in zip(data.take(2), plain, strict=True):
        np.testing.assert_array_equal(grey["target"], color["target"])
        luma = (color["source"] * [0.299, 0.587, 0.114]).sum(-1, keepdims=True)
        np.testing.assert_allclose(grey["source"], luma, atol=3 / 127.5)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("labels", {"size": 0}, "image_size must be a whole number from 1 to"),
        ("paired", {"size": 16, "load_size": 12}, "got image_size 16 and load_size 12"),
        ("unpaired", {"load_size": 4}, "at most load_size"),
        ("labels", {"batch_size": 0}, "batch_size must be a whole number from 1 to"),
        ("paired", {"batch_size": 8}, r"batch_size 8 is larger than the number of images \(7\)"),
        ("unpaired", {"batch_size": 8}, r"larger than the number of images \(7\)"),
        ("labels", {"start_step": -1}, "start_step must be a whole number from 0 to"),
        ("labels", {"seed": 2**32}, "seed must be a whole number from 0 to 4294967295"),
        ("labels", {"seed": 1.5}, "seed must be a whole number"),
        ("labels", {"size": 16.0}, "image_size must be a whole number from 1 to"),
        ("labels", {"rows": (0, 7)}, "each of rows must be a whole number from 0 to 2, got 7"),
        ("labels", {"batch_size": 4.0}, "batch_size must be a whole number"),
        ("paired", {"source_channels": 2}, r"must be 1 or 3, got \[2, 3\]"),
        ("labels", {"source": Photos(0)}, "has no images"),
        ("unpaired", {"source": Domains(3, 0)}, "has no images"),
    ],
)
def test_settings_are_checked(kind, settings, message):
    with pytest.raises(ZooError, match=message):
        _steps(kind, 1, **settings)


def test_labels_outside_the_classes():
    source = Photos(4)
    source.class_names, source.file_names = ["x", "y", "z"], ["0.png", "1.png", "2.png", "3.png"]
    with pytest.raises(ZooError, match=r"3.png: its label is 3, expected 0 to 2 \(3 classes\)"):
        labels_dataset(source, 12, 2)
    source.labels, source.file_names = np.array([0, -1, 1, 2]), None
    with pytest.raises(ZooError, match="image 1: its label is -1"):
        labels_evaluation(source, 12, 2)


def test_batches_of_shapes():
    classes = ShapeClasses(size=16, count=8)
    for size in (16, 12):  # drawn at once, and scaled one by one
        batch = next(iter(labels_dataset(classes, size, 4)))
        assert batch["images"].shape == (4, size, size, 3)
    drawn = next(iter(labels_evaluation(classes, 16, 8)))["images"]
    np.testing.assert_array_equal(_pixels(drawn), classes.load_batch(np.arange(8)))
    pair = next(iter(paired_dataset(ShapePairs(size=16, count=8), 16, 4)))
    assert pair["source"].shape == pair["target"].shape == (4, 16, 16, 3)
    domains = next(
        iter(unpaired_dataset(ShapeDomains(size=16, count=8, count_b=4), 12, 2, load_size=16))
    )
    assert domains["images_a"].shape == domains["images_b"].shape == (2, 12, 12, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_batch_are_those_of_the_whole_batch(kind):
    make, _, source = KINDS[kind]
    settings = {"seed": 3, "flip": True, "load_size": 18, "start_step": 2}
    rows, data = [3, 1], source()
    whole, own = (
        next(iter(make(data, 16, 4, rows=part, **settings))) for part in (None, rows)
    )
    for name, value in whole.items():
        assert own[name].shape[0] == 2
        np.testing.assert_array_equal(own[name], value.numpy()[rows], err_msg=name)
