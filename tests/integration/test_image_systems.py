"""Recipes of DCGAN, Pix2Pix, BicycleGAN and DRIT: train, resume, preset, generate, serve."""

import contextlib
import importlib
import json

import numpy as np
import pytest
import tensorflow as tf

import zoo
from export.saved_model import export_saved_model
from tests.support import recipes
from tests.support.graphs import eagerly
from tests.support.runs import assert_same_files

COMMON = {
    "batch_size": 4, "steps": 6, "log_every": 1, "checkpoint_every": 2, "sample_every": 3,
    "data.count": 16, "data.held_out_count": 3, "samples.rows": 2,
    "samples.samples_per_condition": 2, "model.mode_seeking_weight": 1.0,
}
U_NET = {"model.generator_filters": 2, "model.discriminator_filters": 2}
SYSTEMS = {
    "dcgan": {"model.filters": 4, "model.latent_dim": 4},
    "pix2pix": {**U_NET, "decay.epochs": 2, "decay.constant_epochs": 0},
    "bicyclegan": {**U_NET, "model.encoder_filters": 2},
    "drit": {
        "model.filters": 2, "model.discriminators.filters": 2, "model.full_step_every": 2,
    },
}


def config_of(system, **changes):
    """The recipe's config for shapes, with tiny networks."""
    config = importlib.import_module(f"recipes.{system}").get_config("shapes").unlock()
    for key, value in {**COMMON, **SYSTEMS[system], **changes}.items():
        config.update_from_flattened_dict({key: value})
    return config.lock()


def train(folder, system, **changes):
    """Trains; DRIT without a graph, whose tracing takes longer than its six steps."""
    with eagerly() if system == "drit" else contextlib.nullcontext():
        return recipes.train(config_of(system, **changes), folder)


@pytest.fixture(scope="module", params=SYSTEMS)
def trained(request, tmp_path_factory):
    """(system, folder of an uninterrupted run)."""
    folder = tmp_path_factory.mktemp(request.param) / "run"
    assert train(folder, request.param)
    return request.param, folder


def test_the_folder(trained):
    system, folder = trained
    last = json.loads((folder / "checkpoints" / "last.json").read_text())
    assert last["step"] == 6
    assert np.isfinite(list(last["figures"].values())).all() and last["figures"]["mode_seeking"] > 0
    names = {path.name for path in (folder / "samples").iterdir()}
    endings = ("_a2b", "_b2a") if system == "drit" else ("",)
    assert names == {f"step_{step:07d}{e}.png" for step in (0, 3, 6) for e in endings}
    log = (folder / "log.txt").read_text()
    looked_at = "labels" if system == "dcgan" else "held-out (test)"
    assert f"{looked_at} at step 6: pair_distance" in log
    assert ("  l1 " in log) == (system in ("pix2pix", "bicyclegan"))


def test_resume_is_bit_exact(trained, tmp_path, request):
    system, whole = trained
    if system != "dcgan" and not request.config.getoption("--large"):
        pytest.skip("large: tests/models/test_every_system.py resumes every step; run with --large")
    folder = tmp_path / "run"
    if system == "dcgan":
        # The folder stores the steps computed from the epochs; the command has only the epochs.
        for line in ("done: 4 steps", "step 4 of 4 is already done"):
            assert train(folder, system, steps=0, epochs=1)
            assert line in (folder / "log.txt").read_text()
    else:
        assert train(folder, system, steps=4)
    assert train(folder, system)
    assert "resumed at step 4" in (folder / "log.txt").read_text()
    assert_same_files(whole, folder, "checkpoints/last.h5", "presets/last/model.weights.h5")


def test_the_preset_generates_images_and_is_served(trained, tmp_path, request):
    system, folder = trained
    if system != "dcgan" and not request.config.getoption("--large"):
        pytest.skip("large: exported in tests/export/test_service.py, too; run with --large")
    model = zoo.from_preset(str(folder / "presets" / "last"))
    seeds = tf.constant([4, 5], tf.int64)
    if system == "dcgan":
        conditions = [1, 1]
        inputs = {"labels": tf.constant(conditions, tf.int64)}
    else:
        rng = np.random.default_rng(0)
        conditions = np.repeat(rng.integers(0, 256, (1, 32, 32, 3), np.uint8), 2, axis=0)
        files = [tf.io.encode_png(image).numpy() for image in conditions]
        inputs = {"image_bytes": tf.constant(files)}
    images = model.generate(conditions, seed=[4, 5])
    assert images.shape == (2, 32, 32, 3) and images.dtype == np.uint8
    assert not np.array_equal(images[0], images[1])
    path = export_saved_model(model, str(tmp_path / "served"))
    served = tf.saved_model.load(path).signatures["serving_default"]
    files = served(**inputs, seed=seeds)["image_bytes"]
    answer = np.stack([tf.io.decode_png(file) for file in files]).astype(int)
    assert np.abs(answer - images).max() <= 1
