"""Protocols, the published results that follow one, and the verdict of a comparison."""

import numpy as np
import pytest

from tests.support import tiny
from zoo.evaluation.comparison import difference
from zoo.evaluation.dataset import EvaluationDataset
from zoo.evaluation.measures import TRAINED_WITH, Measure
from zoo.evaluation.protocols import PROTOCOLS, count_deviations
from zoo.evaluation.published import PUBLISHED, published
from zoo.evaluation.report import paper_cell


def test_deviations():
    text = PROTOCOLS["msgan_text"]
    assert count_deviations(text, 200, 10, 2000, 2000) == []
    assert len(count_deviations(text, 100, 10, 1000, 2000)) == 2
    label = PROTOCOLS["msgan_label"]
    assert count_deviations(label, 10, 5000, 50000, 50000, 10, 50000) == []
    assert count_deviations(label, 10, 500, 5000, 4000, 10, 50000) == [
        "500 images per condition instead of 5000",
        "5000 generated images instead of 50000", "4000 real images instead of 50000"]
    assert count_deviations(PROTOCOLS["quick"], 10, 4, 40, 512, 10) == []
    assert count_deviations(PROTOCOLS["quick"], 10, 100, 1000, 1000, 10) == [
        "100 images per condition instead of 4", "1000 generated images instead of 40",
        "1000 real images instead of 512"]
    assert count_deviations(PROTOCOLS["quick"], 80, 4, 320, 512, 80) == []  # more than 64
    assert count_deviations(PROTOCOLS["quick"], 64, 4, 256, 512, 80) == [
        "64 conditions instead of 80", "256 generated images instead of 320"]
    assert count_deviations(label, 100, 5000, 500000, 70000, 100, 70000) == []  # all of the data
    assert count_deviations(PROTOCOLS["xmc_gan"], 30000, 1, 30000, 30000, None, 40504) == []


def test_captions_are_repeated_if_the_protocol_says_so():
    data = EvaluationDataset("shapes", "captions", {"data.count": 3})
    model = tiny.attn_gan(compiled=False)
    once, _ = data.conditions(model, 30)
    again, _ = data.conditions(model, 30, repeat=True)
    assert len(once) <= 9 and len(again) == 30 and set(again.names) == set(once.names)
    times = np.unique(again.names, return_counts=True)[1]
    assert times.min() >= 30 // len(once) and len(times) == len(set(once.names))
    few, more = (data.conditions(model, len(once) + n, repeat=True)[0] for n in (-1, 1))
    assert len(few) == len(once) - 1 and more.names[:len(once)] == once.names
    captions, labels, images = once.pool()
    assert len(captions) == len(labels) == len(images) == len(once)


def test_published_results_are_shown_for_the_same_network_only():
    fid = "fid[inception-2015]"
    assert {row.value for row in published("AttnGAN", "birds", fid)} == {"14.01", "23.98"}
    assert published("AttnGAN", "birds", f"{fid}, class x") == []

    def cell(metric, family, name="attngan", warnings=(), data="birds"):
        entry = {"metric": metric, "warnings": warnings,
                 "protocol": {"family": family, "name": name}}
        return paper_cell(entry, "AttnGAN", data)

    assert cell(fid, "inception-2015").startswith("14.01 (README")
    assert not cell(fid, "inception-2015").endswith("measured with another protocol")
    assert cell(fid, "inception-2015", "quick").endswith("measured with another protocol")
    assert cell(fid, "inception-2015", warnings=["few"]).endswith("with another protocol")
    assert cell("fid[damsm_emoji_64]", "").startswith("not comparable")
    assert cell(fid, "inception-2015", data="shapes") == ""
    assert cell("r_precision[mine]", "").startswith("not comparable")
    precision = cell("r_precision[mine]", "the paper's DAMSM", warnings=[TRAINED_WITH])
    assert precision.startswith("67.82") and "another protocol" not in precision  # as in the paper


def test_what_the_published_numbers_are_of():
    def cell(metric):
        entry = {"metric": metric, "warnings": (),
                 "protocol": {"family": "keras-inception-v3", "name": "xmc_gan"}}
        return paper_cell(entry, "XMCGAN", "coco")

    readme = "10.5 to 11.0 (README of XMC-GAN's repository, 128 pixels)"
    assert cell("fid[keras-inception-v3]") == readme
    assert cell("inception_score[keras-inception-v3]").startswith("not comparable")
    dm_gan = [row for row in PUBLISHED if row.system == "DMGAN"]
    assert dm_gan and all(row.source.startswith("without mode seeking") for row in dm_gan)


def test_the_better_one_is_ahead():
    rng = np.random.default_rng(0)
    low, high = (Measure("x", rng.normal(m, 1, (50, 1)), np.mean, {}, "lower") for m in (0, 5))
    assert difference(low, high, 50, 0, True)["ahead"] == "A"
    high.better = low.better = "higher"
    assert difference(low, high, 50, 0, True)["ahead"] == "B"
    assert "ahead" not in difference(low, low, 50, 0, False)


@pytest.mark.parametrize(("a", "b", "common", "words"), [
    ({"generated": 50}, {"generated": 60}, [], "generated: 50 and 60"),
    ({"network": {"name": "x", "sha256": "0"}}, {"network": {"name": "x", "sha256": "1"}}, [],
     "network, sha256: 0 and 1"),
    ({"bins": 20}, {}, [], "bins: 20 and None"),
    ({}, {}, ["seed: 0 and 1"], "seed: 0 and 1"),
])
def test_nothing_is_ahead_of_what_was_measured_in_another_way(a, b, common, words):
    rng = np.random.default_rng(0)
    low, high = (Measure("x", rng.normal(m, 1, (50, 1)), np.mean, facts, "lower")
                 for m, facts in ((0, a), (5, b)))
    row = difference(low, high, 50, 0, True, common)
    assert row["differ"] == [words] and "ahead" not in row and row["interval_95"][1] < 0
