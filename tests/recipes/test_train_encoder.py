"""`recipes.train_encoder`: training, saving, and use in an evaluation."""

import numpy as np
import pytest

import zoo
from recipes import train_encoder
from tests.support import tiny
from tests.support.label_maps import write_facades
from zoo.data import ShapeClasses
from zoo.errors import ZooError
from zoo.evaluation.feature_networks import zoo_encoder
from zoo.models.feature_encoder import FeatureEncoder

SMALL = {"features": 8, "filters": 4, "batch_size": 16, "show": False}


def source(split="train"):
    return ShapeClasses(16, 256, split=split, attribute="background")


def trained(steps=40, seed=0):
    return train_encoder.train(source(), 16, "zoo-tiny-encoder", steps, **SMALL, seed=seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder") / "tiny"
    model, _ = trained()
    model.save_to_preset(path, half=True)
    return str(path)


def test_it_learns_and_reports_its_accuracy(folder):
    model = zoo.from_preset(folder)
    whole, worst = train_encoder.held_out_results(model, source("test"), "held out")
    assert whole["metric"] == "held_out_accuracy" and "256 images" in whole["protocol"]
    assert 1.5 / len(model.class_names) < whole["value"] <= 1 and worst["value"] <= whole["value"]
    images = np.stack([source("test").load(place) for place in range(256)]) / 127.5 - 1
    named = np.argmax(model(images.astype(np.float32))["logits"], 1)
    assert whole["value"] == pytest.approx(np.mean(named == source("test").labels), abs=1e-4)
    lowest = model.class_names.index(worst["metric"].removeprefix("held_out_accuracy, class "))
    of_class = source("test").labels == lowest
    assert worst["value"] == pytest.approx(np.mean(named[of_class] == lowest), abs=1e-4)


def test_it_has_its_own_metric_name(folder):
    network = zoo_encoder(folder)
    assert network.name == "zoo-tiny-encoder" and network.family == ""
    assert network.classifier.class_names == list(source().class_names) and network.model is None
    images = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), np.uint8)
    outputs = network(images)
    assert outputs["features"].shape == (3, 8) and np.isfinite(outputs["logits"]).all()
    np.testing.assert_allclose(network(images[:1])["logits"], outputs["logits"][:1], atol=1e-5)


def test_a_reader_of_label_maps(tmp_path):
    cells = write_facades(tmp_path / "facades", {"train": 24, "test": 8})
    splits, combinations, size, name = train_encoder.open_sources(
        f"facade_labels:{tmp_path / 'facades'}", None)
    assert (combinations, size, name, splits.word) == (None, 32, "facades", "held-out (test)")
    model, _ = train_encoder.train(splits.training, size, "zoo-tiny-encoder", 60, **SMALL,
                                   learning_rate=1e-2)
    assert model.cells["names"][2] == "window" and model.class_names == []
    whole, iou = train_encoder.held_out_results(model, splits.held_out, splits.word)
    share = np.bincount(cells["test"].ravel()).max() / cells["test"].size
    assert whole["metric"] == "held_out_cell_accuracy" and whole["value"] > 2 * share
    assert "8 images, held-out (test), 8 x 8 cells" in whole["protocol"]
    assert f"would give {share:.3f}" in whole["protocol"]
    assert iou["metric"] == "held_out_mean_iou" and 0 < iou["value"] < whole["value"]


def test_other_models_are_not_encoders():
    words = "AttnGAN: give a preset of a DAMSM, or of recipes.train_encoder"
    with pytest.raises(ZooError, match=words):
        zoo_encoder(tiny.attn_gan(compiled=False))
    with pytest.raises(ZooError, match='start with "zoo-"'):
        FeatureEncoder(["a", "b"], "inception", 16, 4, 2)


def test_the_seed_determines_the_weights():
    a, b, c = (trained(2, seed)[1] for seed in (0, 0, 1))
    assert a == b != c


def test_classes_are_matched_by_name():
    # a split may lack a class
    assert train_encoder._class_indices(["ant", "bee", "cat"], ["bee", "cat"]) == [1, 2]
    for names in (["bee", "dog"], ["Ant"], ["cat", "ant", "owl"]):
        with pytest.raises(ZooError, match=f'have a class "{names[-1]}"'):
            train_encoder._class_indices(["ant", "bee", "cat"], names)


def test_sources():
    splits, combinations, size, name = train_encoder.open_sources("shape_classes", None)
    assert (combinations, size, name, len(splits.training)) == (None, 32, "shapes", 10000)
    assert len(splits.held_out) and splits.word == "held-out (test)"
    with pytest.raises(ZooError, match="--data is missing"):
        train_encoder.open_sources("", None)
    with pytest.raises(ZooError, match="nowhere"):
        train_encoder.open_sources("classes:nowhere", None)
