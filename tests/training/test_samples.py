"""Conditions of the sample grid and the scores, for each kind of text."""

from types import SimpleNamespace

import numpy as np
import pytest

from recipes import stackgan_v2
from tests.support import tiny
from tests.support.recipes import build as build_experiment
from tests.support.recipes import recipe_of, resolve
from tests.training.test_data import write_folder
from zoo.data import get_source
from zoo.errors import ZooError
from zoo.models.feature_encoder import FeatureEncoder
from zoo.text import Vocabulary
from zoo.training.data import TextToImageData
from zoo.training.pretraining import stages_to_train
from zoo.training.samples import held_out_rows, sample_rows


def setting(*wanted, unknown="drop"):
    return SimpleNamespace(
        samples=SimpleNamespace(captions=wanted), data=SimpleNamespace(unknown=unknown)
    )


def held_out(*captions):
    return SimpleNamespace(held_out=SimpleNamespace(captions=[[c, "other"] for c in captions]))


READER = SimpleNamespace(
    vocabulary=Vocabulary(tiny.WORDS), condition=SimpleNamespace(kind="captions")
)


def test_unreadable_captions_are_replaced():
    data = held_out(
        "a blue square", "zebra", "a blue square", "a red circle", "a small circle"
    )
    rows, labels = sample_rows(setting("a red circle", "zebra", "giraffe"), data, READER)
    assert rows == labels == ["a red circle", "a blue square", "a small circle"]
    rows, _ = sample_rows(setting("a red circle", "zebra", unknown="unk"), data, READER)
    assert rows == ["a red circle", "zebra"]
    data = held_out("zebra")
    data.source = SimpleNamespace(captions=[["giraffe"], ["a red zebra", "red"], ["blue"]])
    assert sample_rows(setting("zebra"), data, READER) == (["a red zebra"], ["a red zebra"])
    data.source = data.held_out
    assert sample_rows(setting("zebra"), data, READER) == ([], [])
    data = held_out(
        "a blue square", "zebra", "a blue square", "a red circle", "a small circle"
    )
    assert held_out_rows(setting(), data, READER, 1) == (["a blue square"], ["a blue square"])


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A StackGAN++ of embeddings on a folder of 6 and 3 images."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for split, count in (("train", 6), ("test", 3)):
        write_folder(folder / split, [f"{split} image {i}" for i in range(count)])
        np.save(folder / split / "embeddings.npy", random.normal(size=[count, 1, 7]))
    config = stackgan_v2.get_config("emoji")
    config.text, config.data.directory, config.steps, config.batch_size = (
        "embeddings", str(folder), 2, 2
    )
    config.dtype, config.data.name = "float32", "folder"
    config.model.update({
        "stage_sizes": (16, 32), "generator_filters": 4, "discriminator_filters": 4,
        "latent_dim": 4, "condition_dim": 4,
    })
    return config


def build(config, damsm=""):
    data = TextToImageData(config)
    return data, build_experiment(resolve(config, data), data, damsm=damsm)


def test_embeddings_of_held_out_images(config):
    data, experiment = build(config)
    assert data.features == 7 and experiment.model.condition.features == 7
    batch = next(iter(experiment.batches(0)))
    assert set(batch) == {"images", "labels", "sentence", "mismatched_images"}
    rows, labels = sample_rows(config, data, experiment.model)
    assert labels == [f"test image {i}" for i in range(3)]
    stored = np.load(f"{config.data.directory}/test/embeddings.npy")[:, 0]
    np.testing.assert_array_equal(rows, stored.astype("float32"))
    assert experiment.score is None and "no DAMSM" in "".join(data.notes)


def test_a_damsm_of_the_same_image_size_scores(config, tmp_path):
    tiny.damsm().save_to_preset(str(tmp_path / "damsm"))
    _, experiment = build(config, str(tmp_path / "damsm"))
    assert np.isfinite(experiment.score()["frechet_damsm"])
    other = tiny.damsm(image_size=64, image_encoder={**tiny.IMAGE, "image_size": 64})
    other.save_to_preset(str(tmp_path / "other"))
    data, experiment = build(config, str(tmp_path / "other"))
    assert experiment.score is None
    assert "the DAMSM takes images of 64 pixels, but these have 32" in "".join(data.notes)


def test_a_reader_scores_in_place_of_the_damsm(config, tmp_path):
    reader = FeatureEncoder(["a", "b"], "zoo-tiny-encoder", 32, 6, 2)
    reader.save_to_preset(str(tmp_path / "reader"))
    config = config.copy_and_resolve_references()
    config.score_encoder = str(tmp_path / "reader")
    score = build(config)[1].score
    assert score.best_metric == "frechet[zoo-tiny-encoder]"
    assert np.isfinite(score()[score.best_metric]) and "features of zoo-tiny" in score.protocol
    tiny.damsm().save_to_preset(str(tmp_path / "damsm"))
    config.score_encoder = str(tmp_path / "damsm")
    with pytest.raises(ZooError, match="is a DAMSM: give a preset of recipes.train_encoder"):
        build(config)


def test_without_text(config):
    config = config.copy_and_resolve_references()
    config.text = "none"
    data, experiment = build(config)
    assert sample_rows(config, data, experiment.model) == (None, [])
    assert "mismatched_images" not in next(iter(experiment.batches(0)))
    assert not stages_to_train(recipe_of(config))


def test_shapes_have_no_embeddings():
    config = stackgan_v2.get_config("shapes")
    assert stages_to_train(recipe_of(config))
    config.text = "embeddings"
    with pytest.raises(ZooError, match="which the source shapes does not have"):
        TextToImageData(config)
    assert getattr(get_source("shapes", size=16, count=1), "embeddings", None) is None
