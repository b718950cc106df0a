"""A run that is killed anywhere ends with the same bits as one that is not."""

import re
import signal

import pytest

from tests.integration.tiny import TINY, assert_same_files, kill_at, run, weights


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run's folder."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    result = run("recipes.train", *TINY, f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    return folder


def test_killed_three_times_ends_with_the_same_bits(whole, tmp_path):
    folder = tmp_path / "run"
    command = (*TINY, f"--workdir={folder}")
    _, _, code = kill_at("step 6/12", *command)  # in pre-training, two steps after a checkpoint
    assert code == -signal.SIGKILL
    assert not (folder / "checkpoints").exists()
    printed, _, _ = kill_at("parameters: text_encoder", *command)  # between the two stages
    assert re.search("resumed at step [48]\n", printed), printed
    printed, _, _ = kill_at("step 7/12", *command)  # in training
    assert "pre-training" not in printed
    assert weights(folder / "checkpoints" / "last.h5")["iteration"] in (4, 8)
    result = run("recipes.train", *TINY, f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    assert re.search("resumed at step [48]\n", result.stdout)
    assert weights(folder / "checkpoints" / "last.h5")["iteration"] == 12
    assert_same_files(
        whole, folder, "checkpoints/last.h5", "damsm/checkpoints/last.h5",
        "presets/last/model.weights.h5", "presets/best/model.weights.h5",
    )


def test_ctrl_c_saves_and_goes_on(whole, tmp_path):
    folder = tmp_path / "run"
    printed, errors, code = kill_at(  # in pre-training
        "step 2/12", *TINY, f"--workdir={folder}", number=signal.SIGINT
    )
    assert code == 0 and errors == "", errors
    assert "stopped by SIGINT" in printed and "the same command goes on" in printed
    assert not (folder / "checkpoints").exists()
    result = run("recipes.train", *TINY, f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    assert_same_files(whole, folder, "checkpoints/last.h5")
