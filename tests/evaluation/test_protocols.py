"""Protocols, the published results that follow one, and the verdict of a comparison."""

import numpy as np

from tests.support import tiny
from zoo.evaluation.comparison import difference
from zoo.evaluation.dataset import EvaluationDataset
from zoo.evaluation.measures import Measure
from zoo.evaluation.protocols import PROTOCOLS, count_deviations
from zoo.evaluation.published import published
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


def test_captions_are_repeated_if_the_protocol_says_so():
    data = EvaluationDataset("shapes", "captions", {"data.count": 3})
    model = tiny.attn_gan(compiled=False)
    once, _ = data.conditions(model, 30)
    again, _ = data.conditions(model, 30, repeat=True)
    assert len(once) <= 9 and len(again) == 30 and set(again.names) == set(once.names)
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
    assert cell("r_precision[mine]", "the paper's DAMSM").startswith("67.82")


def test_the_better_one_is_ahead():
    rng = np.random.default_rng(0)
    low, high = (Measure("x", rng.normal(m, 1, (50, 1)), np.mean, {}, "lower") for m in (0, 5))
    assert difference(low, high, 50, 0, True)["ahead"] == "A"
    high.better = low.better = "higher"
    assert difference(low, high, 50, 0, True)["ahead"] == "B"
    assert "ahead" not in difference(low, low, 50, 0, False)
