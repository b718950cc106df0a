import numpy as np
import pytest
import tensorflow as tf

from tests.support.photos import (
    MOVED,
    FirstIsBlack,
    Photos,
    assert_equal,
    moved,
    steps_of,
    tokenizer_of,
)
from zoo.data import evaluation_batches, text_to_image_dataset
from zoo.data.batches.text_to_image import shuffled_indices
from zoo.errors import ZooError
from zoo.images.convert import to_uint8
from zoo.images.crop import unfiltered


def test_fields(shapes):
    (batch,) = steps_of(shapes, 1)
    assert set(batch) == {"images", "tokens", "lengths", "labels"}
    low, high = batch["images"]
    assert low.shape == (4, 8, 8, 3) and high.shape == (4, 16, 16, 3)
    assert low.dtype == high.dtype == np.float32
    assert high.min() >= -1.0 and high.max() <= 1.0 and high.max() > 0.5
    assert batch["tokens"].shape == (4, 5) and batch["tokens"].dtype == np.int32
    assert batch["lengths"].dtype == np.int32 and batch["labels"].dtype == np.int64
    used = (batch["tokens"] > 0).sum(axis=1)
    np.testing.assert_array_equal(np.maximum(used, 1), batch["lengths"])


def test_static_shapes(shapes):
    for cache in (False, True):
        data = text_to_image_dataset(
            shapes, tokenizer_of(shapes), (8, 16), 4, cache=cache, mismatched=True
        )
        assert data.element_spec["images"][1].shape == (4, 16, 16, 3)
        assert data.element_spec["mismatched_images"] == data.element_spec["images"]
        assert data.element_spec["tokens"].shape == (4, 5)
        assert data.element_spec["lengths"].shape == (4,)


@pytest.mark.parametrize(("crop", "cache"), [("paper", False), ("none", True)])
def test_a_later_start_gives_the_same_batches(photos, crop, cache):
    later = steps_of(photos, 3, start_step=4, crop=crop, cache=cache, **MOVED)
    assert_equal(moved(crop, cache)[4:], later)


@pytest.mark.parametrize(("crop", "cache"), [("none", False), ("paper", True)])
def test_rows_of_a_batch_are_those_of_the_whole_batch(photos, crop, cache):
    rows = [2, 0]
    expected = tf.nest.map_structure(lambda value: value[rows], moved(crop, cache)[:3])
    assert_equal(expected, steps_of(photos, 3, rows=rows, crop=crop, cache=cache, **MOVED))


@pytest.mark.parametrize("crop", ["none", "paper", "unfiltered"])
def test_cache_changes_nothing(crop):
    assert_equal(moved(crop, False), moved(crop, True))


def test_drawn_images_cached_by_the_batch_are_the_same(shapes):
    assert_equal(steps_of(shapes, 3, sizes=(8,)), steps_of(shapes, 3, sizes=(8,), cache=True))


def test_seed_changes_the_order(photos, batches):
    other = steps_of(photos, 5, sizes=(8,), cache=True, seed=4)
    labels = [np.concatenate([b["labels"] for b in given]) for given in (batches[:5], other)]
    assert (labels[0] != labels[1]).any()


def test_every_epoch_is_a_new_permutation():
    indices = np.concatenate(
        [shuffled_indices(tf.constant(n, tf.int64), 6, 20, 5) for n in range(30)]
    )
    epochs = indices.reshape(9, 20)
    for epoch in epochs:
        assert sorted(epoch) == list(range(20))
    assert len({tuple(epoch) for epoch in epochs}) == 9


def test_images_go_with_their_captions_and_labels(shapes):
    tokenizer = tokenizer_of(shapes, 20)
    data = text_to_image_dataset(shapes, tokenizer, (16,), 5, training=False, cache=True)
    for batch in data.take(4).as_numpy_iterator():
        for image, tokens, label in zip(
            batch["images"][0], batch["tokens"], batch["labels"], strict=True
        ):
            match = [
                i
                for i in range(len(shapes))
                if np.allclose(shapes.load(i).numpy() / 127.5 - 1.0, image, atol=1e-6)
            ]
            assert len(match) == 1
            assert label == shapes.labels[match[0]]
            want = tokenizer(tf.constant(shapes.captions[match[0]][:1]))["tokens"][0]
            np.testing.assert_array_equal(tokens, want)


@pytest.fixture(scope="module")
def batches(photos):
    """Sixty of a cache, without any move."""
    return steps_of(photos, 60, sizes=(8,), cache=True, seed=3)


def test_captions_are_drawn_and_long_ones_cut_to_ordered_words(photos, batches):
    tokenizer = tokenizer_of(photos, 5)
    long = tokenizer.ragged([photos.captions[0][0]])[0].numpy().tolist()
    short = tokenizer.ragged([photos.captions[0][1]])[0].numpy().tolist()
    seen = set()
    for batch in batches[:60]:
        for tokens, length in zip(
            batch["tokens"][batch["labels"] == 0],
            batch["lengths"][batch["labels"] == 0],
            strict=True,
        ):
            row = tokens[:length].tolist()
            if row != short:
                assert length == 5
                places = [long.index(token) for token in row]
                assert places == sorted(set(places))
            seen.add(tuple(row))
    assert tuple(short) in seen
    assert len(seen) > 5
    assert {long.index(t) for row in seen for t in row} == set(range(12))


def test_short_and_wordless_captions(batches):
    for batch in batches[:9]:
        for tokens, length, label in zip(
            batch["tokens"], batch["lengths"], batch["labels"], strict=True
        ):
            if label == 10:
                assert length == 2 and (tokens[:2] > 0).all() and not tokens[2:].any()
            if label == 20:
                assert length == 1 and not tokens.any()


def test_flip_mirrors_about_half(shapes):
    plain = steps_of(shapes, 12, cache=True)
    flipped = steps_of(shapes, 12, cache=True, flip=True)
    mirrored = 0
    for a, b in zip(plain, flipped, strict=True):
        for p, q in zip(a["images"][1], b["images"][1], strict=True):
            same, mirror = np.array_equal(p, q), np.array_equal(p[:, ::-1], q)
            assert same or mirror
            mirrored += not same
    assert 12 <= mirrored <= 36


def test_batches_stay_what_they_were(photos, batches):
    """Runs of earlier versions can be resumed: the same order, crops, flips and words."""
    settings = {"sizes": (8,), "crop": "paper", "flip": True, "seed": 3, "mismatched": True}
    (batch,) = steps_of(photos, 1, start_step=4, **settings)
    np.testing.assert_array_equal(batch["labels"], [80, 0, 20, 40])
    tokens = [[2, 1, 3, 5, 6], [7, 0, 0, 0, 0], [0, 0, 0, 0, 0], [2, 1, 0, 0, 0]]
    np.testing.assert_array_equal(batch["tokens"], tokens)
    corners = np.rint((batch["images"][0][:, 0, 0] + 1) * 127.5)
    want = [[126, 138, 104], [124, 124, 61], [109, 85, 96], [89, 189, 127]]
    np.testing.assert_array_equal(corners, want)
    # one caption is long, one is not
    lengths = [length for b in batches[:27] for length in b["lengths"][b["labels"] == 0]]
    assert lengths == [5, 1, 1, 5, 1, 5, 1, 5, 5, 5, 1, 5]


class Embedded(Photos):
    """Two embeddings per image, of three features: image, number of the embedding, a constant."""

    def __init__(self):
        super().__init__()
        self.embeddings = np.zeros([9, 2, 3], np.float32)
        self.embeddings[..., 0] = np.arange(9)[:, None]
        self.embeddings[:, 1, 1] = 1.0
        self.embeddings[..., 2] = 7.0


def test_embeddings_take_the_place_of_tokens():
    source = Embedded()
    settings = {"cache": True, "flip": True, "mismatched": True}
    words = steps_of(source, 8, sizes=(8,), **settings)
    data = text_to_image_dataset(source, None, (8,), 4, **settings)
    assert data.element_spec["sentence"] == tf.TensorSpec([4, 3], tf.float32)
    drawn = set()
    for batch, other in zip(data.take(8).as_numpy_iterator(), words, strict=True):
        sentence = batch.pop("sentence")
        np.testing.assert_array_equal(sentence[:, 0] * 10, batch["labels"])
        drawn.update(sentence[:, 1])
        assert_equal(batch, {key: other[key] for key in ("images", "mismatched_images", "labels")})
    assert drawn == {0.0, 1.0}


def test_embeddings_in_evaluation_are_the_first_ones():
    source = Embedded()
    batches = list(evaluation_batches(source, None, (8,), 4).as_numpy_iterator())
    assert set(batches[0]) == {"images", "sentence", "labels"}
    sentence = np.concatenate([batch["sentence"] for batch in batches])
    np.testing.assert_array_equal(sentence, source.embeddings[:, 0])
    still = text_to_image_dataset(source, None, (8,), 4, training=False).take(4)
    assert not any(batch["sentence"][:, 1].any() for batch in still.as_numpy_iterator())


def test_neither_tokenizer_nor_embeddings(photos):
    with pytest.raises(ZooError, match="create the source with embeddings=True"):
        text_to_image_dataset(photos, None, (8,), 4)
    with pytest.raises(ZooError, match="create the source with embeddings=True"):
        evaluation_batches(photos, None, (8,), 4)


def test_paper_crop_moves_in_training_only(photos):
    settings = {"sizes": (16,), "crop": "paper", "cache": True}
    moving, still = (steps_of(photos, 18, training=t, **settings) for t in (True, False))

    def different(steps):
        images = [
            image.tobytes()
            for batch in steps
            for image, label in zip(batch["images"][0], batch["labels"], strict=True)
            if label == 0
        ]
        return len(images), len(set(images))

    assert different(still)[1] == 1
    assert different(moving)[1] > 3


@pytest.mark.parametrize(("crop", "cache"), [("paper", False), ("none", True)])
def test_evaluation_is_complete_and_in_order(photos, crop, cache):
    tokenizer = tokenizer_of(photos)
    data = evaluation_batches(photos, tokenizer, (8, 16), 4, crop=crop, cache=cache)
    batches = list(data.as_numpy_iterator())
    assert [len(batch["labels"]) for batch in batches] == [4, 4, 1]
    np.testing.assert_array_equal(np.concatenate([b["labels"] for b in batches]), photos.labels)
    want = tokenizer(tf.constant([captions[0] for captions in photos.captions]))
    np.testing.assert_array_equal(np.concatenate([b["tokens"] for b in batches]), want["tokens"])
    np.testing.assert_array_equal(np.concatenate([b["lengths"] for b in batches]), want["lengths"])
    assert batches[2]["images"][1].shape == (1, 16, 16, 3)


def test_images_that_are_not_filtered(photos):
    data = evaluation_batches(photos, tokenizer_of(photos), (8,), len(photos), crop="unfiltered")
    (batch,) = data.as_numpy_iterator()
    for image, photo in zip(batch["images"][0], photos.images, strict=True):
        np.testing.assert_array_equal(to_uint8(image), unfiltered(photo, 8))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sizes": (16, 8)}, "image_sizes must rise"),
        ({"sizes": ()}, "image_sizes must rise"),
        ({"batch_size": 0}, "batch_size must be a whole number from 1 to"),
        ({"batch_size": 11}, "larger than the number of images \\(10\\)"),
        ({"crop": "centre"}, "crop must be one of paper, none, unfiltered"),
        ({"start_step": -1}, "start_step must be a whole number from 0 to"),
        ({"seed": 2**32}, "seed must be a whole number from 0 to 4294967295"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"rows": (2, -1)}, "each of rows must be a whole number from 0 to .*, got -1"),
        ({"batch_size": 4.0}, "batch_size must be a whole number"),
    ],
)
def test_bad_settings(shapes, settings, message):
    with pytest.raises(ZooError, match=message):
        steps_of(shapes, 1, **settings)


class DarkPhotos(FirstIsBlack, Photos):
    pass


def test_the_load_of_a_source_may_choose_by_the_index():
    black = {}
    for batch in steps_of(DarkPhotos(), 3, sizes=(8,)):
        for image, label in zip(batch["images"][0], batch["labels"], strict=True):
            black[label] = image.max() == -1
    assert len(black) == 9 and black.pop(0) and not any(black.values())


def test_image_without_caption():
    source = Photos()
    source.captions[4] = []
    with pytest.raises(ZooError, match="Image 4 has no caption"):
        steps_of(source, 1)
