import numpy as np
import pytest
import tensorflow as tf

from zoo.data import Shapes, evaluation_batches, text_to_image_dataset
from zoo.data.pipeline import shuffled_indices, wrong_indices
from zoo.errors import ZooError
from zoo.text import CaptionTokenizer, Vocabulary


class Photos:
    """A source of pictures of different shapes with captions of one to twelve words."""

    image_size = 20

    def __init__(self, count=9):
        random = np.random.RandomState(0)
        shapes = [(20 + i % 3, 18 + i % 4, 3) for i in range(count)]
        self.pictures = [random.randint(0, 256, shape).astype(np.uint8) for shape in shapes]
        words = "zero one two three four five six seven eight nine ten eleven".split()
        self.captions = [[" ".join(words), "ten"], ["one two"], ["!"]] + [
            [" ".join(words[: i + 1])] for i in range(count - 3)
        ]
        self.labels = np.arange(count) * 10
        self._data = tf.ragged.constant([p.reshape(-1).tolist() for p in self.pictures], tf.uint8)
        self._shapes = tf.constant(shapes)

    def __len__(self):
        return len(self.pictures)

    def load(self, index):
        return tf.reshape(self._data[index], self._shapes[index])


@pytest.fixture(scope="module")
def photos():
    return Photos()


@pytest.fixture(scope="module")
def shapes():
    return Shapes(size=16, count=10, seed=0)


def _tokenizer(source, max_words=5):
    return CaptionTokenizer(Vocabulary.build(source.captions, unknown=False), max_words)


def _steps(source, count, sizes=(8, 16), batch_size=4, max_words=5, **settings):
    data = text_to_image_dataset(
        source, _tokenizer(source, max_words), sizes, batch_size, **settings
    )
    return list(data.take(count).as_numpy_iterator())


def _assert_equal(first, second):
    tf.nest.map_structure(np.testing.assert_array_equal, first, second)


def test_fields(shapes):
    (batch,) = _steps(shapes, 1)
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
            shapes, _tokenizer(shapes), (8, 16), 4, cache=cache, mismatched=True
        )
        assert data.element_spec["images"][1].shape == (4, 16, 16, 3)
        assert data.element_spec["wrong_images"] == data.element_spec["images"]
        assert data.element_spec["tokens"].shape == (4, 5)
        assert data.element_spec["lengths"].shape == (4,)


@pytest.mark.parametrize("crop", ["none", "paper"])
@pytest.mark.parametrize("cache", [False, True])
def test_a_later_start_gives_the_same_batches(photos, crop, cache):
    settings = {"crop": crop, "cache": cache, "flip": True, "seed": 3, "mismatched": True}
    whole = _steps(photos, 7, **settings)
    _assert_equal(whole[4:], _steps(photos, 3, start_step=4, **settings))


@pytest.mark.parametrize("crop", ["none", "paper"])
def test_cache_changes_nothing(photos, crop):
    settings = {"crop": crop, "flip": True, "seed": 3, "mismatched": True}
    _assert_equal(_steps(photos, 5, **settings), _steps(photos, 5, cache=True, **settings))


def test_drawn_pictures_cached_by_the_batch_are_the_same(shapes):
    _assert_equal(_steps(shapes, 3), _steps(shapes, 3, cache=True))
    _assert_equal(_steps(shapes, 3, sizes=(8,)), _steps(shapes, 3, sizes=(8,), cache=True))


def test_seed_changes_the_order(photos):
    labels = [np.concatenate([b["labels"] for b in _steps(photos, 5, seed=s)]) for s in (0, 1)]
    assert (labels[0] != labels[1]).any()


def test_every_epoch_is_a_new_permutation():
    indices = np.concatenate(
        [shuffled_indices(tf.constant(n, tf.int64), 6, 20, 5) for n in range(30)]
    )
    epochs = indices.reshape(9, 20)
    for epoch in epochs:
        assert sorted(epoch) == list(range(20))
    assert len({tuple(epoch) for epoch in epochs}) == 9


def test_pictures_go_with_their_captions_and_labels(shapes):
    tokenizer = _tokenizer(shapes, 20)
    data = text_to_image_dataset(shapes, tokenizer, (16,), 5, training=False, cache=True)
    for batch in data.take(4).as_numpy_iterator():
        for picture, tokens, label in zip(
            batch["images"][0], batch["tokens"], batch["labels"], strict=True
        ):
            match = [
                i
                for i in range(len(shapes))
                if np.allclose(shapes.load(i).numpy() / 127.5 - 1.0, picture, atol=1e-6)
            ]
            assert len(match) == 1
            assert label == shapes.labels[match[0]]
            want = tokenizer(tf.constant(shapes.captions[match[0]][:1]))["tokens"][0]
            np.testing.assert_array_equal(tokens, want)


def test_captions_are_drawn_and_long_ones_cut_to_ordered_words(photos):
    tokenizer = _tokenizer(photos, 5)
    long = tokenizer.ragged([photos.captions[0][0]])[0].numpy().tolist()
    short = tokenizer.ragged([photos.captions[0][1]])[0].numpy().tolist()
    seen = set()
    for batch in _steps(photos, 60, sizes=(8,), cache=True):
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


def test_short_and_wordless_captions(photos):
    for batch in _steps(photos, 9, sizes=(8,), cache=True):
        for tokens, length, label in zip(
            batch["tokens"], batch["lengths"], batch["labels"], strict=True
        ):
            if label == 10:
                assert length == 2 and (tokens[:2] > 0).all() and not tokens[2:].any()
            if label == 20:
                assert length == 1 and not tokens.any()


def test_flip_mirrors_about_half(shapes):
    plain = _steps(shapes, 12, cache=True)
    flipped = _steps(shapes, 12, cache=True, flip=True)
    mirrored = 0
    for a, b in zip(plain, flipped, strict=True):
        for p, q in zip(a["images"][1], b["images"][1], strict=True):
            same, mirror = np.array_equal(p, q), np.array_equal(p[:, ::-1], q)
            assert same or mirror
            mirrored += not same
    assert 12 <= mirrored <= 36


@pytest.mark.parametrize("crop", ["none", "paper"])
@pytest.mark.parametrize("cache", [False, True])
def test_wrong_pictures_change_nothing_else(photos, crop, cache):
    settings = {"crop": crop, "cache": cache, "flip": True, "seed": 3}
    with_wrong = _steps(photos, 4, mismatched=True, **settings)
    for batch in with_wrong:
        wrong = batch.pop("wrong_images")
        assert [picture.shape for picture in wrong] == [p.shape for p in batch["images"]]
    _assert_equal(with_wrong, _steps(photos, 4, **settings))


def test_batches_stay_what_they_were(photos):
    """Runs of earlier versions can be resumed: the same order, crops, flips and words."""
    settings = {"sizes": (8,), "crop": "paper", "flip": True, "seed": 3, "mismatched": True}
    (batch,) = _steps(photos, 1, start_step=4, **settings)
    np.testing.assert_array_equal(batch["labels"], [80, 0, 20, 40])
    tokens = [[2, 1, 3, 5, 6], [7, 0, 0, 0, 0], [0, 0, 0, 0, 0], [2, 1, 0, 0, 0]]
    np.testing.assert_array_equal(batch["tokens"], tokens)
    corners = np.rint((batch["images"][0][:, 0, 0] + 1) * 127.5)
    want = [[126, 138, 104], [124, 124, 61], [109, 85, 96], [89, 189, 127]]
    np.testing.assert_array_equal(corners, want)
    steps = _steps(photos, 27, sizes=(8,), seed=3, cache=True)  # one caption is long, one is not
    lengths = [length for b in steps for length in b["lengths"][b["labels"] == 0]]
    assert lengths == [5, 1, 1, 5, 1, 5, 1, 5, 5, 5, 1, 5]


def test_wrong_pictures_are_of_other_classes_but_for_the_second_draw():
    labels, right = np.array([0, 0, 0, 1, 2, 2]), tf.constant([0, 1, 2] * 2000, tf.int64)
    wrong = wrong_indices(tf.constant(4, tf.int64), right, labels, seed=1).numpy()
    assert set(wrong) == set(range(6))
    same = labels[wrong] == right.numpy()
    for label, share in ((0, 3 / 6), (1, 1 / 6), (2, 2 / 6)):
        assert abs(same[right.numpy() == label].mean() - share**2) < 0.04
    for other in ({"seed": 2}, {"step": 5}):
        key = {"step": 4, "seed": 1, **other}
        drawn = wrong_indices(tf.constant(key["step"], tf.int64), right, labels, key["seed"])
        assert (drawn.numpy() != wrong).mean() > 0.5


def test_wrong_pictures_are_pictures_of_the_source(shapes):
    known = {shapes.load(i).numpy().tobytes(): i for i in range(len(shapes))}
    seen = set()
    for batch in _steps(shapes, 12, sizes=(16,), cache=True, mismatched=True):
        for picture, label in zip(batch["wrong_images"][0], batch["labels"], strict=True):
            index = known[np.rint((picture + 1) * 127.5).astype(np.uint8).tobytes()]
            seen.add((shapes.labels[index], label))
    assert len({wrong for wrong, _ in seen}) > 5
    assert sum(wrong != label for wrong, label in seen) > 0.9 * len(seen)


@pytest.mark.parametrize("crop", ["none", "paper"])
def test_wrong_pictures_have_a_flip_of_their_own(photos, crop):
    settings = {"sizes": (8,), "crop": crop, "cache": True, "mismatched": True}
    flips = set()
    for plain, flipped in zip(
        _steps(photos, 10, **settings), _steps(photos, 10, flip=True, **settings), strict=True
    ):
        pairs = [
            (plain[key][0] != flipped[key][0]).any(axis=(1, 2, 3))
            for key in ("images", "wrong_images")
        ]
        flips.update(zip(*map(np.ndarray.tolist, pairs), strict=True))
    assert len(flips) == 4  # each alone, both, neither


def test_wrong_pictures_have_a_crop_of_their_own():
    """Of pictures that are all the same, only the crop shows."""
    source = Photos(6)
    source.load = lambda index: tf.constant(source.pictures[0])
    moving, still = (
        _steps(source, 6, (8,), 6, crop="paper", mismatched=True, training=training)
        for training in (True, False)
    )

    def same(steps):
        equal = [b["images"][0] == b["wrong_images"][0] for b in steps]
        return np.concatenate([rows.all(axis=(1, 2, 3)) for rows in equal]).mean()

    assert same(moving) < 0.7
    assert same(still) == 1.0


class Embedded(Photos):
    """Two embeddings of three features a picture: the picture, which of the two, a constant."""

    def __init__(self):
        super().__init__()
        self.embeddings = np.zeros([9, 2, 3], np.float32)
        self.embeddings[..., 0] = np.arange(9)[:, None]
        self.embeddings[:, 1, 1] = 1.0
        self.embeddings[..., 2] = 7.0


@pytest.mark.parametrize("cache", [False, True])
def test_embeddings_take_the_place_of_tokens(cache):
    source = Embedded()
    settings = {"cache": cache, "flip": True, "mismatched": True}
    words = _steps(source, 8, sizes=(8,), **settings)
    data = text_to_image_dataset(source, None, (8,), 4, **settings)
    assert data.element_spec["sentence"] == tf.TensorSpec([4, 3], tf.float32)
    drawn = set()
    for batch, other in zip(data.take(8).as_numpy_iterator(), words, strict=True):
        sentence = batch.pop("sentence")
        np.testing.assert_array_equal(sentence[:, 0] * 10, batch["labels"])
        drawn.update(sentence[:, 1])
        _assert_equal(batch, {key: other[key] for key in ("images", "wrong_images", "labels")})
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
    with pytest.raises(ZooError, match="a source that was made with embeddings=True"):
        text_to_image_dataset(photos, None, (8,), 4)
    with pytest.raises(ZooError, match="a source that was made with embeddings=True"):
        evaluation_batches(photos, None, (8,), 4)


def test_one_class_has_no_wrong_pictures():
    source = Photos()
    source.labels[:] = 4
    with pytest.raises(ZooError, match="need two classes at least"):
        _steps(source, 1, mismatched=True)
    assert len(_steps(source, 1)) == 1


def test_paper_crop_moves_in_training_only(photos):
    moving = _steps(photos, 18, sizes=(16,), crop="paper", cache=True)
    still = _steps(photos, 18, sizes=(16,), crop="paper", cache=True, training=False)

    def different(steps):
        pictures = [
            picture.tobytes()
            for batch in steps
            for picture, label in zip(batch["images"][0], batch["labels"], strict=True)
            if label == 0
        ]
        return len(pictures), len(set(pictures))

    assert different(still)[1] == 1
    assert different(moving)[1] > 3


@pytest.mark.parametrize("crop", ["none", "paper"])
@pytest.mark.parametrize("cache", [False, True])
def test_evaluation_is_complete_and_in_order(photos, crop, cache):
    tokenizer = _tokenizer(photos)
    data = evaluation_batches(photos, tokenizer, (8, 16), 4, crop=crop, cache=cache)
    batches = list(data.as_numpy_iterator())
    assert [len(batch["labels"]) for batch in batches] == [4, 4, 1]
    np.testing.assert_array_equal(np.concatenate([b["labels"] for b in batches]), photos.labels)
    want = tokenizer(tf.constant([captions[0] for captions in photos.captions]))
    np.testing.assert_array_equal(np.concatenate([b["tokens"] for b in batches]), want["tokens"])
    np.testing.assert_array_equal(np.concatenate([b["lengths"] for b in batches]), want["lengths"])
    assert batches[2]["images"][1].shape == (1, 16, 16, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sizes": (16, 8)}, "image_sizes must rise"),
        ({"sizes": ()}, "image_sizes must rise"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"batch_size": 11}, "larger than the number of pictures \\(10\\)"),
        ({"crop": "centre"}, 'crop must be "paper" or "none"'),
        ({"start_step": -1}, "start_step must be 0 or more"),
    ],
)
def test_bad_settings(shapes, settings, message):
    with pytest.raises(ZooError, match=message):
        _steps(shapes, 1, **settings)


def test_picture_without_caption():
    source = Photos()
    source.captions[4] = []
    with pytest.raises(ZooError, match="Picture 4 has no caption"):
        _steps(source, 1)
