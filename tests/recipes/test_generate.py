"""`recipes.generate`: flags that must fit the preset, and the files of --explain."""

import json
import sys

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import zoo
from recipes import cli, generate
from tests import tiny
from zoo.errors import ZooError

FEATURES = tiny.TEXT["features"]


@pytest.fixture(scope="module")
def models():
    """Preset name -> the model that it stands for in these tests."""
    return {
        "captions": tiny.dm_gan(compiled=False),
        "embeddings": tiny.stackgan_v2("embeddings", compiled=False),
        "none": tiny.stackgan_v2("none", compiled=False),
    }


@pytest.fixture
def call(models, monkeypatch):
    """The program in this process: arguments -> its work, with flags as they were afterwards."""
    monkeypatch.setattr(zoo, "from_preset", models.__getitem__)
    if not flags.FLAGS.is_parsed():
        flags.FLAGS([sys.argv[0]])

    def run(*arguments):
        with flagsaver.flagsaver():
            cli.parse(["generate", *map(str, arguments)])
            generate.main([])

    return run


def rows(tmp_path, values):
    np.save(tmp_path / "rows.npy", values)
    return tmp_path / "rows.npy"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_explain_writes_a_panel_and_its_numbers(call, models, tmp_path):
    out = tmp_path / "out"
    call("--preset=captions", "--captions=a red circle;square", "--images_per_caption=2",
         "--seed=5", "--explain", f"--out={out}")
    assert names(out) == [
        "00_a-red-circle_seed5.png", "00_a-red-circle_seed6.png", "01_square_seed5.png",
        "01_square_seed6.png", "explain.json", "explain.png", "grid.png",
    ]
    told = json.loads((out / "explain.json").read_text())
    _, details = models["captions"].generate(
        ["a red circle", "square"], seed=5, return_details=True
    )
    assert told["preset"] == "captions"
    for row, numbers in enumerate(told["captions"]):
        words = details["tokens"][row]
        assert numbers["words"] == words
        peaks = details["attention"][row].max((0, 1))[:len(words)]
        np.testing.assert_allclose(numbers["attention_peak"], peaks, rtol=1e-5)
        gates = details["writing_gate"][row][:len(words)]
        np.testing.assert_allclose(numbers["writing_gate"], gates, rtol=1e-5)
        assert set(numbers["distances"]) == {"conditioning_noise", "latent"}
    assert np.asarray(Image.open(out / "explain.png")).ndim == 3


def test_embeddings_take_the_place_of_captions(call, models, tmp_path):
    values = np.random.default_rng(0).normal(size=(2, FEATURES))
    out = tmp_path / "out"
    call("--preset=embeddings", f"--embeddings={rows(tmp_path, values)}",
         "--images_per_caption=1", "--explain", f"--out={out}")
    assert names(out) == ["00_embedding-0_seed0.png", "01_embedding-1_seed0.png", "explain.json",
                          "explain.png", "grid.png"]
    images = models["embeddings"].generate(values)
    written = np.asarray(Image.open(out / "01_embedding-1_seed0.png")).astype(int)
    assert np.abs(written - images[1]).max() <= 1


def test_without_condition_nothing_is_needed(call, tmp_path):
    call("--preset=none", "--images_per_caption=2", f"--out={tmp_path}/out")
    assert names(tmp_path / "out") == [
        "00_no-caption_seed0.png", "00_no-caption_seed1.png", "grid.png"
    ]


@pytest.mark.parametrize(("preset", "arguments", "message"), [
    ("captions", [], "No captions.*reads captions: give --captions"),
    ("captions", ["--embeddings"], "reads captions.*without --embeddings"),
    ("captions", ["--caption=a", "--embeddings"], "reads captions.*without --embeddings"),
    ("embeddings", [], "No embeddings.*give --embeddings=FILE.npy"),
    ("embeddings", ["--captions=a red circle"], "sentence embeddings.*without --captions"),
    ("embeddings", ["--embeddings", "--unknown=unk"], "without --unknown"),
    ("none", ["--caption=red"], "without a condition, without --captions"),
    ("none", ["--embeddings"], "without a condition, without --embeddings"),
])
def test_flags_that_do_not_fit_the_preset(call, tmp_path, preset, arguments, message):
    file = rows(tmp_path, np.zeros((1, FEATURES)))
    arguments = [f"{a}={file}" if a == "--embeddings" else a for a in arguments]
    with pytest.raises(ZooError, match=message):
        call(f"--preset={preset}", *arguments, f"--out={tmp_path}/out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("content", "message"), [
    (None, "cannot be read: No such file"),
    (b"", "expected a .npy file of numbers"),
    (b"not an array", "expected a .npy file of numbers"),
    (np.array(["red"]), "expected a .npy file of numbers"),
    (np.array([{}], dtype=object), "expected a .npy file of numbers"),
    (np.zeros((2, FEATURES + 1)), f"rows, {FEATURES}"),
    (np.full((1, FEATURES), np.nan), "NaN"),
    (np.zeros((0, FEATURES)), f"rows, {FEATURES}"),
])
def test_files_that_are_no_embeddings(call, tmp_path, content, message):
    file = tmp_path / "rows.npy"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        np.save(file, content)
    with pytest.raises(ZooError, match=message):
        call("--preset=embeddings", f"--embeddings={file}", f"--out={tmp_path}/out")
    assert not (tmp_path / "out").exists()
