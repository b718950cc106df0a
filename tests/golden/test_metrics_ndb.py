"""Golden parity of NDB and the Jensen-Shannon divergence; k-means itself is not compared."""

import re

import numpy as np
import pytest

from tests.golden.golden import Case
from zoo.metrics.ndb import (
    bins_of_labels,
    different_proportions,
    jensen_shannon_divergence,
    make_bins,
    ndb,
)


def official_order(case, bins):
    """Our index of each official bin: the order of bins of equal size depends on the machine."""
    distances = ((case.outputs["bin_centers"][:, None] - bins.centers) ** 2).sum(-1)
    order = distances.argmin(1)
    assert sorted(order) == list(range(len(bins.centers)))
    assert (np.diff(bins.proportions) <= 0).all()
    return order


@pytest.mark.parametrize("name", ["ndb_plain", "ndb_whiten", "ndb_z3_maxdims", "ndb_highdim"])
def test_bins_of_known_clusters(name):
    case = Case("metrics", name)
    train, used = case.inputs["train"], case.outputs["used_d_indices"]
    bins = bins_of_labels(train, case.outputs["kmeans_labels"], case.meta["whitening"], used)
    order = official_order(case, bins)
    case.check("bin_centers", bins.centers[order])
    case.check("bin_proportions", bins.proportions[order])
    case.check("mean", bins.mean)
    case.check("std", bins.deviation)
    for query in (key for key in case.inputs if key != "train"):
        got = ndb(bins, case.inputs[query], z_threshold=case.meta["z_threshold"])
        nearest = bins.assign(case.inputs[query])
        case.check(f"{query}/assignment", np.argsort(order)[nearest])
        case.check(f"{query}/proportions", got["proportions"][order])
        case.check(f"{query}/different_bins", got["different"][order])
        case.check(f"{query}/NDB", got["ndb"])
        case.check(f"{query}/JS", got["jsd"])
    case.check_all_seen(ignore="^(kmeans_labels|used_d_indices)$")


def test_own_bins_have_the_official_form():
    pytest.importorskip("sklearn")
    case = Case("metrics", "ndb_highdim")
    meta = case.meta
    bins = make_bins(case.inputs["train"], meta["bins"], meta["whitening"], meta["max_dims"])
    assert bins.centers.shape == case.outputs["bin_centers"].shape
    assert len(np.unique(bins.used)) == len(bins.used) == len(case.outputs["used_d_indices"])


def test_z_test_and_divergence():
    case = Case("metrics", "ndb_ztest")
    for row, (p_count, q_count) in case.meta["rows"].items():
        p, q = (case.inputs[f"{row}/{name}"] for name in ("p1", "p2"))
        for key in [k for k in case.outputs if k.startswith(f"{row}/") and not k.endswith("/js")]:
            kind, number = re.fullmatch(r"(sig|z)(\d+)", key.removeprefix(f"{row}/")).groups()
            rule = (float(f"0.{number}"), None) if kind == "sig" else (0.05, float(number))
            case.check(key, different_proportions(p, p_count, q, q_count, *rule))
        case.check(f"{row}/js", jensen_shannon_divergence(p, q))
    case.check_all_seen()
