"""AttnGAN's recipe from end to end with tiny networks; training is in processes of its own.

A dry run, a whole run, what its folder holds, images of its preset, and a run that is interrupted
twice and ends with the same bits as the one that is not. One whole run serves all of them.
"""

import json
import re
import signal

import numpy as np
import pytest
from PIL import Image

from recipes import generate, train
from tests.support import programs
from tests.support.runs import TINY, assert_same_files, kill_at, run, weights
from zoo.errors import ZooError
from zoo.training import cost


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    result = run("recipes.train", *TINY, f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    return folder, result


def train_here(*arguments):
    """Runs `recipes.train` in this process, for what needs no process of its own."""
    with programs.parsed(train, *TINY, *arguments, config_flag="config"):
        train.main([])


def generate_here(*arguments):
    with programs.parsed(generate, *arguments):
        generate.main([])


def test_dry_run_describes_and_writes_nothing(tmp_path, capsys, monkeypatch):
    """Of this machine, measured in tests/training/test_cost.py, only the name."""
    machine = cost.Machine(flops=1e10, bandwidth=1e10, overhead=1e-5)
    monkeypatch.setattr(cost, "measure_machine", lambda dtype: machine)
    folder = tmp_path / "run"
    train_here(f"--workdir={folder}", "--dry_run")
    text = capsys.readouterr().out
    assert '"stage_sizes": [\n      16,\n      32\n    ]' in text
    assert "generator " in text and "discriminator_32 " in text
    assert "batch images: float32 (4, 16, 16, 3)" in text
    assert "batch images: float32 (4, 32, 32, 3)" in text
    assert "batch tokens: int32 (4, 18)" in text
    assert "estimate on this machine: " in text and "; 12 steps: " in text
    assert not folder.exists()


def test_console_is_quiet(trained):
    _, result = trained
    assert result.stderr == ""
    first, *lines = result.stdout.splitlines()
    assert first == "opening the data and building the networks"
    lines = lines[lines[0].startswith("this processor"):]  # advice on the precision, or none
    assert lines[0].startswith("pre-training a DAMSM") and lines[-1].startswith("done: 12 steps")


def test_folder_is_complete(trained):
    folder, _ = trained
    config = json.loads((folder / "config.json").read_text())
    assert config["steps"] == 12 and config["model"]["generator_filters"] == 4
    for name in ("log.txt", "checkpoints/last.h5", "presets/last/model.weights.h5",
                 "presets/best/README.md", "damsm/presets/best/metadata.json",
                 "samples/step_0000006.png", "samples/step_0000012_explain.png"):
        assert (folder / name).stat().st_size > 0, name
    assert list((folder / "events").glob("events.out.tfevents.*"))
    notes = json.loads((folder / "presets.json").read_text())
    assert notes["last"]["step"] == 12 and notes["best"]["metric"] == "frechet_damsm"
    card = (folder / "presets/best/README.md").read_text()
    assert f'generate(["{config["samples"]["captions"][0]}"]' in card


def test_images_and_scalars_reach_tensorboard(trained):
    import tensorflow as tf

    folder, _ = trained
    tags = {
        value.tag
        for file in (folder / "events").glob("events.*")
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    assert {"samples", "samples_explain", "captions", "generator_loss", "discriminator_loss",
            "held_out/frechet_damsm", "images_per_second"} <= tags


def test_a_batch_of_one_has_no_mismatched_caption(tmp_path):
    with pytest.raises(ZooError, match="^config.batch_size must be at least 2"):
        train_here("--config.batch_size=1", f"--workdir={tmp_path / 'run'}")
    assert not (tmp_path / "run").exists()


def test_another_config_is_rejected(trained):
    folder, _ = trained
    with pytest.raises(ZooError) as caught:
        train_here("--config.model.latent_dim=5", f"--workdir={folder}")
    assert str(caught.value) == (
        f"--workdir {folder} belongs to another config. Different: model.latent_dim "
        "(4 there, 5 now). Give another folder, or the old settings to resume that run."
    )


def test_resuming_after_a_kill_and_ctrl_c_is_bit_exact(trained, tmp_path):
    """A run that is killed in training: the sweep of test_systems.py."""
    whole, _ = trained
    folder = tmp_path / "run"
    command = (*TINY, f"--workdir={folder}")
    _, _, code = kill_at("step 6/12", *command)  # in pre-training, two steps after a checkpoint
    assert code == -signal.SIGKILL
    assert not (folder / "checkpoints").exists()
    printed, errors, code = kill_at("step 2/12", *command, number=signal.SIGINT)  # in training
    assert re.search("resumed at step [48]\n", printed), printed
    assert code == 0 and errors.startswith("stopping after this step"), errors
    assert errors.count("\n") == 1
    assert "stopped by SIGINT" in printed and "run the same command again to resume" in printed
    saved = int(weights(folder / "checkpoints" / "last.h5")["iteration"])
    assert 2 <= saved < 12
    result = run("recipes.train", *TINY, f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    assert f"resumed at step {saved}\n" in result.stdout
    assert "pre-training" not in result.stdout
    assert weights(folder / "checkpoints" / "last.h5")["iteration"] == 12
    assert_same_files(
        whole, folder, "checkpoints/last.h5", "damsm/checkpoints/last.h5",
        "presets/last/model.weights.h5", "presets/best/model.weights.h5",
    )


def test_generate_writes_the_images_of_the_preset(trained, tmp_path):
    folder, _ = trained
    preset = folder / "presets" / "last"
    generate_here(
        f"--preset={preset}", "--captions=a red circle; a small star", "--images_per_caption=3",
        "--seed=5", f"--out={tmp_path}/p", "--explain",
    )
    names = sorted(path.name for path in (tmp_path / "p").iterdir())
    assert names == sorted(
        [f"00_a-red-circle_seed{s}.png" for s in (5, 6, 7)]
        + [f"01_a-small-star_seed{s}.png" for s in (5, 6, 7)]
        + ["explain.json", "explain.png", "grid.png"]
    )

    import zoo

    model = zoo.from_preset(str(preset))
    images = model.generate(["a red circle", "a small star"], images_per_caption=3, seed=5)
    for index, name in ((0, "00_a-red-circle_seed5.png"), (5, "01_a-small-star_seed7.png")):
        written = np.asarray(Image.open(tmp_path / "p" / name)).astype(int)
        assert np.abs(written - images[index]).max() <= 1


@pytest.mark.parametrize("arguments,message", [
    (["--captions=a red circle;"], "empty"),
    (["--captions=zebra giraffe"], "zebra"),
    (["--captions=a red circle", "--preset=no_such_preset"], "no_such_preset"),
])
def test_generate_user_errors_write_nothing(trained, tmp_path, arguments, message):
    folder, _ = trained
    if not any(argument.startswith("--preset") for argument in arguments):
        arguments = [*arguments, f"--preset={folder}/presets/last"]
    with pytest.raises(ZooError, match=message) as caught:
        generate_here(*arguments, f"--out={tmp_path}/p")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "p").exists()


@pytest.mark.large
def test_a_user_error_is_one_line_and_status_1(trained, tmp_path):
    """By default the errors above, and one of another program in tests/zoo_cli/test_program.py."""
    folder, _ = trained
    arguments = (f"--preset={folder}/presets/last", "--captions=zebra giraffe")
    result = run("recipes.generate", *arguments, f"--out={tmp_path}/p")
    assert result.returncode == 1
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
