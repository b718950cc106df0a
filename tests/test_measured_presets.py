"""examples/measure_presets.py and its page, with the results of every built-in generator."""

import functools
import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from absl import flags

from tests.support.label_maps import cells_to_map, write_facades
from zoo.errors import ZooError
from zoo.evaluation.measures import TRAINED_WITH
from zoo.evaluation.record import OF_EVALUATION
from zoo.evaluation.report import number
from zoo.presets import read_metadata

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def program():
    path = ROOT / "examples" / "measure_presets.py"
    spec = importlib.util.spec_from_file_location("measure", path)
    module = importlib.util.module_from_spec(spec)
    own = functools.partial(flags.DEFINE_string, flag_values=flags.FlagValues())
    with pytest.MonkeyPatch.context() as patch:  # other programs of this process define --out too
        patch.setattr(flags, "DEFINE_string", own)
        spec.loader.exec_module(module)
    return module


def test_the_page_holds_what_the_cards_say(program):
    page = program.PAGE.read_text("utf-8")
    for name in program.generators():
        found = [r for r in read_metadata(name)["results"] if r.get(OF_EVALUATION) == "quick"]
        assert found, f"{name} was not measured: run examples/measure_presets.py"
        assert f"--preset={name}" in page
        for result in found:
            rows = [r for r in page.splitlines() if r.startswith(f"| `{result['metric']}` |")]
            assert any(f" {number(result['value'])} " in row for row in rows)
            note = f"- `{result['metric']}` of {name}: {TRAINED_WITH}."
            assert (note in page) == (TRAINED_WITH in result["protocol"])


def test_a_table_and_its_notes(program):
    def entry(metric, value, warnings=(), **more):
        return {"metric": metric, "value": value, "better": "lower", "warnings": list(warnings),
                "protocol": more.pop("protocol", {}), **more}

    columns = {
        "real images": {"warnings": [], "results": [entry("fid[a]", 1.0)]},
        "model": {"warnings": ["few classes"], "results": [
            entry("fid[a]", 12.34567, ["few classes", "few images"], interval_95=[11.0, 14.0]),
            entry("mode_coverage[a]", 0.5, ideal_share=0.9, on_caption=0.8, protocol={
                "modes_of_a_condition": 2.5,
                "classifier": {"accuracy": 0.75, "accuracy_of": "24 images"}}),
            entry("r_precision[a]", 0.6, real_accuracy=0.95),
        ]},
    }
    assert program.table(columns)[2:] == [
        "| `fid[a]` | lower | 1 | 12.35 (11 to 14) |", "| `mode_coverage[a]` | lower |  | 0.5 |",
        "| `r_precision[a]` | lower | 0.95 | 0.6 |"]
    assert program.table({"model": columns["model"]})[-1] == "| `r_precision[a]` | lower | 0.6 |"
    *first, second = program.notes(columns)
    assert first == ["- model: few classes.", "- `fid[a]` of model: few images."]
    for words in ("2.5 true modes", "would reach 0.9", "0.8 of the images", "0.75 of 24 image"):
        assert words in second


def test_families_are_those_that_have_presets(program):
    names = ["pix2pix_facades_128", "dm_gan_emoji_64", "bicyclegan_facades_128",
             "drit_ms_emoji_styles_64", "other_shapes_32"]
    assert program.families(names) == {
        "emoji": ["dm_gan_emoji_64"], "facades": ["pix2pix_facades_128", "bicyclegan_facades_128"],
        "styles": ["drit_ms_emoji_styles_64"]}
    flags_of = {family["data"] for family in program.FAMILIES.values()}
    assert set(program._DATA) == flags_of == {"emoji", "cifar10", "facades"}


def test_pairs_are_those_with_and_without_mode_seeking(program):
    names = ["attn_gan_emoji_64", "dm_gan_ms_emoji_64", "dm_gan_emoji_64", "dcgan_ms_cifar10_32"]
    assert program.pairs(names) == [("dm_gan_emoji_64", "dm_gan_ms_emoji_64")]


def test_only_known_presets(program, monkeypatch):
    monkeypatch.setattr(program, "_ONLY", SimpleNamespace(value=["dm_gan_emoji_46"]))
    with pytest.raises(ZooError, match='--only must be one of.*mean "dm_gan_emoji_64"'):
        program.main([])


def test_only_new_presets_are_evaluated(program, tmp_path, monkeypatch):
    monkeypatch.setattr(type(program._ONLY), "value", ["new"])
    ran = []
    monkeypatch.setattr(
        program.subprocess, "run", lambda call: ran.append(call) or SimpleNamespace(returncode=0))
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(f'{{"name": "{name}"}}')
        report = program.evaluate(tmp_path / name, tmp_path, f"--preset={name}")
        assert report == {"name": name}
    program.evaluate(tmp_path / "missing", tmp_path, "--preset=missing")
    assert [call[3] for call in ran] == ["--preset=new", "--preset=missing"]


def test_real_images_of_a_translation_are_its_targets(program, tmp_path, monkeypatch):
    cells = write_facades(tmp_path / "data", {"train": 3, "test": 2})
    monkeypatch.setattr(
        "zoo.presets.read_metadata", lambda name: {"training": {"data.direction": "b2a"}}
    )
    report = {"resolution": 32, "subject": {"generated": 2}}
    data = f"pairs:{tmp_path / 'data'}"
    images, held_out = program.real_images("facades", data, "p", report, tmp_path)
    photos = {split: [cells_to_map(one, 4) // 2 for one in of] for split, of in cells.items()}
    found = np.load(held_out.removeprefix("--data="))
    np.testing.assert_array_equal(found, photos["test"])
    train = np.load(images.removeprefix("--images="))
    assert len(train) == 2 and all(
        any(np.array_equal(one, photo) for photo in photos["train"]) for one in train)
