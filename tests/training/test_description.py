"""`--dry_run` of the papers' experiments without their data: the authors' parameter counts."""

import os
import subprocess
import sys

import pytest

from tests.support.published_counts import COUNTS
from tests.support.runs import ROOT, environment
from zoo.training import describe, load_recipe, plan
from zoo.training.gpus import GPUS

CHEAP = "dcgan:cifar10_msgan"


def opened(variant):
    name, _, dataset = variant.partition(":")
    return load_recipe(str(ROOT / "recipes" / f"{name}.py") + f":{dataset}")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)


@pytest.mark.parametrize("variant", [
    CHEAP, *(pytest.param(name, marks=pytest.mark.large) for name in COUNTS if name != CHEAP)])
def test_the_networks_are_those_of_the_authors(variant):
    found = plan(opened(variant))
    counts = found.model.parameter_counts()
    assert {name: counts[name] for name in COUNTS[variant]} == COUNTS[variant]
    assert any("the data is not here" in note for note in found.notes)
    assert found.step.flops > 0 and found.config.steps > 0
    if variant.startswith("xmc_gan"):
        assert any(note.startswith("BERT is not here") for note in found.notes)
        assert found.batch["pieces"].shape == (found.config.batch_size, 17)


def test_the_text_has_a_line_per_gpu_and_says_what_is_calculated():
    text = describe(opened(CHEAP))
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("calculated, not measured"))
    assert "40% of the peak FLOP/s, 70% of the memory bandwidth" in lines[start]
    assert [line.split(",")[0].strip() for line in lines[start + 1:]] == [g.name for g in GPUS]
    assert "estimate on this machine" in lines[start - 1]
    assert "batch images: float32 (32, 32, 32, 3)" in lines
    assert "parameters: generator 3,531,395, discriminator 2,658,689" in lines


def test_a_run_on_other_data_has_no_lines_of_gpus():
    recipe = opened("dcgan:shapes")
    recipe.config.update({"steps": 1, "batch_size": 2})
    recipe.config.model.filters = 2
    assert "calculated" not in describe(recipe)


@pytest.mark.large
@pytest.mark.parametrize("variant", COUNTS)
def test_the_program_takes_less_than_twenty_seconds_of_a_cpu(variant, tmp_path):
    code = ("import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
            "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
            "print(done.returncode, used.ru_utime + used.ru_stime)")
    name, _, dataset = variant.partition(":")
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", "recipes.train",
         f"--config=recipes/{name}.py:{dataset}", "--dry_run"],
        cwd=tmp_path, env={**environment(), "PYTHONPATH": os.fspath(ROOT)}, text=True,
        capture_output=True, timeout=600,
    )
    status, seconds = done.stdout.splitlines()[-1].split()
    assert status == "0", done.stderr
    assert float(seconds) < 20
