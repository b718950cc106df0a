"""`recipes.generate`: flags that must match the preset, and output files."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.models.test_dcgan import NAMES, dcgan
from tests.support import tiny, tiny_images
from tests.support.tiny_drit import SIZE, drit
from tests.support.tiny_xmc_gan import text, xmc_gan
from zoo.errors import ZooError
from zoo.visualization.grid import GAP, TEXT_HEIGHT

FEATURES = tiny.TEXT["features"]


@pytest.fixture(scope="module")
def models():
    """Preset name -> the model that replaces it in these tests."""
    return {
        "captions": tiny.dm_gan(compiled=False),
        "embeddings": tiny.stackgan_v2("embeddings", compiled=False),
        "words": xmc_gan(),
        "none": tiny.stackgan_v2("none", compiled=False),
        "labels": dcgan(compiled=False),
        "names": dcgan(compiled=False, class_names=NAMES),
        "pix2pix": tiny_images.pix2pix(compiled=False),
        "fixed": tiny_images.pix2pix(compiled=False, latent_dim=0),
        "bicyclegan": tiny_images.bicyclegan(compiled=False, source_channels=1),
        "drit": drit(compiled=False, concat=False),
    }


def rows(tmp_path, values):
    np.save(tmp_path / "rows.npy", values)
    return tmp_path / "rows.npy"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read_image(path):
    return np.asarray(Image.open(path))


def tiles(path, size, labels=True):
    """The images of a grid, (rows, columns, size, size, 3)."""
    top = TEXT_HEIGHT if labels else 0
    canvas = read_image(path)[GAP:, GAP:]
    rows, columns = canvas.shape[0] // (size + GAP + top), canvas.shape[1] // (size + GAP)
    canvas = canvas[:rows * (size + GAP + top), :columns * (size + GAP)]
    canvas = canvas.reshape(rows, size + GAP + top, columns, size + GAP, 3)
    return canvas.transpose(0, 2, 1, 3, 4)[:, :, top:top + size, :size]


def test_explain_writes_a_panel_and_its_numbers(call, models, tmp_path):
    out = tmp_path / "out"
    call("--preset=captions", "--captions=a red circle;square", "--images_per_caption=2",
         "--seed=5", "--explain", f"--out={out}")
    assert names(out) == [
        "00_a-red-circle_seed5.png", "00_a-red-circle_seed6.png", "01_square_seed5.png",
        "01_square_seed6.png", "explain.json", "explain.png", "grid.png",
    ]
    explained = json.loads((out / "explain.json").read_text())
    _, details = models["captions"].generate(
        ["a red circle", "square"], seed=5, return_details=True
    )
    assert explained["preset"] == "captions"
    for row, numbers in enumerate(explained["captions"]):
        words = details["tokens"][row]
        assert numbers["words"] == words
        peaks = details["attention"][row].max((0, 1))[:len(words)]
        np.testing.assert_allclose(numbers["attention_peak"], peaks, rtol=1e-5)
        gates = details["writing_gate"][row][:len(words)]
        np.testing.assert_allclose(numbers["writing_gate"], gates, rtol=1e-5)
        assert set(numbers["distances"]) == {"conditioning_noise", "latent"}
    assert np.asarray(Image.open(out / "explain.png")).ndim == 3


def test_embeddings_replace_captions(call, models, tmp_path):
    values = np.random.default_rng(0).normal(size=(2, FEATURES))
    out = tmp_path / "out"
    call("--preset=embeddings", f"--embeddings={rows(tmp_path, values)}",
         "--images_per_caption=1", "--explain", f"--out={out}")
    assert names(out) == ["00_embedding-0_seed0.png", "01_embedding-1_seed0.png", "explain.json",
                          "explain.png", "grid.png"]
    images = models["embeddings"].generate(values)
    written = np.asarray(Image.open(out / "01_embedding-1_seed0.png")).astype(int)
    assert np.abs(written - images[1]).max() <= 1


def test_word_embeddings(call, models, tmp_path):
    values, out = text(2), tmp_path / "out"
    np.savez(tmp_path / "text.npz", **values)
    call("--preset=words", f"--embeddings={tmp_path}/text.npz", "--samples_per_condition=1",
         "--interpolate=2", f"--out={out}")
    assert [name for name in names(out) if "step" not in name] == [
        "00_embedding-0_seed0.png", "01_embedding-1_seed0.png", "grid.png", "interpolation.png",
    ]
    want = models["words"].generate(values)
    assert np.abs(read_image(out / "01_embedding-1_seed0.png").astype(int) - want[1]).max() <= 1
    with pytest.raises(ZooError, match="expected an .npz file of words"):
        call("--preset=words", f"--embeddings={rows(tmp_path, values['words'])}", f"--out={out}/2")
    np.savez(tmp_path / "text.npz", words=values["words"])
    with pytest.raises(ZooError, match="a dict of `words`"):
        call("--preset=words", f"--embeddings={tmp_path}/text.npz", f"--out={out}/2")


def test_unconditional_preset_needs_no_condition(call, tmp_path):
    call("--preset=none", "--images_per_caption=2", f"--out={tmp_path}/out")
    assert names(tmp_path / "out") == [
        "00_no-caption_seed0.png", "00_no-caption_seed1.png", "grid.png"
    ]


@pytest.mark.parametrize("flag", ["samples_per_condition", "images_per_caption"])
def test_labels(call, models, tmp_path, flag):
    out = tmp_path / "out"
    call("--preset=names", "--labels=dog; 3", f"--{flag}=2", "--seed=7", f"--out={out}")
    assert names(out) == ["00_dog_seed7.png", "00_dog_seed8.png", "01_ship_seed7.png",
                          "01_ship_seed8.png", "grid.png"]
    images = models["names"].generate(["dog", "ship"], 2, seed=7)
    np.testing.assert_array_equal(read_image(out / "01_ship_seed7.png"), images[2])
    np.testing.assert_array_equal(
        tiles(out / "grid.png", 16), images.reshape(2, 2, *images.shape[1:])
    )


def test_without_labels_every_class(call, tmp_path):
    call("--preset=labels", "--samples_per_condition=1", f"--out={tmp_path}/out")
    assert names(tmp_path / "out") == [
        *(f"0{label}_class-{label}_seed0.png" for label in range(4)), "grid.png"
    ]


def test_images_are_next_to_their_sources(call, models, photos, tmp_path):
    out, size = tmp_path / "out", tiny_images.SIZE
    call("--preset=pix2pix", f"--images={photos}/lake.jpg", f"--images={photos}", "--seed=4",
         "--samples_per_condition=2", f"--out={out}")
    assert names(out) == [
        f"0{row}_{name}_seed{seed}.png" for row, name in enumerate(("lake", "hill", "lake"))
        for seed in (4, 5)
    ] + ["grid.png"]
    images = models["pix2pix"].generate([photos / "lake.jpg", photos], 2, seed=4)
    shown = tiles(out / "grid.png", size)
    assert shown.shape[:2] == (3, 3)
    np.testing.assert_array_equal(shown[:, 1:].reshape(images.shape), images)
    np.testing.assert_array_equal(shown[0, 0], shown[2, 0])
    source = models["pix2pix"].condition.parse(photos)["source"]
    np.testing.assert_array_equal(shown[1, 0], source[0])


def test_directions_and_guides(call, models, photos, tmp_path):
    hill, lake = photos / "hill.png", photos / "lake.jpg"
    call("--preset=drit", f"--images={hill}", "--direction=b2a", f"--guide={lake}",
         f"--out={tmp_path}/drit")
    assert names(tmp_path / "drit") == ["00_hill.png", "grid.png"]
    want = models["drit"].generate(hill, direction="b2a", guide=str(lake))
    np.testing.assert_array_equal(tiles(tmp_path / "drit" / "grid.png", SIZE)[0, 1], want[0])
    call("--preset=bicyclegan", f"--images={photos}", f"--guide={lake}",
         f"--out={tmp_path}/bicyclegan")
    assert names(tmp_path / "bicyclegan") == ["00_hill.png", "01_lake.png", "grid.png"]
    want = models["bicyclegan"].generate_like(photos, lake)
    np.testing.assert_array_equal(read_image(tmp_path / "bicyclegan" / "01_lake.png"), want[1])
    gray = tiles(tmp_path / "bicyclegan" / "grid.png", tiny_images.SIZE)[:, 0]
    assert (gray == gray[..., :1]).all()


@pytest.mark.parametrize(("preset", "arguments"), [
    ("fixed", ()), ("bicyclegan", ("--guide={0}/hill.png",)), ("drit", ("--guide={0}/hill.png",)),
])
def test_one_image_per_source(call, photos, tmp_path, preset, arguments):
    arguments = [f"--preset={preset}", f"--images={photos}", f"--out={tmp_path}/out",
                 *(argument.format(photos) for argument in arguments)]
    for flag in ("--samples_per_condition=2", "--interpolate=3"):
        with pytest.raises(ZooError, match="only one translation"):
            call(*arguments, flag)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("preset", "conditions", "size", "columns"), [
    ("captions", ["--caption=a red circle", "--caption=square"], 32, 3),
    ("none", [], 32, 3),
    ("labels", ["--labels=1;3"], 16, 3),
    ("bicyclegan", ["--images={0}"], tiny_images.SIZE, 4),
    ("drit", ["--images={0}", "--direction=b2a"], SIZE, 4),
])
def test_interpolation(call, models, photos, tmp_path, preset, conditions, size, columns):
    out = tmp_path / "out"
    conditions = [condition.format(photos) for condition in conditions]
    call(f"--preset={preset}", *conditions, "--seed=2", "--samples_per_condition=2",
         "--interpolate=3", f"--out={out}")
    shown = tiles(out / "interpolation.png", size)
    usual = tiles(out / "grid.png", size)
    assert shown.shape[1] == columns and usual.shape[1] == columns - 1
    alike = shown[:, :-2].astype(int) - usual[:, :-1]  # sources, and the first seed
    assert np.abs(alike).max() <= 1  # other batch sizes round differently
    single = [name for name in names(out) if "_seed2-3_step" in name]
    assert len(single) == 3 * len(shown)
    np.testing.assert_array_equal(read_image(out / single[-1]), shown[-1, -1])


def test_seeds_of_explanations_are_checked_before_images_are_generated(call, tmp_path):
    with pytest.raises(ZooError, match="--seed must be .*because the 5 after it are used too"):
        call("--preset=captions", "--caption=red", f"--seed={2**63 - 2}", "--explain",
             "--samples_per_condition=1", f"--out={tmp_path}/out")


def test_two_names_of_one_flag(call, tmp_path):
    with pytest.raises(ZooError, match="mean the same, but they are 2 and 3"):
        call("--preset=none", "--samples_per_condition=2", "--images_per_caption=3",
             f"--out={tmp_path}/out")
    call("--preset=none", "--samples_per_condition=2", "--images_per_caption=2",
         f"--out={tmp_path}/out")
    assert len(names(tmp_path / "out")) == 3


@pytest.mark.parametrize(("preset", "arguments", "message"), [
    ("captions", [], "No captions.*reads captions: give --captions"),
    ("captions", ["--embeddings"], "reads captions.*without --embeddings"),
    ("captions", ["--caption=a", "--embeddings"], "reads captions.*without --embeddings"),
    ("embeddings", [], "No embeddings.*give --embeddings=FILE.npy"),
    ("embeddings", ["--captions=a red circle"], "sentence embeddings.*without --captions"),
    ("embeddings", ["--embeddings", "--unknown=unk"], "without --unknown"),
    ("none", ["--caption=red"], "without a condition, without --caption"),
    ("none", ["--embeddings"], "without a condition, without --embeddings"),
    ("words", ["--explain"], "word vectors of 6 numbers.*without --explain"),
    ("words", [], "No embeddings.*give --embeddings=FILE.npz"),
    ("captions", ["--caption=red", "--labels=0"], "reads captions.*without --labels"),
    ("labels", ["--captions=red"], "reads labels, numbers from 0 to 3: .*without --captions"),
    ("names", ["--images=x"], "or names .cat, dog, frog, ship.: .*without --images"),
    ("labels", ["--explain"], "without --explain"),
    ("labels", ["--labels=0;4"], "from 0 to 3, got 4"),
    ("labels", ["--labels=cat"], "from 0 to 3, got 'cat'"),
    ("names", ["--labels=dgo"], 'There is no class.*"dog"'),
    ("names", ["--labels="], "There is no class ''"),
    ("pix2pix", [], "No images.*translates images: give --images=FILE or --images=FOLDER.$"),
    ("pix2pix", ["--images=x", "--guide=y"], "without --guide"),
    ("pix2pix", ["--images=no.png"], "no.png cannot be read.*does not exist"),
    ("bicyclegan", ["--images=x", "--direction=b2a"], "--guide, without --direction"),
    ("bicyclegan", ["--images=x", "--labels=0"], "without --labels"),
    ("drit", [], "No images.*and optionally --direction and --guide"),
])
def test_flags_that_do_not_apply_to_the_preset(call, tmp_path, preset, arguments, message):
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
def test_invalid_embedding_files(call, tmp_path, content, message):
    file = tmp_path / "rows.npy"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        np.save(file, content)
    with pytest.raises(ZooError, match=message):
        call("--preset=embeddings", f"--embeddings={file}", f"--out={tmp_path}/out")
    assert not (tmp_path / "out").exists()
