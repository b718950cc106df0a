"""Systems that read captions by a hub encoder, from a recipe to pictures of a served model."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from export.saved_model import export_saved_model
from recipes import attn_gan, dm_gan, launch, stackgan_v2
from recipes.sources import open_data
from recipes.text_vectors import write_cache
from recipes.trainer import make_strategy
from tests.integration.tiny import weights
from tests.recipes.test_texts import hub_config
from tests.text.tiny_hub_module import tiny_modules
from zoo import storage
from zoo.errors import ZooError

CAPTIONS = ["a red circle", "an unforgettable bird, read in word pieces"]


def train(recipe, folder, steps=2, modules=None, **changes):
    """The run of a recipe in tiny, with samples and a score if it has two steps."""
    config = hub_config(
        recipe, modules or tiny_modules(), steps=steps, sample_every=2 * (steps == 2),
        pretraining={"steps": 2, "batch_size": 4, "sample_every": 2}, **changes,
    )
    assert launch.train(config, folder, make_strategy("none"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An AttnGAN's folder, with the DAMSM that was trained first."""
    folder = tmp_path_factory.mktemp("hub") / "run"
    train(attn_gan, folder)
    return folder


def test_the_presets_read_strings_and_are_served(trained, tmp_path):
    for name in ("damsm/presets/best", "presets/best", "presets/last"):
        config = storage.read_json(trained / name / "config.json")["config"]
        assert config["text_encoder"]["kind"] == "hub" and config["vocabulary"] is None
    assert (trained / "samples" / "step_0000002_explain.png").exists()
    model = zoo.from_preset(str(trained / "presets" / "last"))
    wanted = model.generate(CAPTIONS, seed=[4, 5])
    served = tf.saved_model.load(export_saved_model(model, tmp_path / "served"))
    got = served.signatures["serving_default"](
        captions=tf.constant(CAPTIONS), seed=tf.constant([4, 5], tf.int64)
    )["image"]
    assert np.abs(got.numpy().astype(int) - wanted).max() <= 1 and wanted.std() > 1


def test_another_system_takes_its_damsm_and_vectors_of_a_cache(trained, tmp_path):
    damsm, cache = str(trained / "damsm" / "presets" / "last"), str(tmp_path / "cache")
    encoder = zoo.from_preset(damsm).hub_encoder
    write_cache(open_data(hub_config(dm_gan)).source, encoder, cache)
    train(dm_gan, tmp_path / "run", 1, damsm=damsm, text_cache=cache)
    saved = weights(tmp_path / "run" / "checkpoints" / "last.h5")
    judge = weights(trained / "damsm" / "presets" / "last" / "model.weights.h5")
    for name, value in judge.items():
        np.testing.assert_array_equal(saved[name], value)


def test_a_run_does_not_go_on_with_another_encoder(tmp_path):
    place = tmp_path / "modules"
    for name, folder in tiny_modules().items():
        shutil.copytree(folder, place / name)
    modules = {name: str(place / name) for name in tiny_modules()}
    train(stackgan_v2, tmp_path / "run", 1, modules)
    shutil.rmtree(place / "encoder")
    shutil.copytree(tiny_modules(seed=1)["encoder"], place / "encoder")
    kept = (tmp_path / "run" / "checkpoints" / "last.h5").read_bytes()
    with pytest.raises(ZooError, match="not the encoder module that this.*Put that one back"):
        train(stackgan_v2, tmp_path / "run", 2, modules)
    assert (tmp_path / "run" / "checkpoints" / "last.h5").read_bytes() == kept
