"""Command lines: one clear line per user error, exit code 1, nothing written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHAPES = "--config=recipes/attn_gan.py:shapes"


def call(module, *arguments):
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, text=True, capture_output=True,
        env={**os.environ, "COLUMNS": "200"}, timeout=120,
    )


@pytest.mark.parametrize("arguments,message", [
    ([], "--config is missing"),
    ([SHAPES], "--workdir is missing"),
    ([SHAPES, "--config.batchsize=3"], 'Unknown config key "batchsize".*mean "batch_size"'),
    ([SHAPES, "--config.model.latent=3"], 'mean "model.latent_dim"'),
    ([SHAPES, "--config.steps=many"], "must be a whole number, .*--config.steps=3, got .many"),
    ([SHAPES, "--workdirr=x"], "Unknown command line flag 'workdirr'. Did you mean: workdir"),
    ([SHAPES, "extra"], 'Unexpected argument "extra"'),
    (["--config=recipes/attn_gan.py:emojis"], 'Unknown dataset "emojis".*mean "emoji"'),
    (["--config=recipes/atn_gan.py"], 'no recipe file "recipes/atn_gan.py".*mean "attn_gan.py"'),
    (["--config.steps=3"], "without --config"),
    ([SHAPES, "--workdir=x", "--config.batch_size=0"], "config.batch_size must be at least 1"),
])
def test_train_user_errors(arguments, message):
    check(call("recipes.train", *arguments), message)


@pytest.mark.parametrize("arguments,message", [
    ([], "--out is missing"),
    (["--captions=a"], "--out is missing"),
    (["--captions=a", "--out=setup.py/x"], "is a file, not a folder"),
    (["--captions=a", "--out=x"], "--preset is missing"),
    (["--captions=a", "--out=x", "--preset=p", "--images_per_caption=0"], "at least 1, got 0"),
    (["--out=x", "--samples_per_condition=0"], "--samples_per_condition must be at least 1"),
    (["--out=x", "--interpolate=1"], "--interpolate must be at least 2, got 1"),
    (["--out=x", "--preset=p", "--direction=up"], "a2b.*b2a"),
    (["--captions=a", "--out=x", "--preset=p", "--seed=abc"], "abc"),
    (["--captions=a", "--out=x", "--preset=p", "--unknown=maybe"], "drop.*unk"),
])
def test_generate_user_errors(arguments, message, tmp_path):
    if "--out=setup.py/x" in arguments:
        (tmp_path / "file").write_text("")
        arguments = ["--captions=a", f"--out={tmp_path}/file/x"]
    check(call("recipes.generate", *arguments), message)


def check(result, message):
    import re

    lines = result.stderr.strip().splitlines()
    assert result.returncode == 1, result.stderr
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    assert re.search(message, lines[0]), lines[0]
    assert result.stdout == ""
    assert not (ROOT / "x").exists()


def test_help_lists_the_flags():
    result = call("recipes.generate", "--help")
    assert {"--captions", "--labels", "--guide", "--seed"} <= set(
        word.rstrip(":") for word in result.stdout.replace("[no]", "").split()
    )
    assert "separated by semicolons" in result.stdout


def test_recipe_is_found_from_another_folder(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "recipes.train", SHAPES, "--config.stepz=1"], cwd=tmp_path,
        text=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120,
    )
    check(result, 'Unknown config key "stepz"')
