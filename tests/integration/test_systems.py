"""DM-GAN + mode seeking and StackGAN++ from end to end, and a sweep, all with one tiny DAMSM.

DM-GAN by the programs, each a process of its own; StackGAN++ in this process, which saves starting
TensorFlow again and again.
"""

import ast
import importlib
import json

import numpy as np
import pytest

import zoo
from export.saved_model import export_saved_model
from tests.support.recipes import train
from tests.support.runs import SIZES, assert_same_files, kill_at, run

SYSTEMS = {
    "dm_gan": ("--config.model.mode_seeking_weight=1",),
    "stackgan_v2": (),
    "stackgan_v2 without text": ("--config.text='none'", "--config.model.color_weight=50.0"),
}
SWEEP = ("--config=recipes/dm_gan.py:shapes", *SIZES)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """The folder of a sweep with one value, which pre-trained the DAMSM of all tests."""
    folder = tmp_path_factory.mktemp("sweep") / "s"
    result = run("recipes.sweep", *SWEEP, "--values=0", f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    assert result.stderr == "" and "pre-training a DAMSM" in result.stdout
    return folder


def train_here(folder, recipe, flags):
    """Runs `recipes.train` with these flags in this process."""
    config = importlib.import_module(f"recipes.{recipe}").get_config("shapes").unlock()
    for flag in flags:
        key, value = flag.removeprefix("--config.").split("=", 1)
        config.update_from_flattened_dict({key: ast.literal_eval(value)})
    assert train(config.lock(), folder)


@pytest.fixture(scope="module", params=SYSTEMS)
def trained(request, sweep, tmp_path_factory):
    """(name, flags, folder of an uninterrupted run)."""
    name, folder = request.param, tmp_path_factory.mktemp("trained") / "run"
    recipe, damsm = name.partition(" ")[0], f"{sweep}/damsm/presets/best"
    flags = (*SIZES, *SYSTEMS[name], f"--config.damsm='{damsm}'")
    if name == "dm_gan":
        flags = (*flags[:-1], f"--config.damsm={damsm}")
        command = (f"--config=recipes/{recipe}.py:shapes", *flags)
        result = run("recipes.train", *command, f"--workdir={folder}")
        assert result.returncode == 0, result.stderr
        assert result.stderr == "" and "pre-training" not in result.stdout
    else:
        train_here(folder, recipe, flags)
    return name, flags, folder


def test_the_folder(trained):
    name, _, folder = trained
    notes = json.loads((folder / "presets.json").read_text())
    assert notes["last"]["step"] == 12 and notes["best"]["metric"] == "frechet_damsm"
    last = json.loads((folder / "checkpoints" / "last.json").read_text())
    assert last["step"] == 12 and last["seconds"] > 0
    assert (last["figures"]["mode_seeking"] > 0) == (name == "dm_gan")
    assert (folder / "samples" / "step_0000012.png").stat().st_size > 0


@pytest.mark.large
def test_resume_is_bit_exact(trained, tmp_path):
    """Of DM-GAN a killed sweep does; of every system tests/models/test_every_system.py."""
    name, flags, whole = trained
    if name == "dm_gan":
        pytest.skip("a killed sweep resumes it")
    for steps in (8, 12):
        train_here(tmp_path / "run", "stackgan_v2", (*flags, f"--config.steps={steps}"))
    assert "resumed at step 8" in (tmp_path / "run" / "log.txt").read_text()
    files = "checkpoints/last.h5", "presets/last/model.weights.h5"
    assert_same_files(whole, tmp_path / "run", *files)


def test_the_preset_generates_images_and_is_served(trained, tmp_path):
    import tensorflow as tf

    name, _, folder = trained
    preset = str(folder / "presets" / "last")
    model = zoo.from_preset(preset)
    text = {} if "without" in name else {"captions": ["a red circle", "a small star"]}
    seeds = [4, 5]
    if text:
        images = model.generate(text["captions"], seed=seeds)
    else:
        images = model.generate(images_per_caption=2, seed=4)
    assert images.shape == (2, 32, 32, 3) and images.dtype == np.uint8
    assert not np.array_equal(images[0], images[1])
    if name == "dm_gan":
        done = run("export.saved_model", f"--preset={preset}", f"--out={tmp_path / 'served'}")
        assert done.returncode == 0, done.stderr
        assert f"serving_default({', '.join([*text, 'seed'])})" in done.stdout
    else:
        export_saved_model(model, str(tmp_path / "served"))
    served = tf.saved_model.load(str(tmp_path / "served" / "1")).signatures["pixels"]
    inputs = {**text, "seed": tf.constant(seeds, tf.int64)}
    answer = served(**{key: tf.constant(value) for key, value in inputs.items()})["image"]
    assert np.abs(answer.numpy().astype(int) - images).max() <= 1


def test_a_killed_sweep_resumes_and_repeats_nothing(sweep, trained, tmp_path):
    name, _, whole = trained
    if name != "dm_gan":
        pytest.skip("the sweep is one of DM-GAN")
    command = (*SWEEP, "--values=0,1", f"--workdir={sweep}")
    printed, _, _ = kill_at("step 7/12", *command, module="recipes.sweep")
    assert "mode_seeking_weight_0 is already done" in printed and "pre-training" not in printed
    result = run("recipes.sweep", *command)
    assert result.returncode == 0, result.stderr
    assert "mode_seeking_weight_0 is already done" in result.stdout
    assert "resumed at step 4\n" in result.stdout
    # a run of the sweep is the run that recipes.train makes
    assert_same_files(whole, sweep / "mode_seeking_weight_1", "checkpoints/last.h5")
    report = json.loads((sweep / "sweep.json").read_text())
    assert [row["value"] for row in report["rows"]] == [0, 1]
    off, on = report["rows"]
    assert off["losses"]["mode_seeking"] == 0 < on["losses"]["mode_seeking"]
    assert off["latent_distance"] == on["latent_distance"]  # the same noises
    assert off["image_distance"] != on["image_distance"]
    for row in report["rows"]:
        assert row["ratio"] == row["image_distance"] / row["latent_distance"]
        assert row["steps"] == 12 and np.isfinite(row["frechet_damsm"])
    assert (sweep / "sweep.md").stat().st_size and (sweep / "sweep.png").stat().st_size


def test_a_sweep_of_another_setting_needs_another_folder(sweep):
    result = run(
        "recipes.sweep", *SWEEP, "--key=model.damsm_weight", "--values=1", f"--workdir={sweep}"
    )
    assert result.returncode == 1
    assert "belongs to another config. Different: model.damsm_weight" in result.stderr


def test_a_user_error_in_a_sweep_writes_nothing(tmp_path):
    folder = tmp_path / "s"
    for arguments, message in (
        (("--key=model.mode_seeking_weights", "--values=1"), "Did you mean"),
        (("--key=model.mask_tiling", "--values=per_sample,no_such"), "cannot be no_such"),
    ):
        result = run("recipes.sweep", *SWEEP, *arguments, f"--workdir={folder}")
        assert result.returncode == 1 and result.stderr.count("\n") == 1, result.stderr
        assert result.stderr.startswith("error: ") and message in result.stderr
        assert not folder.exists()
