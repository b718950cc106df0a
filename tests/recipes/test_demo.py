"""The demo on a tiny preset, as the program that a user runs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import recipes.demo
from tests.support import programs, tiny
from zoo.errors import ZooError

ROOT = Path(__file__).resolve().parents[2]


def demo(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "recipes.demo", *map(str, arguments)], cwd=cwd, timeout=300,
        capture_output=True, text=True,
    )


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    directory = tmp_path_factory.mktemp("presets") / "tiny"
    tiny.attn_gan(compiled=False).save_to_preset(str(directory))
    return directory


def test_writes_images_and_a_model_that_agrees(preset, tmp_path):
    from PIL import Image

    done = demo(f"--preset={preset}", "--captions=a red circle;blue square", f"--out={tmp_path}",
                "--noises=33")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "differ by at most" in done.stdout
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    assert grid.shape[0] > 2 * 128 and grid.shape[1] > 33 * 128
    assert (grid[:, :190] < 100).any()  # the captions
    assert np.asarray(Image.open(tmp_path / "explain.png")).shape[0] > 2 * 256
    assert (tmp_path / "saved_model" / "1" / "saved_model.pb").exists()
    assert len(list((tmp_path / "served").glob("*.png"))) == 66  # more than an export takes at once
    assert "zoo" not in (tmp_path / "client.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset=no_such_preset"], "no_such_preset"),
        (["--noises=0"], "--noises"),
        (["--nosies=1"], "nosies"),
    ],
)
def test_user_errors_are_one_line_and_write_nothing(arguments, message, tmp_path):
    with pytest.raises(ZooError, match=message) as caught:
        with programs.parsed(recipes.demo, *arguments, f"--out={tmp_path / 'out'}"):
            recipes.demo.main([])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
