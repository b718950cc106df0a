"""`recipes.encoder`: a classifier that learns, is saved, and measures under its own name."""

import json

import numpy as np
import pytest

from recipes import encoder
from recipes.evaluation.networks import zoo_encoder
from zoo.data import ShapeClasses
from zoo.errors import ZooError

SMALL = {"features": 8, "filters": 4, "batch_size": 16, "show": False}


def trained(steps=40, seed=0):
    sources = (ShapeClasses(16, 256, split=split, attribute="background")
               for split in ("train", "test"))
    return encoder.train(*sources, 16, "zoo-tiny-encoder", steps, **SMALL, seed=seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder") / "tiny"
    network, about = trained()
    encoder.save(str(path), network, about)
    return path


def test_it_learns_and_says_how_well(folder):
    about = json.loads((folder / encoder.CONFIG).read_text())
    assert about["held_out_accuracy"] > 1.5 / len(about["class_names"])
    assert about["steps"] == 40 and len(about["sha256"]) == 64


def test_it_measures_under_its_own_name(folder):
    network = zoo_encoder(str(folder))
    assert network.name == "zoo-tiny-encoder" and network.family == ""
    images = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), np.uint8)
    outputs = network(images)
    assert outputs["features"].shape == (3, 8) and np.isfinite(outputs["logits"]).all()
    np.testing.assert_allclose(network(images[:1])["logits"], outputs["logits"][:1], atol=1e-5)


def test_the_seed_makes_the_weights():
    a, b, c = (trained(2, seed)[1]["loss"] for seed in (0, 0, 1))
    assert a == b != c


def test_changed_files_are_refused(folder, tmp_path):
    about = json.loads((folder / encoder.CONFIG).read_text())
    for change, message in (
        ({"name": "inception"}, 'starts with "zoo-"'), ({"sha256": "0"}, "SHA-256 differs"),
        ({"features": 9}, "expected weights"),
    ):
        (tmp_path / encoder.CONFIG).write_text(json.dumps({**about, **change}))
        (tmp_path / encoder.WEIGHTS).write_bytes((folder / encoder.WEIGHTS).read_bytes())
        with pytest.raises(ZooError, match=message):
            encoder.load(str(tmp_path))
    (tmp_path / encoder.CONFIG).write_text("{}")
    with pytest.raises(ZooError, match="is missing"):
        encoder.load(str(tmp_path))


def test_sources():
    source, held_out, size, name = encoder.open_sources("shape_classes", None)
    assert (size, name) == (32, "shapes") and len(held_out)
    with pytest.raises(ZooError, match="--data is missing"):
        encoder.open_sources("", None)
    with pytest.raises(ZooError, match="nowhere"):
        encoder.open_sources("classes:nowhere", None)
