"""Metrics change when images get worse; invalid images are rejected."""

import dataclasses
import io
import sys

import numpy as np
import pytest

from zoo.data import ShapeClasses
from zoo.errors import ZooError
from zoo.evaluation import image_set, measures
from zoo.evaluation.cache import Cache
from zoo.evaluation.comparison import difference
from zoo.evaluation.diversity import measure_diversity, pair_distance, pairs_of
from zoo.evaluation.evaluators import Evaluators
from zoo.evaluation.feature_networks import FeatureNetwork
from zoo.evaluation.fid import measure_fid
from zoo.evaluation.inception_score import measure_inception_score
from zoo.evaluation.ndb import measure_ndb
from zoo.evaluation.protocols import PROTOCOLS
from zoo.evaluation.report import interval_text

COUNT, SIZE = 240, 32


def averages(images):
    """Features: means of 4 x 4 fields, 192 numbers scaled down to 48 by pairs of fields."""
    x = images.reshape(len(images), 4, SIZE // 4, 4, SIZE // 4, 3).mean((2, 4)) / 255
    return {"features": x.reshape(len(images), -1)}


NETWORK = FeatureNetwork("fields", "0", lambda x: x, averages, "as they are")


@pytest.fixture(scope="module")
def dataset():
    """Two samples of one data set, uint8, and the labels of the second."""
    sources = [ShapeClasses(SIZE, COUNT, seed=seed, attribute="background") for seed in (0, 1)]
    return [s.load_batch(np.arange(COUNT)).numpy() for s in sources], sources[1].labels


def fid(images, real):
    own, theirs = (NETWORK(x)["features"] for x in (images, real))
    return measure_fid(own, theirs, NETWORK, (len(own), 1)).value


def ndb_and_jsd(images, real, tmp_path):
    sets = [image_set.from_array(x, "images") for x in (images, real)]
    cache = Cache(tmp_path, show=False)
    found = measure_ndb(*sets, 12, (len(images), 1), cache, seed=0)
    return [measure.value for measure in found]


def noisy(images):
    """Most pixels are anything; a little white noise moves no image to another bin."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, images.shape, np.uint8)
    return np.where(rng.random(images.shape) < 0.7, noise, images)


def blurred(images):
    x = images.reshape(len(images), 4, SIZE // 4, 4, SIZE // 4, 3).mean((2, 4), keepdims=True)
    return np.broadcast_to(x, (len(x), 4, 8, 4, 8, 3)).reshape(images.shape).astype(np.uint8)


def test_distance_of_a_set_to_itself(dataset, tmp_path):
    (real, _), _ = dataset
    assert abs(fid(real, real)) < 1e-6
    assert ndb_and_jsd(real, real, tmp_path) == [0, 0]


def test_noise_blur_and_dropped_classes_are_detected(dataset, tmp_path):
    pytest.importorskip("sklearn")
    (real, other), labels = dataset
    same, base = fid(other, real), ndb_and_jsd(other, real, tmp_path)
    dropped = other[labels < 2]
    for worse in (noisy(other), dropped):
        assert fid(worse, real) > 1.2 * same
    pixels = FeatureNetwork("pixels", "0", lambda x: x, lambda x: {
        "features": x[:, ::4, ::4].reshape(len(x), -1) / 255}, "")
    own, theirs = (pixels(x)["features"] for x in (other, real))
    soft = pixels(blurred(other))["features"]
    assert measure_fid(soft, theirs, pixels, (COUNT, 1)).value > 1.2 * measure_fid(
        own, theirs, pixels, (COUNT, 1)).value
    for worse in (noisy(other), blurred(other), dropped):
        ndb, jsd = ndb_and_jsd(worse, real, tmp_path)
        assert ndb > base[0] and jsd > 1.5 * base[1]


def test_bins_are_cached_and_too_few_are_noted(dataset, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    (real, other), _ = dataset
    before = ndb_and_jsd(other, real, tmp_path)
    monkeypatch.setattr("zoo.evaluation.ndb.cluster", None)
    assert ndb_and_jsd(other, real, tmp_path) == before
    monkeypatch.undo()
    same = image_set.from_array(real[[0, 0, 0, 9]], "two kinds")
    ndb, jsd = measure_ndb(same, same, 3, (4, 1), Cache(tmp_path), seed=0)
    assert ndb.protocol["bins"] == 2 and ndb.value == 0 == jsd.value
    assert "2 bins instead of 3" in ndb.warnings[0] and ndb.warnings == jsd.warnings


def test_identical_images_have_a_distance(dataset):
    (real, _), _ = dataset
    alike = fid(real[[0] * COUNT], real)
    assert np.isfinite(alike) and alike > 10 * abs(fid(real, real))
    assert abs(fid(real[[0] * COUNT], real[[0] * COUNT])) < 1e-6


def test_inception_score_follows_the_protocol():
    rng = np.random.default_rng(0)
    features, kernel, bias = rng.normal(size=(43, 8)), rng.normal(size=(8, 5)), rng.normal(size=5)
    outputs = {"features": features, "logits": features @ kernel + bias}
    known = FeatureNetwork("n", "0", None, None, "", logit_kernel=kernel)
    unknown = FeatureNetwork("n", "0", None, None, "")

    def score(network, name, **changes):
        protocol = dataclasses.replace(PROTOCOLS[name], **changes)
        return measure_inception_score(outputs, network, (43, 1), protocol, 0)

    official, biased = score(known, "attngan"), score(known, "quick", splits=10)
    assert (official.protocol["bias"], biased.protocol["bias"]) == (False, True)
    assert official.value != biased.value and official.warnings == [] == biased.warnings
    assert "bias" in score(unknown, "attngan").warnings[0]
    dropped = score(known, "xmc_gan", splits=10)  # 4 of 43 per split, 3 are dropped
    assert dropped.protocol["remainder"] == "dropped" and dropped.value != biased.value
    assert score(known, "attngan", splits=50).warnings == [
        "43 splits instead of 50: there are no more images"]


def test_fewer_images_than_features_are_noted(dataset):
    (real, other), _ = dataset
    few = NETWORK(real[:20])["features"]
    made = measure_fid(few, NETWORK(other)["features"], NETWORK, (20, 1))
    assert np.isfinite(made.value) and "only 20 generated" in made.warnings[0]


def test_pairs_are_distinct_and_of_one_condition():
    pairs = pairs_of(3, 5, 10, seed=0)
    assert pairs.shape == (3, 10, 2) and (pairs[..., 0] < pairs[..., 1]).all()
    assert len(np.unique(pairs[0], axis=0)) == 10
    assert pairs_of(2, 3, 10, seed=0).shape == (2, 3, 2)  # there are no more


def test_pair_distance_by_hand():
    images = np.zeros([4, 2, 2, 3], np.uint8)
    images[1], images[3] = 255, 51
    made = measure_diversity(
        "pair_distance", pair_distance, image_set.from_array(images, "x"),
        pairs_of(2, 2, None, 0), 2, {})
    np.testing.assert_allclose(made.units[:, 0], [2, 0.4])
    assert made.value == pytest.approx(1.2)


def gray(values):
    """The pair distance of gray images of one pixel, of values (conditions, samples)."""
    images = np.repeat(values.reshape(-1, 1, 1, 1), 3, -1).round().clip(0, 255).astype(np.uint8)
    return measure_diversity(
        "pair_distance", pair_distance, image_set.from_array(images, "x"),
        pairs_of(*values.shape, None, 0), values.shape[1], {}, batch=len(images) ** 2)


def test_the_interval_of_pairs_is_as_wide_as_their_mean_varies():
    rng = np.random.default_rng(0)
    sets = [gray(rng.normal(128, 30, (2, 20))) for _ in range(60)]  # pairs share their images
    spread = np.std([one.value for one in sets])
    widths = [np.ptp(one.interval(100)) for one in sets[:20]]
    assert 0.8 < np.mean(widths) / (2 * 1.96 * spread) < 1.3
    pairs = list(zip(sets[::2], sets[1::2], strict=True))
    spread = np.std([a.value - b.value for a, b in pairs])
    widths = [np.ptp(difference(a, b, 100, 0, True)["interval_95"]) for a, b in pairs[:20]]
    assert 0.8 < np.mean(widths) / (2 * 1.96 * spread) < 1.3
    assert "draws of the generated images of each condition" in interval_text(sets[0], 100)


def test_drawn_pairs_by_hand():
    made = gray(np.array([[0, 51, 255], [0, 0, 102]]))
    np.testing.assert_allclose(np.sort(made.units), [[0.4, 1.6, 2], [0, 0.8, 0.8]])
    rows = np.array([[0] * 3, [1] * 3])
    drawn = made.drawn(rows, np.array([[0, 2, 2], [1, 1, 1]]))  # 0 and 2; no pair, so all
    assert drawn == pytest.approx((2 + 1.6 / 3) / 2)
    same = made.drawn(rows[[1, 1]], np.array([[0, 1, 2]] * 2))  # a whole condition, twice
    assert same == pytest.approx(1.6 / 3)
    one = gray(np.array([[0, 51], [0, 255], [0, 102]]))  # one pair each: conditions are drawn
    assert one.whole and np.ptp(one.interval(50)) > 0
    many = gray(np.random.default_rng(0).uniform(0, 255, (measures.MANY, 3)))
    plain = measures.Measure("plain", many.units, np.mean, {})
    np.testing.assert_allclose(many.interval(50), plain.interval(50))


def test_intervals_contain_the_value_and_shrink_with_the_number():
    rng = np.random.default_rng(0)
    widths = []
    for count in (30, 3000):
        units = rng.normal(size=(count, 1))
        made = measures.Measure("mean", units, lambda u: u.mean(), {})
        low, high = made.interval(200)
        assert low < made.value < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 5
    assert measures.Measure("one", np.ones([1, 1]), np.mean, {}).interval(50) is None
    costly = measures.Measure("fid", np.ones([30, 1]), np.mean, {}, costly=True)
    assert costly.interval() is None and costly.interval(5) == [1, 1] and made.draws(None) == 100


def test_long_computations_show_progress(monkeypatch, dataset, tmp_path):
    pytest.importorskip("sklearn")
    (real, _), _ = dataset
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", stream)
    measures.Measure("mean", np.ones([3, 1]), np.mean, {}).interval(4)
    ndb_and_jsd(real[:20], real[:20], tmp_path)
    images = image_set.from_array(real[:4], "x")
    pairs = pairs_of(2, 2, None, 0)
    measure_diversity("pairs", pair_distance, images, pairs, 2, {})
    for line in ("bootstrap of mean: draw 4/4 (100 %)", "k-means of NDB: start 10/10 (100 %)",
                 "pairs: batch of pairs 1/1"):
        assert line in stream.getvalue()


@pytest.mark.parametrize(("array", "message"), [
    (np.full([2, 4, 4, 3], np.nan), "NaN"),
    (np.full([2, 4, 4, 3], 2.0), "floats from 2 to 2.*x / 127.5 - 1"),
    (np.zeros([4, 4, 3], np.uint8), "shape"),
    (np.zeros([2, 4, 4, 3], int), "must be uint8, uint16, or float in .-1, 1., got int64"),
    (np.zeros([0, 4, 4, 3], np.uint8), "shape"),
])
def test_invalid_image_arrays(array, message):
    with pytest.raises(ZooError, match=message):
        image_set.from_array(array, "mine")


def test_floats_become_uint8_and_gray_becomes_rgb():
    made = image_set.from_array(np.array([-1, 0, 1.0]).reshape(3, 1, 1, 1), "x")
    np.testing.assert_array_equal(made.load(np.arange(3))[:, 0, 0, 2], [0, 128, 255])


def test_classes_are_matched_by_name():
    from zoo.evaluation.measurement import Measurement
    from zoo.evaluation.subject import Subject

    def images(*names, labels=(0, 1)):
        zeros = np.zeros([2, 2, 2, 3], np.uint8)
        return image_set.from_array(zeros, "x", labels=list(labels), class_names=list(names))

    def classes(made, real, model=None):
        subject = Subject("x", lambda: made, (2, 1), (2, 2), model)
        networks = Evaluators([], None, None, None)
        measurement = Measurement(subject, real, PROTOCOLS["quick"], networks, 0)
        try:
            return measurement.classes()
        finally:
            left.update(measurement.results.not_measured)

    left, real = {}, images("dog", "cat")
    assert classes(images("cat", "dog"), real) == [0, 1]
    assert real.labels.tolist() == [1, 0] and real.class_names == ["cat", "dog"]
    assert not left
    assert classes(images("cat", "ship"), real) == []
    assert "differ from those of the real images" in left["classes"]
    lacking = images("cat", "dog", labels=(0, 0))
    assert classes(lacking, real, "a preset") == [0]  # its conditions are only cats
    with pytest.raises(ZooError, match='x has no image of the class "dog"'):
        classes(lacking, real)


def test_an_empty_class_is_named():
    made = image_set.from_array(
        np.zeros([2, 2, 2, 3], np.uint8), "mine", labels=[0, 0], class_names=["cat", "dog"])
    assert len(made.of_class(0)) == 2
    with pytest.raises(ZooError, match='no image of the class "dog"'):
        made.of_class(1)


def test_a_failed_pass_leaves_no_files(tmp_path):
    cache = Cache(tmp_path, show=False)

    def broken():
        yield np.zeros([2, 3])
        raise ZooError("the light went out")

    with pytest.raises(ZooError, match="light"):
        cache.rows("x", ("a",), 4, broken, "rows")
    with pytest.raises(ZooError, match="got 2 rows, expected 4"):
        cache.rows("x", ("a",), 4, lambda: [np.zeros([2, 3])], "rows")
    assert not list(tmp_path.iterdir())
