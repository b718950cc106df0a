"""The benchmark of starts: its rows, and a recipe that ends before its first step."""

import sys

import pytest

from tests.benchmarks import starts


def test_a_presets_row_has_the_median_of_the_differences(monkeypatch):
    whole, alone = iter([5.0, 3.5, 4.0]), iter([3.0, 2.0, 2.25])
    monkeypatch.setattr(
        starts, "seconds", lambda program: next(alone if program == starts.IMPORT else whole)
    )
    assert starts.first_image("some", 3) == "| `some` | 4.00 | 2.25 | 1.75 |"


def test_a_recipe_is_timed_to_its_first_step(monkeypatch, tmp_path):
    assert starts.first_step("dcgan:cifar10_small", tmp_path) is None  # no data set
    (tmp_path / "cifar10_images.zip").touch()
    program, python = tmp_path / "python", sys.executable
    program.write_text(f"#!{python}\nimport time\ntime.sleep(0.2)\nprint('opening')\n"
                       "print('step 1/9 (11 %)', flush=True)\ntime.sleep(60)\n")
    program.chmod(0o755)
    monkeypatch.setattr(starts.sys, "executable", str(program))
    row = starts.first_step("dcgan:cifar10_small", tmp_path)
    name, taken = (cell.strip() for cell in row.strip("|").split("|"))
    assert name == "`dcgan:cifar10_small`" and 0.2 <= float(taken) < 60
    program.write_text(f"#!{python}\nraise SystemExit('error: no such thing')\n")
    with pytest.raises(RuntimeError, match="ended with status 1: error: no such thing"):
        starts.first_step("dcgan:cifar10_small", tmp_path)
