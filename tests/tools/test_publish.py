"""tools/publish.py: the sample grid of presets whose conditions are images; readers."""

import types

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.support import tiny_drit, tiny_images
from tools import publish
from tools.training_plan import FACADES, Job
from zoo.models.feature_encoder import FeatureEncoder
from zoo.presets import read_metadata
from zoo.presets.registry import HERE

JOBS = {
    "pairs": (tiny_images.pix2pix, "pix2pix.py:shapes", 8, 8,
              "the source and the target, then 6 samples (seeds 0 to 5), unselected."),
    "domains": (lambda **changes: tiny_drit.drit(
        image_size=32, content_discriminator={"layers": 0}, **changes), "drit.py:shapes", 12, 7,
        "the source, then 6 samples (seeds 0 to 5), unselected. a2b above, b2a below."),
}


def published(job, model, tmp_path):
    queue = types.SimpleNamespace(out=tmp_path / "runs", data=tmp_path, plan=[job])
    queue.preset = queue.trained_path = lambda job: queue.out / job.name
    model.save_to_preset(queue.trained_path(job), {
        "description": "tiny", "training": {"steps": 1, "data": f"pairs:{tmp_path}/facades.zip"},
        "usage": f'zoo.from_preset("{HERE}")',
    })
    (queue.trained_path(job) / "log.txt").write_text(
        "11:59:59 step 80/200 (40 %)  a_loss 3  b 4  26.0 images/s  9 s left\n"
        "12:00:00 step 100/200 (50 %)  a_loss 1.5  b 0.25  27.3 images/s  7 s left\n"
    )
    target = tmp_path / "published" / job.name
    return publish.publish(queue, job, target, "a machine"), target


@pytest.mark.parametrize("kind", JOBS)
def test_images_as_conditions(kind, tmp_path):
    make, recipe, rows, columns, text = JOBS[kind]
    job = Job(kind, recipe, FACADES)
    line, target = published(job, make(compiled=False), tmp_path)
    assert "changes pixels by at most" in line
    metadata = read_metadata(str(target))
    (picture,) = metadata["pictures"]
    assert picture["text"].endswith(f"One row per condition: {text}")
    with Image.open(target / picture["path"]) as file:
        height, width = np.asarray(file).shape[:2]
    assert height // 32 == rows and width // 32 == columns
    assert metadata["data"][0]["name"] == "CMP Facade Database"
    assert metadata["usage"] == f'zoo.from_preset("{kind}")'
    training = metadata["training"]
    assert training["hardware"] == "a machine" and "--config.threads=1" in training["command"]
    assert training["log of step 100"] == "a_loss 1.5  b 0.25"


def test_a_reader(tmp_path):
    job = Job("reader", program="train_encoder", data=FACADES,
              settings={"data": "facade_labels:DATA"})
    cells = {"names": ["a", "b"], "colors": [[0, 0, 0], [255, 255, 255]]}
    model = FeatureEncoder([], "zoo-tiny-encoder", 16, 4, 2, cells=cells)
    line, target = published(job, model, tmp_path)
    assert "parameters" in line and zoo.from_preset(str(target)).cells == cells
    assert "--data=facade_labels:data/facades.zip" in read_metadata(str(target))["training"][
        "command"]
