"""Every shipped preset that makes images, as a user meets it: loaded, generated from, evaluated,
exported; and its training command, whose first losses are those of the card.

    python -m pytest tests/presets/test_sweep.py --large

The data sets are in the folder of the environment variable ZOO_DATA_DIR, default `../shared/data`.
"""

import json
import math
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo
from examples.measure_presets import FAMILIES
from export import verify
from export.saved_model import export_saved_model
from tests.presets import shipped
from tools.publish import LOGGED, STEP
from zoo.presets import read_metadata, registry
from zoo.training import hardware

pytestmark = pytest.mark.large
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ZOO_DATA_DIR") or ROOT.parent / "shared" / "data")
FILES = {"emoji": "emoji.zip", "cifar10": "cifar10_images.zip", "facades": "facades.zip"}
RECORD = f"log of step {STEP}"


def trainings():
    """Names of the presets whose cards have losses of their training."""
    records = {name: read_metadata(registry.builtin_directory(name)) for name in shipped.names()[0]}
    return [name for name, metadata in records.items() if RECORD in metadata.get("training", {})]


def data_set(file):
    if not (DATA / file).exists():
        pytest.skip(f"the data set {file} is not in {DATA} (ZOO_DATA_DIR)")
    return DATA / file


@pytest.mark.parametrize("name", shipped.names()[0])
def test_preset(name, tmp_path, capsys):
    shipped.require_text_encoder(name)
    family = FAMILIES[name.split("_")[-2]]
    data = f"{family['source']}:{data_set(FILES[family['data']])}"
    model = zoo.from_preset(name)
    images = model.generate(shipped.condition(model), samples_per_condition=2, seed=7)
    assert images.shape == (2, *[model.image_size] * 2, 3) and images.dtype == np.uint8
    assert images.std() > 10  # neither flat nor empty

    encoders = [f"--encoder={encoder}" for encoder in family["encoders"]]
    run("recipes.evaluate", f"--preset={name}", f"--data={data}", *encoders, "--protocol=quick",
        f"--out={tmp_path}/report", *family["counts"], *list(family["variants"])[:1])
    results = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))["results"]
    values = {entry["metric"]: entry["value"] for entry in results}
    assert any(metric.startswith("fid[") for metric in values)
    assert all(map(math.isfinite, values.values())), values

    path = export_saved_model(model, tmp_path / "export")
    assert verify.main([path]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", trainings())
def test_training_command_repeats_the_losses_of_the_card(name, tmp_path, capsys):
    """Digit by digit on the same kind of processor; others round differently, and a GAN's losses
    after so many steps then agree roughly."""
    shipped.require_text_encoder(name)
    training = read_metadata(registry.builtin_directory(name))["training"]
    if training["dtype"] == "mixed_bfloat16" and not hardware.has_bfloat16():
        pytest.skip("the training used instructions for bfloat16, which this processor lacks")
    command = shlex.split(training["command"])
    (file,) = {Path(word).name for word in command if word.startswith("--config.data.directory=")}
    run("recipes.train", *(
        f"--config.data.directory={data_set(file)}" if "data.directory=" in word else
        f"--workdir={tmp_path}/run" if word.startswith("--workdir=") else
        re.sub(r"=runs/(\w+)/.*", r"=\1", word)  # a stage that ships
        for word in command[3:]
    ), "--config.epochs=0", f"--config.steps={STEP}", "--config.sample_every=0")
    logged = re.search(LOGGED, (tmp_path / "run" / "log.txt").read_text("utf-8"))[1]
    expected, found = losses(training[RECORD]), losses(logged)
    with capsys.disabled():
        print(f"\n{name}: {'all digits' if expected == found else (expected, found)}")
    assert found == pytest.approx(expected, rel=0.3, abs=0.05)


def losses(line):
    words = line.split()
    return dict(zip(words[::2], map(float, words[1::2]), strict=True))


def run(program, *arguments):
    command = [sys.executable, "-m", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-2000:]
