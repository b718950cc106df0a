"""`recipes.evaluate` from options to files, with a tiny preset of each kind."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from recipes import evaluate
from tests.models.test_dcgan import dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_drit import drit
from zoo.data.sources.shapes import VALUES
from zoo.errors import ZooError
from zoo.evaluation import mode_coverage
from zoo.evaluation.evaluators import EvaluatorFiles
from zoo.evaluation.options import Options
from zoo.models.feature_encoder import FeatureEncoder

DEFAULTS = {
    "encoder": ["damsm"], "bootstrap": 5, "conditions": 4, "samples_per_condition": 2, "real": 24,
    "bins": 3,
}
OF_IMAGES = {"conditions": None, "samples_per_condition": None}  # with --images


def command(**settings):
    """A `Command` with these flags; the defaults of all others."""
    default = {
        field.name: field.default
        for part in (evaluate.Command, Options, EvaluatorFiles)
        for field in dataclasses.fields(part)
    }
    return evaluate.command_of(lambda name: settings.get(name, default[name]))


@pytest.fixture(scope="module", autouse=True)
def few_images():
    """The accuracy of the classifier of shapes is measured on 24 images instead of 512."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mode_coverage, "REAL", 24)
        yield


@pytest.fixture(scope="module")
def models():
    return {
        "damsm": tiny.damsm(),
        "text": tiny.attn_gan(compiled=False),
        "nothing": tiny.stackgan_v2("none", compiled=False),
        "labels": dcgan(compiled=False),
        "pairs": tiny_images.pix2pix(compiled=False),
        "fixed": tiny_images.pix2pix(compiled=False, latent_dim=0),
        "domains": drit(compiled=False),
    }


@pytest.fixture
def run(models, monkeypatch, tmp_path):
    """options -> (report, folder)."""
    monkeypatch.setattr("zoo.presets.from_preset", lambda name, **_: models[name])

    def call(**options):
        folder = tmp_path / options.pop("to", "out")
        defaults = {**DEFAULTS, **(OF_IMAGES if "images" in options else {})}
        text = evaluate.run(command(**{**defaults, "out": str(folder), **options}))
        path = folder / "report.json"
        return (json.loads(path.read_text()) if path.exists() else text), folder

    return call


def values(report):
    return {entry["metric"]: entry["value"] for entry in report["results"]}


@pytest.mark.parametrize(("preset", "data", "generated"), [
    ("text", "shapes", 8), ("nothing", "shapes", 8), ("labels", "shape_classes", 8),
    ("pairs", "shape_pairs", 8), ("domains", "shape_domains", 8), ("fixed", "shape_pairs", 4),
])
def test_every_kind_of_preset(run, preset, data, generated):
    report, folder = run(preset=preset, data=data)
    found = values(report)
    assert {"fid[damsm]", "ndb", "jsd"} <= set(found) and all(np.isfinite(list(found.values())))
    assert report["subject"]["generated"] == generated and report["data"]["count"] == 24
    assert ("pair_distance" in found) == (preset != "fixed")
    assert ("r_precision[damsm]" in found) == (preset == "text")
    known = preset in ("text", "labels", "pairs", "fixed")
    assert ("mode_coverage[shape-templates]" in found) == known
    assert "instead of" in " ".join(report["warnings"])
    for entry in report["results"]:
        assert set(report["warnings"]) <= set(entry["warnings"])
        record = entry["protocol"]
        assert record["real"] and record["resolution"] and record["seed"] == 0
        looked_at = {"real": "held-out (test)"}
        if preset not in ("nothing", "labels"):  # these need no images
            looked_at["conditions"] = "held-out (test)"
        assert record["data_splits"] == looked_at and "pixels" in record["real_input"]
        assert record["versions"] == report["versions"]
        assert "seconds" in entry and (entry["metric"] != "fid[damsm]"
                                       or len(record["network"]["sha256"]) == 64)
    assert report["versions"]["tensorflow"] and report["command"]
    names = {path.name for path in folder.iterdir()}
    assert {"report.json", "report.md", "grid.png", "ndb.png"} <= names
    assert ("interpolation.png" in names) == (preset != "fixed")
    text = (folder / "report.md").read_text()
    assert "fid[damsm]" in text and "lpips: `lpips_trunk`" in text or preset == "fixed"


def test_images_and_features_are_reused(run, models, monkeypatch):
    first, folder = run(preset="text", data="shapes")
    kept = sorted(path.name for path in (folder / "cache").iterdir())
    assert [name.split("-")[0] for name in kept] == ["clusters", *["features"] * 3, "generated"]
    for place in ("zoo.evaluation.feature_networks.FeatureNetwork.__call__",
                  "zoo.evaluation.ndb.cluster"):
        monkeypatch.setattr(place, None)  # neither a network nor k-means runs
    monkeypatch.setattr(models["text"], "generate", None)
    again, _ = run(preset="text", data="shapes")
    assert values(again) == values(first)
    assert sorted(path.name for path in (folder / "cache").iterdir()) == kept


def test_styles_of_captions_are_modes(run, models, tmp_path):
    """As for the emoji: one caption in several styles, and a classifier of styles."""
    rng, rows = np.random.default_rng(0), []
    for number, (caption, style) in enumerate([("a red circle", "blob"), ("a red circle", "noto"),
                                               ("a blue square", "noto")] * 4):
        name = f"{style}_{number}.png"
        rows.append(json.dumps({"file_name": name, "text": caption, "style": style}))
        image = Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8))
        (tmp_path / "data").mkdir(exist_ok=True)
        image.save(tmp_path / "data" / name)
    (tmp_path / "data" / "metadata.jsonl").write_text("\n".join(rows))
    models["styles"] = FeatureEncoder(["blob", "noto"], "zoo-styles-encoder", 16, 4, 2)
    report, _ = run(preset="text", data=f"folder:{tmp_path / 'data'}", encoder=["damsm", "styles"],
                    real=12)
    found = {entry["metric"]: entry for entry in report["results"]}
    made = found["mode_coverage[zoo-styles-encoder]"]
    assert 0 <= made["value"] <= 1 and made["protocol"]["modes"] == ["style"]
    assert made["protocol"]["modes_of_a_condition"] in (1.25, 1.5, 1.75)
    assert 0 <= made["classifier_accuracy"] <= 1
    assert {"fid[damsm]", "fid[zoo-styles-encoder]", "r_precision[damsm]"} <= set(found)
    assert "inception_score[zoo-styles-encoder]" in found


def test_strict_fails_before_an_image_is_generated(run, models, monkeypatch):
    monkeypatch.setattr(models["text"], "generate", None)
    with pytest.raises(ZooError, match="--strict: the protocol quick is not met: .*4 conditions"):
        run(preset="text", data="shapes", strict=True)


def test_weights_that_are_not_finite_are_rejected(run, models):
    name, variable = next(iter(models["fixed"].preset_variables().items()))
    before = variable.numpy()
    variable.assign(before * np.nan)
    try:
        with pytest.raises(ZooError, match=f"The weights {name} of fixed are not finite"):
            run(preset="fixed", data="shape_pairs")
    finally:
        variable.assign(before)


def test_a_folder_against_a_folder(run, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("fake", "real"):
        (tmp_path / name).mkdir()
        for number in range(6):
            image = rng.integers(0, 256, (20, 20, 3), np.uint8)
            Image.fromarray(image).save(tmp_path / name / f"{number}.png")
    report, _ = run(images=str(tmp_path / "fake"), data=str(tmp_path / "real"))
    assert report["subject"]["generated"] == 6 and report["resolution"] == 20
    same, _ = run(images=str(tmp_path / "real"), data=str(tmp_path / "real"), to="same")
    assert abs(values(same)["fid[damsm]"]) < 1e-6 < values(report)["fid[damsm]"]
    Image.fromarray(image[:10, :10]).save(tmp_path / "fake" / "small.png")
    with pytest.raises(ZooError, match="images of 2 sizes.*--size"):
        run(images=str(tmp_path / "fake"), data=str(tmp_path / "real"), to="mixed")
    report, _ = run(images=str(tmp_path / "fake"), data=str(tmp_path / "real"), size=16, to="sized")
    assert report["resolution"] == 16 and report["subject"]["generated"] == 7
    np.save(tmp_path / "bad.npy", np.full([3, 8, 8, 3], 5.0))
    with pytest.raises(ZooError, match="outside of .-1, 1."):
        run(images=str(tmp_path / "bad.npy"), data=str(tmp_path / "real"), to="bad")


@pytest.mark.parametrize("data", ["images", "classes"])
def test_a_damaged_image_is_named_with_advice_of_this_program(run, tmp_path, data):
    for split in ("train", "test"):
        for number in range(3):
            path = tmp_path / "images" / split / "cat" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros([20, 20, 3], np.uint8)).save(path)
    np.save(tmp_path / "fine.npy", np.zeros([4, 20, 20, 3], np.uint8))
    path.write_bytes(path.read_bytes()[:40])
    where = {"images": {"images": str(tmp_path / "images"), "data": str(tmp_path / "fine.npy")},
             "classes": {"images": str(tmp_path / "fine.npy"),
                         "data": f"classes:{tmp_path / 'images'}"}}[data]
    with pytest.raises(ZooError, match=r"2\.png: does not decode .*Fix it or take") as caught:
        run(**where)
    assert "on_error" not in str(caught.value)


def test_the_direction_is_reported(run):
    for direction in ("a2b", "b2a"):
        report, folder = run(preset="domains", data="shape_domains", direction=direction)
        assert report["subject"]["direction"] == direction
        assert all(e["protocol"]["direction"] == direction for e in report["results"])
        assert f"- Direction: {direction}" in (folder / "report.md").read_text()


def test_strict_rejects_more_than_the_protocol(run, models, monkeypatch):
    monkeypatch.setattr(models["labels"], "generate", None)
    with pytest.raises(ZooError, match="--strict: .*: 5 images per condition instead of 4"):
        run(preset="labels", data="shape_classes", conditions=None, samples_per_condition=5,
            real=512, bins=20, strict=True)


def test_messages_name_flags():
    assert evaluate.with_flags("`real`, `per_class=False`, `source=NAME:PATH`, `other`") == (
        "--real, --noper_class, --data=NAME:PATH, `other`")


def test_folders_of_classes(run, tmp_path):
    rng = np.random.default_rng(0)
    for number, name in enumerate(VALUES["shape"] * 2):
        (tmp_path / "fake" / name).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8))
        image.save(tmp_path / "fake" / name / f"{number}.png")
    Image.fromarray(np.zeros([60, 60, 3], np.uint8)).save(tmp_path / "fake" / "grid.png")
    report, _ = run(images=str(tmp_path / "fake"), data="shape_classes", real=200, per_class=True)
    assert report["subject"]["generated"] == 12  # without the grid
    found = values(report)
    assert {"fid[damsm], class circle", "ndb, class square", "jsd, mean over classes"} <= set(found)
    with pytest.raises(ZooError, match='no image of the class "square".*--noper_class'):
        shutil.rmtree(tmp_path / "fake" / "square")
        run(images=str(tmp_path / "fake"), data="shape_classes", real=200, per_class=True, to="few")


def test_many_samples_are_generated_in_parts(run, models):
    report, folder = run(preset="labels", data="shape_classes", conditions=1, real=20, bootstrap=0,
                         samples_per_condition=70)
    (kept,) = (folder / "cache").glob("generated-*")
    np.testing.assert_array_equal(np.load(kept), models["labels"].generate([0], 70, seed=0))


def test_per_class_evaluation(run):
    report, _ = run(preset="labels", data="shape_classes", samples_per_condition=5, real=200,
                    per_class=True, bootstrap=0)
    found = values(report)
    classes = [name for name in found if name.startswith("fid[damsm], class")]
    assert len(classes) == 4 and "ndb, mean over classes" in found
    mean = np.mean([found[name] for name in found if name.startswith("ndb, class")])
    assert found["ndb, mean over classes"] == pytest.approx(mean)
    assert not any("interval_95" in entry for entry in report["results"])


def test_comparison_of_two_presets(run, models, monkeypatch):
    text, folder = run(compare=["text", "nothing"], data="shapes")
    result = json.loads((folder / "compare.json").read_text())
    rows = {row["metric"]: row for row in result["rows"]}
    fid = rows["fid[damsm]"]
    assert fid["difference"] == pytest.approx(fid["a"] - fid["b"])
    assert fid["interval_95"][0] <= fid["difference"] <= fid["interval_95"][1]
    assert "| fid[damsm] |" in text and (folder / "ndb.png").exists()
    assert (folder / "a" / "report.json").exists() and (folder / "b" / "report.json").exists()
    twice, folder = run(compare=["text", "text"], data="shapes", to="twice")
    result = json.loads((folder / "compare.json").read_text())
    assert result["paired"]
    assert all(row["difference"] == 0 == row["interval_95"][1] for row in result["rows"])
    with pytest.raises(ZooError, match="different real images"):
        run(compare=["text", "labels"], data="shapes", to="other", per_class=False)


@pytest.mark.parametrize(("options", "message"), [
    ({}, "Give one of --preset"),
    ({"preset": "text", "images": "x"}, "Give one of --preset"),
    ({"compare": ["text"]}, "takes two presets, got 1"),
    ({"preset": "text", "protocol": "msgan"}, "--protocol must be one of"),
    ({"preset": "text", "real": 1}, "--real must be at least 2"),
    ({"preset": "text", "data": "shapes", "strict": True}, "--strict: .*instead of 64"),
    ({"preset": "text", "data": "shapes", "protocol": "msgan_label"}, "protocol is for labels"),
    ({"preset": "damsm", "data": "shapes"}, "generates no images"),
    ({"preset": "text", "data": "shapes", "encoder": ["labels"]}, "a preset of a DAMSM"),
    ({"preset": "text", "lpips_trunk": "x"}, "both files"),
    ({"preset": "text", "soa_captions": "x"}, "needs --detector"),
    ({"preset": "text", "captions_per_label": 3}, "--captions_per_label needs --detector"),
    ({"images": "x"}, "--data is missing"),
    ({"images": "no", "data": "shapes"}, "no"),
    ({"preset": "labels", "data": "shape_classes", "condition_split": "x"}, "--condition_split .x"),
    ({"preset": "text", "data": "shapes", "protocol": "xmc_gan", "folds": "exact"}, "--folds .ex"),
    ({"preset": "text", "data": "shapes", "encoder": ["damsm", "damsm"]}, "Two networks have the"),
    ({"preset": "text", "data": "nowhere.zip"}, "nowhere.zip"),
    ({"preset": "text", "data": "shapes", "protocol": "msgan_text", "encoder": []},
     "one of three: --inception=PATH.*tfgan.*--inception=keras.*--encoder=PRESET"),
    ({"preset": "text", "data": "shapes", "inception": "none.npz"}, "none.npz does not exist"),
])
def test_user_errors(run, tmp_path, options, message):
    with pytest.raises(ZooError, match=message):
        run(**options)
    assert not (tmp_path / "out" / "report.json").exists()


def test_an_encoder_of_the_zoo_is_not_inception(run):
    report, _ = run(preset="text", data="shapes", protocol="msgan_text", real=20)
    assert any("encoder of this zoo instead of Inception" in text for text in report["warnings"])
    assert any("no LPIPS" in text for text in report["warnings"])


def test_compare_takes_two_arguments():
    assert evaluate.joined(["p", "--compare", "a", "b", "--out=x"]) == [
        "p", "--compare=a", "--compare=b", "--out=x"]
    assert evaluate.joined(["p", "--compare", "a", "--out=x"]) == ["p", "--compare=a", "--out=x"]
    assert evaluate.joined(["p", "--preset=a"]) == ["p", "--preset=a"]


def test_every_flag_is_read():
    read = []
    evaluate.command_of(read.append)
    assert sorted(read) == sorted(flag.name for flag in evaluate.flags)
