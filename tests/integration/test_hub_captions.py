"""Systems with a hub encoder, from a recipe to images. Served: tests/export/test_hub_service.py."""

import numpy as np
import pytest

import zoo
from recipes import attn_gan, dm_gan
from tests.support.graphs import eagerly
from tests.support.recipes import build, open_data, train
from tests.support.tiny_hub_module import tiny_modules
from tests.training.test_text import hub_config
from zoo import storage
from zoo.data.text_cache_writer import write_cache
from zoo.training.text import load_damsm

CAPTIONS = ["a red circle", "an unforgettable bird, read in word pieces"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An AttnGAN's folder, with the DAMSM that was trained first."""
    folder = tmp_path_factory.mktemp("hub") / "run"
    config = hub_config(
        attn_gan, tiny_modules(), steps=2, sample_every=2,
        pretraining={"steps": 2, "batch_size": 4, "sample_every": 2},
    )
    with eagerly():
        assert train(config, folder)
    return folder


def test_the_presets_read_strings(trained):
    for name in ("damsm/presets/best", "presets/best", "presets/last"):
        config = storage.read_json(trained / name / "config.json")["config"]
        assert config["text_encoder"]["kind"] == "hub" and config["vocabulary"] is None
    assert (trained / "samples" / "step_0000002_explain.png").exists()
    model = zoo.from_preset(str(trained / "presets" / "last"), text_encoder=tiny_modules())
    images = model.generate(CAPTIONS, seed=[4, 5])
    assert images.shape[0] == 2 and not np.array_equal(*images)


def test_another_system_uses_its_damsm_and_cached_vectors(trained, tmp_path):
    preset, cache = str(trained / "damsm" / "presets" / "last"), str(tmp_path / "cache")
    config = hub_config(dm_gan, tiny_modules(), text_cache=cache)
    data, damsm = open_data(config), load_damsm(config, preset)
    write_cache(data.source, damsm.hub_encoder, cache)
    experiment = build(config, data, damsm=preset)
    batch = next(iter(experiment.batches(0)))
    assert {"words", "sentence", "pieces", "lengths"} < set(batch)
    before = [variable.numpy() for variable in damsm.image_encoder.variables]
    logs = experiment.model.train_step(batch)
    assert np.isfinite([float(value) for value in logs.values()]).all()
    for variable, value in zip(experiment.model.image_encoder.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert np.isfinite(experiment.score()["frechet_damsm"])
