"""A run that is killed anywhere ends with the same bits as one that is not."""

import re
import signal

import numpy as np
import pytest

from tests.integration.tiny import TINY, run, start, weights


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted run's folder."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    result = run("recipes.train", *TINY, f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    return folder


def kill_at(folder, line, number=signal.SIGKILL):
    """Start the run and send a signal when it prints `line`; returns what it printed, its code."""
    process = start("recipes.train", *TINY, f"--workdir={folder}")
    printed = []
    for text in process.stdout:
        printed.append(text)
        if text.startswith(line):
            process.send_signal(number)
            break
    else:
        raise AssertionError(f"never printed {line}: {printed} {process.stderr.read()}")
    rest, errors = process.communicate(timeout=120)
    return "".join(printed) + rest, errors, process.returncode


def assert_same_files(a, b, *names):
    for name in names:
        first, second = weights(a / name), weights(b / name)
        assert first.keys() == second.keys()
        for key, value in first.items():
            np.testing.assert_array_equal(value, second[key], err_msg=f"{name}: {key}")


def test_killed_three_times_ends_with_the_same_bits(whole, tmp_path):
    folder = tmp_path / "run"
    _, _, code = kill_at(folder, "step 6/12")  # in pre-training, two steps after a checkpoint
    assert code == -signal.SIGKILL
    assert not (folder / "checkpoints").exists()
    printed, _, _ = kill_at(folder, "parameters: text_encoder")  # between the two stages
    assert re.search("resumed at step [48]\n", printed), printed
    printed, _, _ = kill_at(folder, "step 7/12")  # in training
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
    printed, errors, code = kill_at(folder, "step 2/12", signal.SIGINT)  # in pre-training
    assert code == 0 and errors == "", errors
    assert "stopped by SIGINT" in printed and "the same command goes on" in printed
    assert not (folder / "checkpoints").exists()
    result = run("recipes.train", *TINY, f"--workdir={folder}")
    assert result.returncode == 0, result.stderr
    assert_same_files(whole, folder, "checkpoints/last.h5")
