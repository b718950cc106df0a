"""DM-GAN + mode seeking and StackGAN++ from end to end, and a sweep, all with one tiny DAMSM.

All in this process: the programs as processes are those of test_attn_gan_runs.py.
"""

import ast
import importlib
import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest

import recipes.sweep
import zoo
from export.saved_model import export_saved_model
from tests.support import programs
from tests.support.recipes import train
from tests.support.runs import SIZES, assert_same_files, run
from zoo.errors import ZooError
from zoo.training.progress import Progress

SYSTEMS = {
    "dm_gan": ("--config.model.mode_seeking_weight=1",),
    "stackgan_v2": (),
    "stackgan_v2 without text": ("--config.text='none'", "--config.model.color_weight=50.0"),
}
SWEEP = ("--config=recipes/dm_gan.py:shapes", *SIZES)
# With captions StackGAN++ reads the data and draws the grids as DM-GAN does, and its step is one of
# tests/models/test_every_system.py.
LARGE = ("stackgan_v2",)


class Killed(BaseException):
    """Raised in a training step."""


def sweep_here(*arguments):
    """Runs `recipes.sweep` in this process."""
    with programs.parsed(recipes.sweep, *SWEEP, *arguments, config_flag="config"):
        recipes.sweep.main([])


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep that was killed in its second run and resumed: its folder, and what each printed.

    It pre-trained the DAMSM of all tests.
    """
    folder = tmp_path_factory.mktemp("sweep") / "s"
    command = ("--values=0,1", f"--workdir={folder}")
    begun = []

    def advance(self, count=Progress.advance):
        count(self)
        if (self.what, self.step) == ("step", 7):
            begun.append(self)
            if len(begun) == 3:  # after the DAMSM and the first run
                raise Killed

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as killed:
        patch.setattr(Progress, "advance", advance)
        with pytest.raises(Killed):
            sweep_here(*command)
    with redirect_stdout(io.StringIO()) as resumed:
        sweep_here(*command)
    return folder, killed.getvalue(), resumed.getvalue()


def train_here(folder, recipe, flags):
    """Runs `recipes.train` with these flags in this process."""
    config = importlib.import_module(f"recipes.{recipe}").get_config("shapes").unlock()
    for flag in flags:
        key, value = flag.removeprefix("--config.").split("=", 1)
        config.update_from_flattened_dict({key: ast.literal_eval(value)})
    assert train(config.lock(), folder)


@pytest.fixture(scope="module", params=[
    pytest.param(name, marks=pytest.mark.large if name in LARGE else ()) for name in SYSTEMS
])
def trained(request, sweep, tmp_path_factory):
    """(name, flags, folder of a run); DM-GAN's is one of the sweep."""
    name, swept = request.param, sweep[0]
    flags = (*SIZES, *SYSTEMS[name], f"--config.damsm='{swept}/damsm/presets/best'")
    if name == "dm_gan":
        return name, flags, swept / "mode_seeking_weight_1"
    folder = tmp_path_factory.mktemp("trained") / "run"
    train_here(folder, name.partition(" ")[0], flags)
    assert "pre-training" not in (folder / "log.txt").read_text()
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
    """By default AttnGAN's processes do, and every system in tests/models/test_every_system.py.

    DM-GAN's run was resumed by the sweep, and is the run that `recipes.train` makes.
    """
    name, flags, folder = trained
    for steps in (12,) if name == "dm_gan" else (8, 12):
        recipe = name.partition(" ")[0]
        train_here(tmp_path / "run", recipe, (*flags, f"--config.steps={steps}"))
    if name != "dm_gan":
        assert "resumed at step 8" in (tmp_path / "run" / "log.txt").read_text()
    files = "checkpoints/last.h5", "presets/last/model.weights.h5"
    assert_same_files(folder, tmp_path / "run", *files)


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
    export_saved_model(model, str(tmp_path / "served"))
    served = tf.saved_model.load(str(tmp_path / "served" / "1")).signatures["pixels"]
    inputs = {**text, "seed": tf.constant(seeds, tf.int64)}
    answer = served(**{key: tf.constant(value) for key, value in inputs.items()})["image"]
    assert np.abs(answer.numpy().astype(int) - images).max() <= 1


def test_a_killed_sweep_resumes_and_repeats_nothing(sweep):
    folder, killed, resumed = sweep
    assert "pre-training a DAMSM" in killed and (folder / "damsm" / "presets" / "best").is_dir()
    assert "mode_seeking_weight_0 is already done" in resumed and "pre-training" not in resumed
    assert "resumed at step 4\n" in resumed
    report = json.loads((folder / "sweep.json").read_text())
    assert [row["value"] for row in report["rows"]] == [0, 1]
    off, on = report["rows"]
    assert off["losses"]["mode_seeking"] == 0 < on["losses"]["mode_seeking"]
    assert off["latent_distance"] == on["latent_distance"]  # the same noises
    assert off["image_distance"] != on["image_distance"]
    for row in report["rows"]:
        assert row["ratio"] == row["image_distance"] / row["latent_distance"]
        assert row["steps"] == 12 and np.isfinite(row["frechet_damsm"])
    assert (folder / "sweep.md").stat().st_size and (folder / "sweep.png").stat().st_size


def test_a_sweep_of_another_setting_needs_another_folder(sweep):
    words = "belongs to another config. Different: model.damsm_weight"
    with pytest.raises(ZooError, match=words):
        sweep_here("--key=model.damsm_weight", "--values=1", f"--workdir={sweep[0]}")


@pytest.mark.parametrize(("key", "values", "words"), [
    ("model.mode_seeking_weights", "1", "Did you mean"),
    ("model.mask_tiling", "per_sample,no_such", "cannot be no_such"),
])
def test_a_user_error_in_a_sweep_writes_nothing(tmp_path, key, values, words):
    with pytest.raises(ZooError, match=words) as caught:
        sweep_here(f"--key={key}", f"--values={values}", f"--workdir={tmp_path / 's'}")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "s").exists()


@pytest.mark.large
def test_a_sweep_as_a_process(tmp_path):
    result = run("recipes.sweep", *SWEEP, "--values=0", f"--workdir={tmp_path / 's'}")
    assert result.returncode == 0, result.stderr
    assert result.stderr == "" and "pre-training a DAMSM" in result.stdout
