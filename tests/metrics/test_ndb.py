import sys

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics import ndb as ndb_module
from zoo.metrics.ndb import (
    bins_of_labels,
    different_proportions,
    jensen_shannon_divergence,
    make_bins,
    ndb,
)

MODES = np.array([[0.0, 0, 0], [100, 0, 0], [0, 100, 0]])


def samples(*counts):
    """So many points near each of three modes."""
    modes = np.repeat(MODES, counts, axis=0)
    return modes + np.random.RandomState(0).rand(*modes.shape)


@pytest.mark.parametrize("whitening", [False, True])
def test_same_proportions_and_a_missing_mode(whitening):
    pytest.importorskip("sklearn")
    bins = make_bins(samples(100, 60, 40), 3, whitening)
    np.testing.assert_allclose(bins.proportions, [0.5, 0.3, 0.2])
    same = ndb(bins, samples(50, 30, 20))
    assert same["ndb"] == 0 and same["jsd"] == pytest.approx(0)
    missing = ndb(bins, samples(50, 50, 0))
    np.testing.assert_array_equal(missing["different"], [False, True, True])
    assert missing["ndb"] == 2 and missing["jsd"] > 0.05
    np.testing.assert_allclose(missing["proportions"], [0.5, 0.5, 0])


def test_bytes_do_not_overflow():
    bytes_ = samples(10, 6, 4).astype("uint8")
    bins = bins_of_labels(bytes_, np.repeat([0, 1, 2], [10, 6, 4]))
    np.testing.assert_array_equal(bins.assign(bytes_), np.repeat([0, 1, 2], [10, 6, 4]))


@pytest.mark.parametrize("whitening", [False, True])
def test_bytes_in_a_file_give_what_floats_in_memory_give(tmp_path, monkeypatch, whitening):
    x = np.random.RandomState(0).randint(0, 256, (50, 7)).astype("uint8")
    labels = np.arange(50) % 3
    np.save(tmp_path / "x.npy", x)
    whole = bins_of_labels(x.astype("float64"), labels, whitening)
    want = ((x - x.mean(0)) / (x.std(0) + 1e-6) if whitening else x)[labels == 0].mean(0)
    np.testing.assert_allclose(whole.centers[0], want, atol=1e-12)
    monkeypatch.setattr(ndb_module, "_ROWS", 8)
    kept = np.load(tmp_path / "x.npy", mmap_mode="r")
    parts = bins_of_labels(kept, labels, whitening)
    np.testing.assert_allclose(parts.centers, whole.centers, atol=1e-12)
    np.testing.assert_array_equal(parts.assign(kept), whole.assign(x))


def test_bytes_and_floats_of_another_range_are_not_compared():
    bytes_ = np.random.RandomState(0).randint(0, 256, (20, 6)).astype("uint8")
    for train, other, words in ((bytes_, bytes_ / 255, "bytes, 0 to 255, got floats in"),
                                (bytes_ / 127.5 - 1, bytes_, "floats in .-1, 1., got bytes")):
        bins = bins_of_labels(train, np.arange(20) % 2)
        assert ndb(bins, train)["ndb"] == 0
        with pytest.raises(ZooError, match=words):
            ndb(bins, other)
    wide = bins_of_labels(bytes_, np.arange(20) % 2)
    assert ndb(wide, bytes_.astype(float))["jsd"] == ndb(wide, bytes_)["jsd"]


def test_equally_near_bins_give_the_first():
    bins = bins_of_labels([[0.0], [0.0], [2.0]], [7, 7, 3])
    np.testing.assert_array_equal(bins.assign([[1.0], [1.1]]), [0, 1])


def test_the_seed_makes_the_bins():
    pytest.importorskip("sklearn")
    x = np.random.RandomState(0).rand(60, 30)
    a, b, c = (make_bins(x, 4, max_dims=5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a.centers, b.centers)
    np.testing.assert_array_equal(a.used, b.used)
    assert len(a.used) == 5 and list(a.used) != list(c.used)
    same = make_bins(x, np.int64(4), max_dims=np.int32(5), seed=np.int64(1))
    np.testing.assert_array_equal(a.centers, same.centers)


def test_the_starts_of_k_means_are_scikit_learns_and_are_told():
    cluster = pytest.importorskip("sklearn.cluster")
    x, reported = np.random.RandomState(0).rand(80, 6), []
    labels, used = ndb_module.cluster(x, 5, seed=3, progress=lambda *done: reported.append(done))
    whole = cluster.KMeans(5, max_iter=100, n_init=10, random_state=3).fit(x[:, used])
    np.testing.assert_array_equal(labels, whole.labels_)
    assert reported == [(k, 10) for k in range(1, 11)]


def test_only_used_dimensions_are_seen():
    bins = bins_of_labels(samples(3, 2, 1), np.repeat([0, 1, 2], [3, 2, 1]), used=[0])
    assert bins.assign([[90.0, 1e6, 0]]) == [1]


def test_many_dimensions_leave_a_sixth():
    pytest.importorskip("sklearn")
    assert len(make_bins(np.random.RandomState(0).rand(6, 1200), 2).used) == 200


def test_z_test_by_hand():
    # pooled 0.5, error 0.05: z = 2
    p, q = [0.55], [0.45]
    assert not different_proportions(p, 200, q, 200, significance=0.04)[0]
    assert different_proportions(p, 200, q, 200, significance=0.05)[0]
    assert different_proportions(p, 200, q, 200, z_threshold=1.9)[0]
    assert not different_proportions(p, 200, q, 200, z_threshold=2.1)[0]


def test_divergence_of_disjoint_and_equal_shares():
    assert jensen_shannon_divergence([1, 0], [0, 1]) == pytest.approx(np.log(2))
    assert jensen_shannon_divergence([0.3, 0.7, 0], [0.3, 0.7, 0]) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": np.ones([4, 2, 2])}, "shape"),
        ({"samples": np.ones([0, 2])}, "shape"),
        ({"samples": np.full([4, 2], np.nan)}, "finite"),
        ({"bins": 5}, "bins"),
        ({"bins": 2.0}, "bins"),
        ({"max_dims": 3}, "max_dims"),
        ({"max_dims": 0}, "max_dims"),
        ({"seed": -1}, "seed must be a whole number from 0"),
    ],
)
def test_arguments_are_checked(change, message):
    pytest.importorskip("sklearn")
    with pytest.raises(ZooError, match=message):
        make_bins(**{"samples": np.eye(4, 2), "bins": 2, **change})


def test_queries_and_shares_are_checked():
    bins = bins_of_labels(samples(2, 1, 1), [0, 0, 1, 2])
    with pytest.raises(ZooError, match="columns"):
        ndb(bins, np.ones([2, 4]))
    with pytest.raises(ZooError, match="labels"):
        bins_of_labels(samples(2, 1, 1), [0, 1])
    with pytest.raises(ZooError, match="Proportions"):
        jensen_shannon_divergence([0.5, 0.5], [1.0])
    with pytest.raises(ZooError, match="Proportions"):
        jensen_shannon_divergence([2.0], [1.0])
    with pytest.raises(ZooError, match="one sample"):
        different_proportions([1.0], 0, [1.0], 5)
    with pytest.raises(ZooError, match="significance"):
        different_proportions([1.0], 5, [1.0], 5, significance=1)


def test_missing_scikit_learn_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(ZooError, match="pip install"):
        make_bins(samples(2, 2, 2), 2)
