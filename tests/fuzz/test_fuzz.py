"""Damaged inputs are read or refused in one sentence: never another error, a hang or a crash."""

import os
import pathlib
import subprocess
import sys

import pytest

from tests.fuzz.run import check, fuzz
from tests.fuzz.subjects import SUBJECTS
from zoo.errors import ZooError

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICK = {"weights": 60, "checkpoint": 60, "images": 60, "archive": 40, "pickles": 60, "preset": 12}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_few_damaged_inputs(name, tmp_path):
    fuzz(SUBJECTS[name](tmp_path), QUICK[name])


@pytest.mark.large
@pytest.mark.parametrize("name", SUBJECTS)
def test_many_damaged_inputs_in_a_process_with_limits(name, tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", name, "--examples=3000", "--seconds=100",
         f"--folder={tmp_path}"],
        cwd=ROOT, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, capture_output=True, text=True,
        timeout=400,
    )  # fmt: skip
    last = tmp_path / "last_input.pickle"
    assert result.returncode == 0, f"{result.stderr[-3000:]}\nlast input: {last}"
    assert last.exists()


class Odd:
    def __init__(self, error):
        self.error = error

    def read(self, value):
        raise self.error


@pytest.mark.parametrize(
    "error", [ValueError("x"), ZooError("x\ny"), ZooError("x" * 10**4), ZooError("")]
)
def test_the_fuzzer_sees_what_it_looks_for(error):
    with pytest.raises((AssertionError, ValueError)):
        check(Odd(error), None)
    check(Odd(ZooError("It is refused.")), None)
