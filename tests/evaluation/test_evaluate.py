"""The Python API of evaluations, for models, sets of images and sources."""

import dataclasses
import json

import numpy as np
import pytest

import zoo
from tests.models.test_dcgan import dcgan
from tests.support import tiny
from tests.support.folders import save
from tests.support.photos import Photos
from tests.support.tiny_images import pix2pix
from zoo.data import ShapeClasses, ShapePairs, Shapes
from zoo.errors import ZooError
from zoo.evaluation import (
    PROTOCOLS,
    compare,
    evaluate,
    from_array,
    open_evaluators,
)
from zoo.evaluation.dataset import EvaluationDataset
from zoo.evaluation.identity import variables_digest
from zoo.evaluation.measures import TRAINED_WITH
from zoo.images.crop import unfiltered

FEW = {"conditions": 4, "samples_per_condition": 2, "real": 24, "bins": 3, "bootstrap": 5}
pytestmark = pytest.mark.usefixtures("few_images")


@pytest.fixture(scope="module")
def evaluators():
    return open_evaluators(encoder=(tiny.damsm(),), show=False)


@pytest.fixture(scope="module")
def model():
    return tiny.attn_gan(compiled=False)


@pytest.fixture(scope="module")
def evaluation(model, evaluators):
    return evaluate(model, "shapes", evaluators=evaluators, **FEW)


def test_results_are_plain_and_have_intervals(evaluation, model):
    fid = evaluation["fid[damsm]"]
    assert fid["value"] > 0 and fid["interval_95"][0] < fid["value"] < fid["interval_95"][1]
    assert fid["protocol"]["generated"] == 8 and fid["better"] == "lower"
    assert evaluation.warnings and set(evaluation.warnings) <= set(fid["warnings"])
    assert {"ndb", "jsd", "pair_distance", "r_precision[damsm]"} <= {
        result["metric"] for result in evaluation.results}
    precision = evaluation["r_precision[damsm]"]
    assert precision["real_accuracy"] in (0, 0.25, 0.5, 0.75, 1)
    assert "captions' own images of shapes" in precision["protocol"]["accuracy_of_real"]
    assert "(of real images: " in evaluation.text and " +- " in evaluation.text
    assert "lpips" in evaluation.not_measured and "fid[damsm]" in evaluation.text
    json.dumps(evaluation.report)
    assert evaluation.report["subject"]["class"] == "AttnGAN"
    with pytest.raises(ZooError, match='"fid" was not measured: expected one of fid'):
        evaluation["fid"]


def test_each_protocol_has_a_function(model, evaluators, evaluation):
    for name in PROTOCOLS:
        assert callable(getattr(zoo.evaluation, name)), name
    same = zoo.evaluation.quick(model, "shapes", evaluators=evaluators, **FEW)
    assert [r["value"] for r in same.results] == [r["value"] for r in evaluation.results]
    text = zoo.evaluation.msgan_text(model, "shapes", evaluators=evaluators, **FEW)
    assert text.report["protocol"]["name"] == "msgan_text"
    assert any("encoder of this zoo instead of Inception" in line for line in text.warnings)
    with pytest.raises(ZooError, match="this protocol is for labels"):
        zoo.evaluation.msgan_label(model, "shapes", evaluators=evaluators, **FEW)


def test_it_writes_the_files_of_the_program(evaluation, tmp_path):
    evaluation.write(tmp_path / "report")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"report.json", "report.md", "grid.png", "ndb.png", "interpolation.png"}
    read = json.loads((tmp_path / "report" / "report.json").read_text())
    assert read["results"][0]["value"] == evaluation.results[0]["value"]


def test_changed_weights_are_evaluated_again(evaluators):
    """The hash of the weights file is not used once the model was trained further."""
    changed = tiny.attn_gan(compiled=False)
    changed.preset_metadata = {"files": {"model.weights.h5": {"sha256": "0" * 64}}}
    first = evaluate(changed, "shapes", evaluators=evaluators, **FEW)
    for variable in changed.ema_generator.weights:
        variable.assign(variable * 1.5)
    second = evaluate(changed, "shapes", evaluators=evaluators, **FEW)
    assert second.report["subject"]["weights_sha256"] == variables_digest(changed)
    assert first["fid[damsm]"]["value"] != second["fid[damsm]"]["value"]


def test_the_encoder_of_the_training_is_named(evaluation, evaluators):
    model = tiny.attn_gan(compiled=False)
    evaluators.damsm.copy_weights_to("text_encoder", model.text_encoder)
    own = evaluate(model, "shapes", evaluators=evaluators, **FEW | {"bootstrap": 0})
    for metric in ("fid[damsm]", "r_precision[damsm]", "ndb"):
        assert (TRAINED_WITH in own[metric]["warnings"]) == (metric != "ndb")
        assert TRAINED_WITH not in evaluation[metric]["warnings"]


def test_other_seeds_and_bins_are_not_compared(evaluation, model, evaluators):
    same = evaluate(model, "shapes", evaluators=evaluators, **FEW)
    assert not any("differ" in row for row in compare(evaluation, same, bootstrap=5).rows)
    for changes, words in (({"seed": 1}, "seed: 0 and 1"), ({"bins": 2}, "bins: 3 and 2")):
        other = evaluate(model, "shapes", evaluators=evaluators, **FEW | changes)
        if "seed" in changes:  # with all real images, so that they are the same
            other.report["data"]["sha256"] = evaluation.report["data"]["sha256"]
        comparison = compare(evaluation, other, bootstrap=5)
        rows = {row["metric"]: row.get("differ", []) for row in comparison.rows}
        assert words in rows["ndb"] and not comparison.shares
        assert (words in rows["fid[damsm]"]) == ("seed" in changes)


def test_sets_of_images_and_open_sources(evaluators):
    source = ShapeClasses(32, 48, attribute="background")
    images = source.load_batch(np.arange(24)).numpy()
    made = evaluate(from_array(images, "mine"), source, evaluators=evaluators, real=24, bins=3)
    assert made.report["data"]["source"] == "shape_classes"
    assert made.report["subject"]["generated"] == 24
    real = evaluate(from_array(images, "a"), from_array(images, "b"), evaluators=evaluators, bins=3)
    assert abs(real["fid[damsm]"]["value"]) < 1e-6
    drawn = evaluate(dcgan(compiled=False), source, evaluators=evaluators, **FEW)
    assert drawn.report["subject"]["kind"] == "labels"


def test_two_evaluations_are_compared(evaluation, model, evaluators, tmp_path):
    other = evaluate(model, "shapes", evaluators=evaluators, **FEW | {"conditions": 3})
    comparison = compare(evaluation, other, bootstrap=5)
    row = next(row for row in comparison.rows if row["metric"] == "fid[damsm]")
    assert row["difference"] == row["a"] - row["b"] and len(row["interval_95"]) == 2
    assert "generated: 8 and 6" in row["differ"]
    assert not any("ahead" in row for row in comparison.rows)
    assert "**Not comparable, ndb:** generated: 8 and 6" in comparison.text
    comparison.write(tmp_path)
    assert (tmp_path / "compare.md").read_text() == comparison.text


@pytest.mark.parametrize("settings, message", [
    ({"protocol": "quik"}, '`protocol` must be one of quick,.*Did you mean "quick"'),
    ({"condition": 3}, 'no option `condition`.*Did you mean "conditions"'),
    ({"real": 1}, "`real` must be at least 2, got 1"),
    ({"seed": 2**40}, "`seed` must be at most"),
    ({"crop": "centre"}, "`crop` must be one of none, paper, unfiltered"),
    ({"direction": "ab"}, '`direction` must be "a2b" or "b2a"'),
    ({"direction": "b2a"}, "`direction` \\(b2a\\) is for data of two domains"),
    ({"size": 64}, "`size` \\(64\\) resizes the images of a folder; a model's images have their"),
    ({"conditions": "16"}, "`conditions` must be a whole number, got '16'"),
    ({"real": 4.0}, "`real` must be a whole number, got 4.0"),
    ({"bins": True}, "`bins` must be a whole number, got True"),
    ({"per_class": "no"}, "`per_class` must be True or False, got 'no'"),
    ({"crop": 3}, "`crop` must be a string, got 3"),
    ({"strict": True}, "the protocol quick is not met"),
])
def test_user_errors(model, evaluators, settings, message):
    with pytest.raises(ZooError, match=message):
        evaluate(model, "shapes", evaluators=evaluators, **settings)


def test_images_that_are_not_captioned_are_not_cropped(evaluators):
    images = from_array(Shapes(16, 4).load_batch(np.arange(4)).numpy(), "x")
    for model, source in ((dcgan(compiled=False), ShapeClasses(16, 48)),
                          (pix2pix(compiled=False), ShapePairs(16, 48)),
                          (images, ShapeClasses(16, 48))):
        with pytest.raises(ZooError, match="`crop` \\(paper\\) is for images with captions"):
            evaluate(model, source, evaluators=evaluators, crop="paper")
    with pytest.raises(ZooError, match="`direction` .* is for data of two domains"):
        evaluate(images, images, evaluators=evaluators, direction="b2a")


def test_real_images_are_scaled_as_in_the_training():
    source = Photos()
    data = EvaluationDataset(source, "captions", {"data.crop": "unfiltered"})
    real, _ = data.real_images("test", 8)
    assert real.preprocessing == "resized to 8 x 8 pixels, bilinear without anti-aliasing"
    wanted = np.stack([unfiltered(image, 8) for image in source.images])
    np.testing.assert_array_equal(real.load(np.arange(len(source))), wanted)


def deviations(model, source, evaluators, protocol="quick", **options):
    """The deviations from a protocol, of which there is at least one; generates no image."""
    with pytest.raises(ZooError, match="is not met") as caught:
        evaluate(model, source, protocol, evaluators=evaluators, strict=True, **options)
    return str(caught.value)


def test_another_scale_than_in_the_training_is_a_deviation(evaluators):
    model, size = pix2pix(compiled=False), 32
    for side, notes in ((75, True), (40, False), (0, False)):
        model.preset_metadata = {"training": {"data.load_size": side}}
        found = deviations(model, ShapePairs(size, 48), evaluators, conditions=3)
        text = f"resized to {size} pixels, training cropped {size} of {side}: another scale"
        assert (text in found) == notes


def test_all_classes_are_measured_unless_fewer_are_asked_for(evaluators):
    model, source = dcgan(compiled=False), ShapeClasses(16, 48)
    classes, two = model.condition.classes, dataclasses.replace(PROTOCOLS["quick"], conditions=2)
    found = deviations(model, source, evaluators, two, bins=3)
    assert "conditions" not in found and "generated" not in found
    found = deviations(model, source, evaluators, two, conditions=2)
    assert f"2 conditions instead of {classes}" in found
    assert f"real images are of all classes, the generated ones of 2 of {classes}" in found


def test_the_protocol_of_image_pairs_has_two_numbers_of_bins_and_two_splits(evaluators, tmp_path):
    for number, split in enumerate(("train", "val")):
        save(tmp_path / split / "1.png", number, "red", width=2)
    model, source = pix2pix(compiled=False), f"pairs:{tmp_path}"
    for options in ({}, {"bins": 20, "condition_split": "val"}):
        found = deviations(model, source, evaluators, "msgan_image", **options)
        assert "conditions instead of 100" in found
        assert "bins of NDB" not in found and "split" not in found
    found = deviations(
        model, source, evaluators, "msgan_image", bins=30, condition_split="train"
    )
    assert "30 bins of NDB instead of 50 or 20" in found
    assert 'conditions of the split "train" instead of "test" or "val"' in found
    assert PROTOCOLS["quick"].equal_values("condition_split") == ("test",)


def test_a_source_of_another_kind_is_an_error(model, evaluators):
    classes = ShapeClasses(32, 48)
    pixels = dict.fromkeys(("conditions", "real"), 4)
    with pytest.raises(ZooError, match="has no domains, which the model needs"):
        from tests.support.tiny_drit import drit

        evaluate(drit(compiled=False), classes, evaluators=evaluators, **pixels)
    with pytest.raises(ZooError, match="`source` is missing"):
        evaluate(from_array(Shapes(16, 4).load_batch(np.arange(4)).numpy(), "x"),
                 evaluators=evaluators)


def test_conditions_of_another_split(model, evaluators, evaluation):
    other = evaluate(model, "shapes", evaluators=evaluators, condition_split="train", **FEW)
    splits = [e.report["subject"]["condition_split"] for e in (evaluation, other)]
    assert splits == ["held-out (test)", "all images (the data have no splits)"]
    note = 'conditions of the split "train" instead of "test"'
    assert note in other.warnings and note not in evaluation.warnings
    assert other["r_precision[damsm]"]["warnings"] == other.warnings
