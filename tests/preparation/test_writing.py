"""What is written can be trained on, and the report says what was written."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from tests.support import folders
from zoo.data import get_source
from zoo.errors import ZooError
from zoo.preparation import prepare, readable
from zoo.preparation.checks import resized


def wide(folder, count, sizes):
    """`count` pairs side by side, and then images of these sizes."""
    folders.side_by_side(folder, count)
    for number, size in enumerate(sizes):
        Image.new("RGB", size).save(folder / f"{count + number:03d}.png")


@pytest.mark.parametrize(("size", "count", "words"), [
    ((101, 40), 3, "003.png: 101 pixels wide, which is odd; expected A.B side by side"),
    ((40, 40), 3, "003.png: an image of 40 x 40 pixels is unlikely to be A and B side by side"),
    ((40, 40), 25, "025.png: an image of 40 x 40 pixels is unlikely"),
])
@pytest.mark.parametrize("resize", [None, 16])
def test_pairs_that_training_refuses_are_refused(tmp_path, size, count, words, resize):
    wide(tmp_path / "mine", count, [size])
    with pytest.raises(ZooError, match=words):
        prepare(tmp_path / "mine", tmp_path / "out", kind="pairs", size=resize)
    assert not (tmp_path / "out").exists()


def test_an_odd_pair_can_be_left_out_but_a_single_image_makes_all_doubtful(tmp_path):
    wide(tmp_path / "mine", 3, [(101, 40)])
    record = prepare(tmp_path / "mine", tmp_path / "out", "pairs", on_error="skip", test_fraction=0)
    assert record["images"] == {"train": 3} and "101 pixels" in record["left_out"][0]
    assert len(get_source("pairs", directory=tmp_path / "out")) == 3
    wide(tmp_path / "mine", 3, [(40, 40)])
    with pytest.raises(ZooError, match="unlikely to be A and B"):
        prepare(tmp_path / "mine", tmp_path / "out2", "pairs", on_error="skip")


@pytest.mark.parametrize("count", range(1, 12))
def test_small_domains_have_both_sides_in_each_split(tmp_path, count):
    """Of 5 to 10 images the hash put some of one side into the test part, and none of the other."""
    folders.two_folders(tmp_path / "mine", count=count, stems=("a", "b"))
    record = prepare(tmp_path / "mine", tmp_path / "out", kind="domains")
    assert sum(record["images"].values()) == 2 * count
    for split in record["images"]:
        source = get_source("unpaired", directory=tmp_path / "out", split=split)
        assert len(source.a) and len(source.b)


@pytest.mark.parametrize(("kind", "broken", "words"), [
    ("domains", "B", "of the domain B is left in the split train"),
    ("classes", "red", "of the class red is left in the split train"),
])
def test_a_domain_or_class_of_broken_images_is_not_left_out(tmp_path, kind, broken, words):
    write = folders.classes if kind == "classes" else folders.two_folders
    write(tmp_path / "mine", count=4)
    for path in (tmp_path / "mine" / broken).glob("*.png"):
        path.write_bytes(b"broken")
    with pytest.raises(ZooError, match=f"no usable image {words} .*[0-9] left out, first: .*Fix"):
        prepare(tmp_path / "mine", tmp_path / "out", kind, on_error="skip", test_fraction=0)
    assert not (tmp_path / "out").exists()


def test_a_split_of_broken_images_is_not_left_out(tmp_path):
    folders.classes(tmp_path / "mine" / "train", 2)
    folders.save(tmp_path / "mine" / "test" / "red" / "1.png", 1)
    (tmp_path / "mine" / "test" / "red" / "1.png").write_bytes(b"broken")
    with pytest.raises(ZooError, match="image of the class red is left in the split test"):
        prepare(tmp_path / "mine", tmp_path / "out", on_error="skip")


def test_what_training_refuses_is_not_written(tmp_path, monkeypatch):
    folders.classes(tmp_path / "mine", 3)

    def refuse(*_, directory, **__):
        assert os.path.exists(f"{directory}/dataset.json")
        raise ZooError(f"{directory}/train: refused.")

    monkeypatch.setattr(readable, "get_source", refuse)
    with pytest.raises(ZooError, match="training could not read the split train .*out/train: refu"):
        prepare(tmp_path / "mine", tmp_path / "out", test_fraction=0)
    monkeypatch.setattr(readable, "get_source", lambda *_, **__: [1, 2])
    with pytest.raises(ZooError, match="training would read 2 of the 9 images of the split train"):
        prepare(tmp_path / "mine", tmp_path / "out", test_fraction=0)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


# --- sizes ----------------------------------------------------------------------------------------


def test_two_halves_are_scaled_by_themselves():
    image = np.zeros([40, 82, 3], np.uint8)
    image[:, 41:] = 255
    small = resized(image, 13, halves=True)
    assert small.shape == (13, 26, 3)
    assert (small[:, :13] == 0).all() and (small[:, 13:] == 255).all()
    assert resized(image, 13).shape == (13, 27, 3)


@pytest.mark.parametrize(("half", "height"), [(80, 100), (80, 64), (33, 41), (100, 24)])
def test_resized_pairs_stay_pairs(half, height):
    for size in range(8, 40):
        result = resized(np.zeros([height, 2 * half, 3], np.uint8), size, halves=True)
        assert result.shape[1] % 2 == 0 and 5 * result.shape[1] >= 8 * result.shape[0], size
        assert min(result.shape[0], result.shape[1] // 2) == size


@pytest.mark.parametrize(("kind", "write"), [
    ("classes", folders.classes), ("pairs", folders.side_by_side),
])
def test_the_sizes_are_those_of_the_written_images(tmp_path, kind, write):
    write(tmp_path / "mine", count=4)
    lines = []
    record = prepare(tmp_path / "mine", tmp_path / "out", kind, size=13, log=lines.append)
    assert record["sizes"] == {"smallest": 13, "median": 13, "largest": 13}
    assert "sizes     shorter side 13 to 13 pixels, median 13" in lines
    assert prepare(tmp_path / "mine", tmp_path / "o", kind)["sizes"]["median"] == 24


def test_a_size_beyond_what_is_read_is_refused(tmp_path, monkeypatch):
    folders.classes(tmp_path / "mine", 1)
    monkeypatch.setenv("ZOO_MAX_PIXELS", "1000")
    with pytest.raises(ZooError, match="--size=32 makes it 32 x 32 pixels, but at most 1,000"):
        prepare(tmp_path / "mine", tmp_path / "out", size=32)


# --- the report -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "write", "sides", "line"), [
    ("domains", lambda f: folders.two_folders(f, ("winter", "summer"), stems=("w", "s")),
     {"A": ["summer"], "B": ["winter"]}, "sides     A is summer; B is winter"),
    ("pairs", lambda f: folders.two_folders(f, ("map", "photo")),
     {"A": ["map"], "B": ["photo"]}, "sides     A is map; B is photo"),
    ("pairs", folders.side_by_side, {"A": ["left half"], "B": ["right half"]},
     "sides     A is left half; B is right half"),
])
def test_the_report_names_a_and_b(tmp_path, kind, write, sides, line):
    write(tmp_path / "mine")
    lines = []
    assert prepare(tmp_path / "mine", tmp_path / "out", kind, log=lines.append)["sides"] == sides
    assert line in lines
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["sides"] == sides


def test_the_report_names_the_sides_of_each_split(tmp_path):
    for split in ("train", "test"):
        folders.two_folders(tmp_path / "mine", (f"{split}A", f"{split}B"), count=2)
    lines = []
    record = prepare(tmp_path / "mine", tmp_path / "out", "domains", log=lines.append)
    assert record["sides"] == {"A": ["testA", "trainA"], "B": ["testB", "trainB"]}
    assert "sides     A is testA and trainA; B is testB and trainB" in lines


def test_the_report_says_that_nothing_is_held_out(tmp_path):
    folders.classes(tmp_path / "mine", 2)
    lines = []
    prepare(tmp_path / "mine", tmp_path / "out", test_fraction=0, log=lines.append)
    assert "held out  none" in lines


# --- arguments ------------------------------------------------------------------------------------


def test_a_fraction_that_would_do_nothing_is_refused(tmp_path):
    folders.classes(tmp_path / "mine" / "train", 2)
    for fraction in (0.3, 0.1, 0):
        with pytest.raises(ZooError, match=f"found the split train, so --test_fraction={fraction} "
                                           "would have no effect; .*Leave it out"):
            prepare(tmp_path / "mine", tmp_path / "out", test_fraction=fraction)
    assert prepare(tmp_path / "mine", tmp_path / "out")["images"] == {"train": 6}


@pytest.mark.parametrize("folder", [None, 5, "x\0", ["mine"], b"mine", "", 1.5])
def test_folders_that_are_none(tmp_path, folder):
    with pytest.raises(ZooError, match="The folder to prepare (must be|is missing)|no such folder"):
        prepare(folder, tmp_path / "out")


@pytest.mark.parametrize("out", [None, 5, "x\0", ["out"], b"out", ""])
def test_outputs_that_are_none(tmp_path, out):
    folders.classes(tmp_path / "mine", 1)
    with pytest.raises(ZooError, match="--out (must be|is missing)"):
        prepare(tmp_path / "mine", out)


def test_a_licence_is_a_string(tmp_path):
    with pytest.raises(ZooError, match="--licence must be a string, got b'CC0'"):
        prepare(tmp_path, tmp_path / "out", licence=b"CC0")


def test_numbers_of_numpy(tmp_path):
    folders.classes(tmp_path / "mine", 4)
    record = prepare(tmp_path / "mine", tmp_path / "out", size=np.int64(16),
                     test_fraction=np.float32(0.5))
    assert record["sizes"]["largest"] == 16 and set(record["images"]) == {"train", "test"}
    for options in ({"size": np.float64(16)}, {"size": np.bool_(True)},
                    {"test_fraction": np.float32("nan")}, {"test_fraction": np.array([0.5])}):
        with pytest.raises(ZooError, match="must be a"):
            prepare(tmp_path / "mine", tmp_path / "out2", **options)


def test_two_images_of_one_name_are_refused(tmp_path):
    folders.classes(tmp_path / "mine", 2)
    folders.image(1).save(tmp_path / "mine" / "red" / "000.jpg")
    with pytest.raises(ZooError, match="red/000.png: this image and .*red/000.jpg would both "
                                       "become (train|test)/red/000.png; .*Rename"):
        prepare(tmp_path / "mine", tmp_path / "out", size=16)
