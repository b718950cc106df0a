"""`recipes.generate --describe`: pages and lists of descriptions, and unsuitable presets."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.models.test_mirror_gan import mirror_gan, stream
from tests.support import tiny
from zoo.errors import ZooError
from zoo.visualization import caption_page
from zoo.visualization.canvas import MARGIN


@pytest.fixture(scope="module")
def models():
    """Preset name -> the model that replaces it in these tests."""
    teacher, whole = stream(), mirror_gan(compiled=False)
    # An untrained one describes all images in the same way.
    for weight in teacher.captioner.decoder.weights:
        weight.assign(weight * 20)
    whole.load_stream(teacher)
    return {"whole": whole, "stream": teacher, "without": mirror_gan(compiled=False),
            "dm_gan": tiny.dm_gan(compiled=False), "damsm": tiny.damsm()}


def listed(folder):
    content = json.loads((folder / "descriptions.json").read_text())
    return content["preset"], content["descriptions"]


def test_generated_images_are_described(call, models, tmp_path, capsys):
    out, captions = tmp_path / "out", ["a red circle", "square"]
    call("--preset=whole", f"--captions={';'.join(captions)}", "--samples_per_condition=2",
         "--seed=3", "--describe", "--interpolate=3", f"--out={out}")
    preset, entries = listed(out)
    assert preset == "whole" and len(entries) == 4 + 6
    images, details = models["whole"].generate(captions, 2, seed=3, describe=True)
    assert [entry["description"] for entry in entries[:4]] == details["descriptions"]
    assert [(entry["condition"], entry["seed"]) for entry in entries[:4]] == [
        (caption, seed) for caption in captions for seed in (3, 4)
    ]
    between = models["whole"].interpolate(captions, 3, seed=3)
    assert [entry["description"] for entry in entries[4:]] == models["whole"].describe(between)
    assert [entry["step"] for entry in entries[4:]] == [0, 1, 2] * 2
    for entry, image in zip(entries, [*images, *between], strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(out / entry["file"])), image)
    descriptions = details["descriptions"]
    page = np.asarray(Image.open(out / "grid.png"))
    np.testing.assert_array_equal(page, caption_page.caption_page(captions, images, descriptions))
    printed = capsys.readouterr().out
    assert "4 images, grid.png, interpolation.png and descriptions.json in" in printed


@pytest.mark.parametrize("preset", ["stream", "whole"])
def test_given_images_are_described(call, models, photos, tmp_path, preset):
    out = tmp_path / "out"
    call(f"--preset={preset}", f"--images={photos}", f"--images={photos}/lake.jpg", "--describe",
         f"--out={out}")
    assert sorted(path.name for path in out.iterdir()) == ["descriptions.json", "grid.png"]
    said = models["stream"].describe([photos, photos / "lake.jpg"])
    files = [f"{photos}/{name}" for name in ("hill.png", "lake.jpg", "lake.jpg")]
    assert listed(out)[1] == [
        {"file": file, "description": text} for file, text in zip(files, said, strict=True)
    ]


@pytest.mark.parametrize(("preset", "arguments", "message"), [
    ("without", ["--caption=a", "--describe"], "saved without its captioning network: use one"),
    ("dm_gan", ["--caption=a", "--describe"], "is a DMGAN, which cannot describe.*MirrorGAN with"),
    ("damsm", ["--images=x", "--describe"], "is a DAMSM, which cannot describe"),
    ("damsm", [], "is a DAMSM, which generates no images.$"),
    ("stream", ["--images={0}"], "Pretraining, which generates no images; give it some with --im"),
    ("stream", ["--describe"], "No images.*describes images: give --images=FILE"),
    ("stream", ["--describe", "--caption=a"], "describes images.*without --caption"),
    ("stream", ["--describe", "--images=no.png"], "no.png cannot be read"),
    ("stream", ["--describe", "--images={0}", "--interpolate=3"], "generates no images"),
    ("whole", ["--describe", "--images={0}", "--caption=a"], "without --caption"),
    ("whole", ["--describe", "--images={0}", "--explain"], "without --explain"),
    ("whole", ["--images={0}"], "reads captions.*without --images"),
    ("whole", ["--describe"], "No captions"),
])
def test_presets_that_cannot_describe(call, photos, tmp_path, preset, arguments, message):
    arguments = [argument.format(photos) for argument in arguments]
    with pytest.raises(ZooError, match=message):
        call(f"--preset={preset}", *arguments, f"--out={tmp_path}/out")
    assert not (tmp_path / "out").exists()


# --- the page -------------------------------------------------------------------------------------


def ink(page, left, color):
    """How many pixels right of `left` have a color."""
    return int((page[:, left:] == color).all(-1).sum())


def test_words_outside_the_caption_are_red():
    images, left = np.zeros([2, 64, 64, 3], np.uint8), MARGIN + caption_page.CAPTION
    pages = [
        caption_page.caption_page(["Red-heart!"], images, descriptions)
        for descriptions in (["red heart", "heart red"], ["red heart", "heart full"], ["", ""])
    ]
    # the heading is above the first rule, the texts below
    same, other, silent = (page[MARGIN + 40:] for page in pages)
    assert ink(same, left, caption_page.OTHER) == 0 < ink(other, left, caption_page.OTHER)
    assert ink(silent, left, caption_page.OTHER) == 0 < ink(silent, left, caption_page.GRAY)


@pytest.mark.parametrize(("size", "shown"), [(16, 128), (64, 128), (96, 96), (256, 256)])
def test_images_are_in_whole_pixels_next_to_the_caption(size, shown):
    images = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), np.uint8)
    page = caption_page.caption_page(["a b c"], images, ["a", "b", "long " * 30])
    assert page.shape[1] == 2 * MARGIN + caption_page.CAPTION + 3 * (shown + caption_page.GAP)
    scale = shown // size
    whole = images[1].repeat(scale, 0).repeat(scale, 1)[1:-1, 1:-1]  # without the frame
    left = MARGIN + caption_page.CAPTION + shown + 2 * caption_page.GAP + 1
    column = page[:, left:left + shown - 2]
    tops = [y for y in range(len(column)) if np.array_equal(column[y], whole[0])]
    assert tops and np.array_equal(column[tops[0]:tops[0] + shown - 2], whole)
    assert (page[-MARGIN:] == 255).all() and (page[:, -MARGIN:] == 255).all()
