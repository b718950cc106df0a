"""Recording of results in a preset's metadata and model card."""

import pytest

from recipes import evaluate
from tests.models.test_dcgan import dcgan
from tests.recipes.test_evaluate import command
from tests.support import tiny
from zoo.errors import ZooError
from zoo.evaluation.record import OF_EVALUATION, record, results, writable_directory
from zoo.models.feature_encoder import FeatureEncoder
from zoo.presets import read_metadata, registry

OF_ALL = {"conditions": 4, "samples_per_condition": 2, "generated": 8, "real": 24,
          "real_pictures": "shapes test"}
REPORT = {
    "protocol": {"name": "quick"}, "resolution": 16, "seed": 3, "subject": {},
    "results": [
        {"metric": "fid[zoo-a-encoder]", "value": 12.34567, "interval_95": [10.11111, 14.0],
         "warnings": ["only 24 real images"],
         "protocol": {**OF_ALL, "network": {"name": "zoo-a-encoder", "sha256": "ab" * 32}}},
        {"metric": "ndb", "value": 3.0, "warnings": [], "protocol": {**OF_ALL, "bins": 20}},
        {"metric": "mode_coverage[zoo-a-encoder]", "value": 0.5, "warnings": [],
         "ideal_share": 0.9, "on_caption": 0.8, "protocol": {
             **OF_ALL, "modes_of_a_condition": 2.5,
             "classifier": {"accuracy": 0.75, "accuracy_of": "24 images"}}},
    ],
}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card") / "preset"
    old = {"metric": "loss", "value": 1.5, "protocol": "by hand"}
    tiny.attn_gan(compiled=False).save_to_preset(folder, {"results": [old]})
    return folder


def test_every_result_has_its_protocol_as_text():
    fid, ndb, coverage = results(REPORT)
    assert fid["value"] == 12.35 and fid["interval_95"] == [10.11, 14.0]
    assert fid["network_sha256"] == "ab" * 32 and len(fid["date"]) == 10
    for words in ("--protocol=quick", "8 generated (4 conditions x 2)", "24 real images of ",
                  "16 pixels, seed 3", "10.11 to 14", "sha256 abab", "only 24 real images"):
        assert words in fid["protocol"]
    assert "20 bins" in ndb["protocol"] and "interval_95" not in ndb and repr(ndb["value"]) == "3"
    for words in ("2.5 true modes", "would reach 0.9", "0.8 of the images", "0.75 of 24"):
        assert words in coverage["protocol"]


def test_a_second_evaluation_replaces_the_first(preset):
    record(str(preset), REPORT)
    other = {**REPORT, "protocol": {"name": "msgan_text"}, "results": REPORT["results"][1:2]}
    record(str(preset), other)
    record(str(preset), {**REPORT, "results": REPORT["results"][:1]})
    found = read_metadata(preset)["results"]
    assert [(r["metric"], r.get(OF_EVALUATION)) for r in found] == [
        ("loss", None), ("ndb", "msgan_text"), ("fid[zoo-a-encoder]", "quick")]
    text = (preset / "README.md").read_text()
    assert "| fid[zoo-a-encoder] | 12.35 | recipes.evaluate --protocol=quick: 8 generated" in text
    assert "| loss | 1.5 | by hand |" in text


def test_the_flag(tmp_path):
    classes = ["circle", "square", "triangle", "star", "ring", "cross"]
    dcgan(compiled=False, classes=6, class_names=classes).save_to_preset(tmp_path / "gan")
    FeatureEncoder(classes, "zoo-tiny-encoder", 16, 4, 2).save_to_preset(tmp_path / "encoder")
    options = {
        "data": "shape_classes", "encoder": [str(tmp_path / "encoder")],
        "samples_per_condition": 2, "real": 24, "bins": 3, "out": str(tmp_path / "out"),
        "bootstrap": 0, "record": True, "preset": str(tmp_path / "gan"),
    }
    evaluate.run(command(**options))
    found = {entry["metric"]: entry for entry in read_metadata(tmp_path / "gan")["results"]}
    assert {"fid[zoo-tiny-encoder]", "ndb", "jsd", "pair_distance"} <= set(found)
    assert "12 generated (6 conditions x 2)" in found["ndb"]["protocol"]
    options |= {"images": "images", "preset": None}
    with pytest.raises(ZooError, match="--record writes into a preset"):
        evaluate.run(command(**options))


def test_remote_presets_are_rejected(preset):
    assert writable_directory(str(preset)) == str(preset)
    assert writable_directory("damsm_emoji_64") == registry.builtin_directory("damsm_emoji_64")
    with pytest.raises(ZooError, match="hf://a/b is remote"):
        writable_directory("hf://a/b")


def test_each_direction_has_its_own_results(tmp_path):
    folder, value = tmp_path / "preset", {"metric": "ndb", "warnings": [], "protocol": OF_ALL}
    old = {"metric": "ndb", "value": 9, "protocol": "of some direction", OF_EVALUATION: "quick"}
    dcgan(compiled=False).save_to_preset(folder, {"results": [old]})
    for number, direction in enumerate(("a2b", "b2a", "a2b")):
        record(folder, {**REPORT, "subject": {"direction": direction},
                        "results": [{**value, "value": number}]})
    found = read_metadata(folder)["results"]
    assert [(r["value"], r["direction"]) for r in found] == [(1, "b2a"), (2, "a2b")]
    assert all(f"; direction {r['direction']}" in r["protocol"] for r in found)
