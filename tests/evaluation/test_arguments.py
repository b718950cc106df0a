"""Arguments of the Python API: paths, arrays instead of sets, options that change nothing."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.models.test_dcgan import dcgan
from tests.support import tiny
from zoo.data import ShapeClasses, Shapes
from zoo.errors import ZooError
from zoo.evaluation import compare, evaluate, from_array, from_path, open_evaluators, quick
from zoo.evaluation.dataset import EvaluationDataset
from zoo.evaluation.evaluators import make_files
from zoo.evaluation.options import Options
from zoo.evaluation.protocols import PROTOCOLS
from zoo.evaluation.subject import of_model

PIXELS = Shapes(16, 24).load_batch(np.arange(24)).numpy()
SMALL = {"real": 24, "bins": 3, "bootstrap": 0}


@pytest.fixture(scope="module")
def evaluators():
    return open_evaluators(encoder=tiny.damsm(), show=False)


@pytest.fixture(scope="module")
def images():
    return from_array(PIXELS, "mine")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A preset and real images, in files."""
    path = tmp_path_factory.mktemp("files")
    dcgan(compiled=False).save_to_preset(path / "gan")
    tiny.damsm().save_to_preset(path / "damsm")
    np.save(path / "real.npy", PIXELS)
    return path


def test_paths_may_be_path_objects(folder, images, evaluators):
    named = evaluate(images, str(folder / "real.npy"), evaluators=evaluators, **SMALL)
    assert isinstance(folder, Path)
    same = quick(images, folder / "real.npy", evaluators=evaluators, **SMALL)
    assert [r["value"] for r in same.results] == [r["value"] for r in named.results]
    networks = open_evaluators("quick", folder / "gan", folder / "cache", encoder=folder / "damsm")
    made = evaluate(folder / "gan", ShapeClasses(16, 24), evaluators=networks, **SMALL)
    assert made.report["subject"]["preset"] == str(folder / "gan")
    assert networks.networks[0].name == "damsm"
    assert make_files({"inception": folder, "lpips_trunk": folder, "lpips_heads": folder,
                       "encoder": [folder]}).encoder == (str(folder),)
    with pytest.raises(ZooError, match="TF-Hub's Inception could not be loaded"):
        open_evaluators(inception=folder / "damsm")


@pytest.mark.parametrize(("model", "source", "message"), [
    (PIXELS, "shapes", r"`model` must be .*got an array of the shape \(24, 16, 16, 3\).*from_arra"),
    (None, "shapes", "`model` must be .*got None"),
    (3, "shapes", "`model` must be .*got a value of the type int"),
    ("images", PIXELS, "`source` must be .*got an array of the shape .*from_array"),
    ("images", None, "`source` must be .*got None"),
    ("model", from_array(PIXELS, "x"), "A model needs a data set.*got a set of images"),
])
def test_what_is_no_model_and_no_source(model, source, message, images, evaluators):
    model = {"images": images, "model": dcgan(compiled=False)}.get(model, model) if isinstance(
        model, str) else model
    with pytest.raises(ZooError, match=message):
        evaluate(model, source, evaluators=evaluators)


@pytest.mark.parametrize(("files", "message"), [
    ({"inceptoin": "keras"}, 'no option `inceptoin`.*Did you mean "inception"'),
    ({"inception": 3}, "`inception` must be a path or None, got a value of the type int"),
    ({"lpips_version": "0.0"}, "`lpips_version` .0.0. is for LPIPS: give `lpips_trunk`"),
    ({"lpips_version": "0.2"}, '`lpips_version` must be "0.0" or "0.1", got \'0.2\''),
    ({"detector": "x", "captions_per_label": 0}, "`captions_per_label` must be a whole number of"),
    ({"encoder": "nowhere"}, "nowhere"),
    ({"encoder": 5}, "An encoder is of the type int: give a preset of a DAMSM.*`encoder`"),
])
def test_arguments_of_open_evaluators(files, message):
    with pytest.raises(ZooError, match=message):
        open_evaluators(**files)


def test_other_objects_instead_of_evaluators_and_evaluations(images):
    with pytest.raises(ZooError, match="`evaluators` must be from open_evaluators"):
        evaluate(images, images, evaluators="damsm_emoji_64")
    with pytest.raises(ZooError, match="`compare` takes two evaluations, got a value of the type"):
        compare("a", "b")


@pytest.mark.parametrize(("options", "message"), [
    ({"conditions": 3}, "`conditions` .3. is for the images that a model generates"),
    ({"samples_per_condition": 3}, "`samples_per_condition` .3. is for the images"),
    ({"batch_size": 8}, "`batch_size` .8. is for the images"),
    ({"condition_split": "train"}, "`condition_split` .train. is for the images"),
    ({"folds": "exact"}, "`folds` .exact. is for the images"),
    ({"max_words": 25}, "`max_words` .25. is for the images"),
    ({"size": 32}, r"`size` is 32, but the set has images of 16 x 16 pixels: resize them"),
])
def test_options_that_change_nothing_for_images(images, evaluators, options, message):
    with pytest.raises(ZooError, match=message):
        evaluate(images, images, evaluators=evaluators, **options)
    evaluate(images, images, evaluators=evaluators, size=16, **SMALL)


def test_options_that_change_nothing_for_a_model(evaluators):
    model, source = dcgan(compiled=False), ShapeClasses(16, 24)
    with pytest.raises(ZooError, match="`condition_split` .nonsense.*labels, which has no splits"):
        evaluate(model, source, evaluators=evaluators, condition_split="nonsense")
    with pytest.raises(ZooError, match="`folds` .*because it needs a model of captions"):
        evaluate(model, source, evaluators=evaluators, folds="official")
    text, few = tiny.attn_gan(compiled=False), {"conditions": 3, **SMALL}
    with pytest.raises(ZooError, match="`folds` .*because the protocol does not measure it"):
        evaluate(text, "shapes", "msgan_text", evaluators=evaluators, folds="exact", **few)
    evaluators.damsm, damsm = None, evaluators.damsm
    try:
        with pytest.raises(ZooError, match="`folds` .*because it needs a DAMSM, an `encoder`"):
            evaluate(text, "shapes", evaluators=evaluators, folds="exact", **few)
    finally:
        evaluators.damsm = damsm


def test_networks_that_change_nothing(images, evaluators):
    lpips = dataclasses.replace(evaluators, lpips="a network")
    for protocol, model, source in (("msgan_label", dcgan(compiled=False), ShapeClasses(16, 24)),
                                    ("attngan", tiny.attn_gan(compiled=False), "shapes")):
        with pytest.raises(ZooError, match="`lpips_heads` are for LPIPS, which the protocol does"):
            evaluate(model, source, protocol, evaluators=lpips, **SMALL)
    for name, value in (("soa_captions", "folder"), ("captions_per_label", 3)):
        given = dataclasses.replace(evaluators, detector="yolo", **{name: value})
        with pytest.raises(ZooError, match=f"`{name}` .{value}. is for the captions of which"):
            evaluate(images, images, evaluators=given, **SMALL)


def test_a_preset_reads_more_words_than_in_its_training(folder, evaluators, monkeypatch):
    model = tiny.attn_gan(compiled=False)
    with pytest.raises(ZooError, match="`max_words` .9. is for the name or path of a preset"):
        evaluate(model, "shapes", evaluators=evaluators, max_words=9)
    with pytest.raises(ZooError, match="`max_words` .9. is for a model that reads captions by"):
        evaluate(folder / "gan", "shape_classes", evaluators=evaluators, max_words=9)
    monkeypatch.setattr("zoo.presets.from_preset", lambda _, **given: tiny.attn_gan(
        compiled=False, **given))
    subject, _ = of_model("text", "shapes", PROTOCOLS["quick"], Options(max_words=9), None)
    assert subject.source["max_words"] == 9


def test_whole_numbers_of_numpy(images, evaluators):
    made = evaluate(images, images, evaluators=evaluators, seed=np.int64(1), bins=np.int32(2),
                    bootstrap=np.int64(0))
    assert json.loads(json.dumps(made.report))["seed"] == 1


def test_folds_and_classes_are_deviations(evaluators):
    text = evaluate(tiny.attn_gan(compiled=False), "shapes", evaluators=evaluators,
                    conditions=4, samples_per_condition=2, folds="official", **SMALL)
    assert '"official" folds of R-precision, not "exact"' in text.warnings
    model, source = dcgan(compiled=False), ShapeClasses(16, 120)
    for per_class, deviates in ((True, True), (False, False), (None, False)):
        made = evaluate(model, source, evaluators=evaluators, per_class=per_class, bins=3,
                        samples_per_condition=8, bootstrap=0)
        assert any("class is evaluated separately" in text for text in made.warnings) == deviates
        assert "8 images per condition instead of 4" in made.warnings


@pytest.mark.parametrize(("labels", "message"), [
    ([0] * 20, r"one label for each of the 24 images, got labels of the shape \(20,\)"),
    ([0.5] * 24, "The labels of mine must consist of whole numbers"),
    (["a"] * 24, "The labels of mine must consist of real numbers"),
    ([2] * 24, "labels from 0 to 1, one of the 2 class names, got labels from 2 to 2"),
])
def test_labels_are_one_class_per_image(labels, message):
    with pytest.raises(ZooError, match=message):
        from_array(PIXELS, "mine", labels=labels, class_names=["cat", "dog"])


@pytest.mark.parametrize("size", [0, 16.5, 5000, "16", True])
def test_sizes_of_a_folder(folder, size):
    with pytest.raises(ZooError, match="`size` must be a whole number from 1 to 4096"):
        from_path(folder / "real.npy", size)
    assert from_path(folder / "real.npy", np.int64(8)).shape == (8, 8, 3)


def test_an_unknown_source_in_a_presets_metadata():
    with pytest.raises(ZooError, match="in the preset's metadata must be .*got 'mine'.*=NAME:PATH"):
        EvaluationDataset("", "captions", {"data.name": "mine"})
    assert EvaluationDataset("shapes", "captions", {"data.name": "mine"}).name == "shapes"


class Own:
    """A user's own source."""

    class_names, labels = ["cat", "dog"], np.arange(24) % 2

    def __len__(self):
        return 24

    def load(self, index):
        import tensorflow as tf

        return tf.constant(PIXELS)[index]


def test_a_source_of_ones_own(images, evaluators):
    made = evaluate(images, Own(), evaluators=evaluators, **SMALL)
    assert made.report["data"]["source"] == "Own" and abs(made["fid[damsm]"]["value"]) < 1e-6
