"""The usage lines of a card fit the model: its own call runs, and the flags exist."""

import functools
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import zoo
from tests.importers.released import tiny_dcgan, tiny_drit
from tests.support import tiny, tiny_images
from zoo import presets
from zoo.conditions import WordEmbeddings
from zoo.models.dcgan import DCGAN
from zoo.models.mirror_gan import CaptionPretraining
from zoo.presets.registry import HERE
from zoo.presets.usage import condition_record, python_lines, recorded_condition

ROOT = Path(__file__).resolve().parents[2]


def named():
    """A DCGAN whose class names a shell would read."""
    return DCGAN(classes=2, class_names=["$a", 'b"c'], image_size=16, filters=2, latent_dim=4)


MODELS = {
    "captions": (lambda: tiny.stackgan_v2("rnn", compiled=False), '--captions="a caption"'),
    "embeddings": (lambda: tiny.stackgan_v2("embeddings", compiled=False), "--embeddings="),
    "nothing": (lambda: tiny.stackgan_v2("none", compiled=False), "--samples_per_condition=4"),
    "labels": (tiny_dcgan, '--labels="0;1"'),
    "names": (named, "--labels='$a;b\"c'"),
    "images": (lambda: tiny_images.pix2pix(compiled=False), "--images=photos"),
    "one image": (
        lambda: tiny_images.pix2pix(compiled=False, latent_dim=0, where_add="input"),
        "--images=photos --seed=7",
    ),
    "two ways": (tiny_drit, "--images=photos --direction=a2b"),
}


@functools.cache
def model_of(name):
    return MODELS[name][0]()


@pytest.mark.parametrize("name", MODELS)
def test_the_lines_of_a_card_run_on_the_model(name, monkeypatch, tmp_path):
    model = model_of(name)
    condition = condition_record(model)
    assert json.loads(json.dumps(condition)) == condition
    metadata = {"name": "x", "files": {}, "condition": condition}
    card = presets.card(metadata)
    (code,) = re.findall("```python\n(.*?)\n```", card, re.S)
    words = code.replace("a caption", tiny.WORDS[3])  # of the tiny vocabulary
    photos = np.zeros([1, 8, 8, 3], "uint8")
    monkeypatch.setattr(zoo, "from_preset", lambda handle: model)
    known = {"embeddings": np.ones([2, condition.get("features", 1)], "float32")}
    scope = {**known, "photos": photos}
    exec(words.replace('"photos"', "photos"), scope)
    assert scope["images"].dtype == np.uint8 and len(scope["images"]) >= 1

    (command,) = re.findall("```\n(python -m .*?)\n```", card, re.S)
    assert MODELS[name][1] in command
    assert ("--direction=b2a" in command) == (name == "two ways")
    if name == "embeddings":
        assert f"float (rows, {tiny.TEXT['features']})" in code


def test_every_flag_of_the_command_exists():
    program = (ROOT / "recipes" / "generate.py").read_text("utf-8")
    for name in MODELS:
        record = condition_record(model_of(name))
        card = presets.card({"name": "x", "files": {}, "condition": record})
        for flag in re.findall(r"--(\w+)=", card):
            assert f'"{flag}"' in program, f"recipes.generate has no --{flag}"


def test_a_model_that_describes_images():
    captioner = {"kind": "compact", "units": 4, "encoder": {"features": 4, "filters": 2}}
    model = CaptionPretraining(tiny.WORDS, max_words=4, image_size=16, captioner=captioner)
    assert condition_record(model) == {"kind": "description"}
    card = presets.card({"name": "x", "files": {}, "task": "image-captioning"})
    assert "model.describe(" in card
    assert f"recipes.generate --preset={HERE} --images=photos --describe" in card


def test_judges_draw_nothing():
    assert condition_record(tiny.damsm()) is None
    assert "## Use" not in presets.card({"name": "x", "files": {}, "condition": None})


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"task": "text-to-image"}, {"kind": "captions"}),
        ({"task": "label-to-image"}, {"kind": "labels", "examples": [0, 1]}),
        ({"task": "image-to-image", "class": "Pix2Pix"}, {"kind": "images"}),
        (
            {"task": "image-to-image", "class": "DRIT"},
            {"kind": "images", "directions": ["a2b", "b2a"]},
        ),
        ({"task": "image-to-image", "condition": {"kind": "nothing"}}, {"kind": "nothing"}),
        ({"task": "something else"}, None),
    ],
)
def test_presets_that_do_not_say_it_are_taken_by_their_task(metadata, expected):
    assert recorded_condition(metadata) == expected


def test_vectors_of_words():
    model = SimpleNamespace(condition=WordEmbeddings(17, 768), latent_dim=4)
    card = presets.card({"name": "x", "files": {}, "condition": condition_record(model)})
    assert 'generate({"words": words, "lengths": lengths}, images_per_caption=4' in card
    assert "float (rows, 17, 768)" in card and "--embeddings=words.npz" in card


def test_separators_in_class_names():
    model = DCGAN(classes=2, class_names=["a;b", "c"], image_size=16, filters=2, latent_dim=4)
    condition = condition_record(model)
    assert condition["examples"] == [0, 1]
    assert "model.generate([0, 1], samples_per_condition=4, seed=7)" in python_lines("x", condition)


def test_a_card_names_a_caption_of_its_training():
    model = model_of("captions")
    record = {**condition_record(model), "caption": "the cat's face"}
    card = presets.card({"name": "x", "files": {}, "condition": record})
    assert 'model.generate(["the cat\'s face"], images_per_caption=4' in card
    (command,) = re.findall("```\n(python -m .*?)\n```", card, re.S)
    assert "--caption=the cat's face" in shlex.split(command)
