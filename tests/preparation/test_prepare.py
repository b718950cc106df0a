"""A user's folder becomes a data set that the sources read; two readings are asked about."""

import json
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.support import folders
from zoo.data import get_source
from zoo.errors import ZooError
from zoo.listing import open_tree
from zoo.preparation import find_kind, prepare, read_record
from zoo.preparation.caption_files import read_captions


def as_jsonl(folder, captions):
    lines = [json.dumps({"file_name": n, "text": c}) for n, c in captions.items()]
    (folder / "metadata.jsonl").write_text("\n".join(lines))


def as_csv(folder, captions):
    rows = [f'{name},"{caption}, drawn"' for name, caption in captions.items()]
    (folder / "metadata.csv").write_text("\n".join(["file_name,text", *rows]))


def as_txt(folder, captions):
    lines = [f"{name}#{k}\t{c}" for name, c in captions.items() for k in range(2)]
    (folder / "captions.txt").write_text("\n".join(lines))


def as_flickr(folder, captions):
    rows = [f"{name},{caption}" for name, caption in captions.items()]
    (folder / "captions.txt").write_text("\n".join(["image,caption", *rows]))


def as_coco(folder, captions):
    content = {
        "images": [{"id": k, "file_name": name} for k, name in enumerate(captions)],
        "annotations": [{"image_id": k, "caption": c} for k, c in enumerate(captions.values())],
    }
    (folder / "annotations").mkdir()
    (folder / "annotations" / "captions_mine.json").write_text(json.dumps(content))


def as_object(folder, captions):
    (folder / "captions.json").write_text(json.dumps(captions))


def as_files(folder, captions):
    for name, caption in captions.items():
        (folder / name.replace(".png", ".txt")).write_text(f"{caption}\n\na second caption\n")


FORMS = [as_jsonl, as_csv, as_txt, as_flickr, as_coco, as_object, as_files]


@pytest.mark.parametrize("write", FORMS)
def test_captions_in_every_form(tmp_path, write):
    captions = folders.captioned(tmp_path, 4)
    write(tmp_path, captions)
    tree = open_tree(str(tmp_path))
    assert find_kind(tree)[0] == "captions"
    found, problems, _ = read_captions(tree)
    ending = ", drawn" if write is as_csv else ""
    assert {name: texts[0] for name, texts in found.items()} == {
        name: caption + ending for name, caption in captions.items()}
    assert len(found["000.png"]) == (2 if write is as_files else 1) and not problems


def test_a_captioned_folder_becomes_a_data_set(tmp_path):
    as_csv(tmp_path / "mine", folders.captioned(tmp_path / "mine"))
    lines = []
    record = prepare(tmp_path / "mine", tmp_path / "out", licence="CC0", log=lines.append)
    train, test = (get_source("folder", directory=tmp_path / "out", split=split)
                   for split in ("train", "test"))
    assert len(train) == record["images"]["train"] and len(test) == record["images"]["test"]
    assert len(train) + len(test) == 40 and 0 < len(test) < 12
    k = train.file_names.index("001.png") if "001.png" in train.file_names else 0
    name = train.file_names[k]
    np.testing.assert_array_equal(train.load(k), np.asarray(Image.open(tmp_path / "mine" / name)))
    assert train.captions[k][0].endswith(", drawn")
    assert record["words"]["max_words"] == 4 and record["words"]["min_count"] == 2
    assert record["words"]["vocabulary"]["1"] == {"words": 7, "lost": 0}
    assert read_record(tmp_path / "out") == record and record["licence"] == "CC0"
    sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "out")
    assert sums.returncode == 0
    assert Image.open(tmp_path / "out" / "contact_sheet.png").width > 900
    text = "\n".join(lines)
    assert "found     images with captions: metadata.csv" in text and "images are few" in text
    assert "7 with min_count=2" in text


def test_the_division_does_not_depend_on_other_images(tmp_path):
    as_csv(tmp_path / "a", folders.captioned(tmp_path / "a", 40))
    as_csv(tmp_path / "b", folders.captioned(tmp_path / "b", 20))
    for name in "ab":
        prepare(tmp_path / name, tmp_path / f"{name}_out")
    held_out = [{p.name for p in (tmp_path / f"{n}_out" / "test").glob("*.png")} for n in "ab"]
    assert held_out[1] == {name for name in held_out[0] if name < "020.png"}
    prepare(tmp_path / "b", tmp_path / "all", test_fraction=0)
    assert not (tmp_path / "all" / "test").exists()


def test_classes(tmp_path):
    folders.classes(tmp_path / "mine")
    record = prepare(tmp_path / "mine", tmp_path / "out", size=16)
    assert record["kind"] == "classes" and record["found"].startswith("one folder of images per")
    source = get_source("classes", directory=tmp_path / "out", split="train")
    assert source.class_names == ["blue", "green", "red"]
    assert source.load(0).shape == (16, 16, 3) and len(source) == record["images"]["train"]


def test_splits_of_the_user_are_kept(tmp_path):
    folders.classes(tmp_path / "mine" / "training", 3)
    folders.classes(tmp_path / "mine" / "val", 2)
    record = prepare(tmp_path / "mine", tmp_path / "out")
    assert record["images"] == {"train": 9, "val": 6}


def test_pairs_in_two_folders_and_side_by_side(tmp_path):
    folders.two_folders(tmp_path / "two")
    prepare(tmp_path / "two", tmp_path / "out", kind="pairs")
    source = get_source("pairs", directory=tmp_path / "out", split="train")
    held_out = get_source("pairs", directory=tmp_path / "out", split="test")
    assert len(source) + len(held_out) == 20
    folders.side_by_side(tmp_path / "wide")
    record = prepare(tmp_path / "wide", tmp_path / "out2")
    assert record["kind"] == "pairs" and "wide enough" in record["found"]
    assert len(get_source("pairs", directory=tmp_path / "out2", split="train")) < 20


def test_two_domains_of_any_names(tmp_path):
    folders.two_folders(tmp_path / "ab", stems=("a", "b"))
    assert prepare(tmp_path / "ab", tmp_path / "out")["kind"] == "domains"
    folders.two_folders(tmp_path / "mine", ("summer", "winter"), stems=("s", "w"))
    prepare(tmp_path / "mine", tmp_path / "out2", kind="domains")
    for out in ("out", "out2"):
        source = get_source("unpaired", directory=tmp_path / out, split="train")
        assert len(source.a) and len(source.b)


def as_two(folder):
    folders.two_folders(folder, ("summer", "winter"), stems=("s", "w"))


def as_classes_with_captions(folder):
    folders.classes(folder, 2)
    as_files(folder, {f"{c}/{k:03d}.png": "a shape" for c in folders.COLORS for k in range(2)})


def as_wide_with_captions(folder):
    folders.side_by_side(folder, 3)
    as_jsonl(folder, {f"{k:03d}.png": "a pair" for k in range(3)})


@pytest.mark.parametrize(("write", "kinds"), [
    (as_two, "--kind=classes or --kind=domains"),
    (folders.two_folders, "--kind=pairs or --kind=domains"),
    (lambda f: folders.two_folders(f, ("map", "photo")),
     "--kind=classes or --kind=pairs or --kind=domains"),
    (as_classes_with_captions, "--kind=captions or --kind=classes"),
    (as_wide_with_captions, "--kind=captions or --kind=pairs"),
])
def test_two_readings_are_asked_about(tmp_path, write, kinds):
    write(tmp_path / "mine")
    with pytest.raises(ZooError, match=f"found .*which may be .*: say which with {kinds}") as error:
        prepare(tmp_path / "mine", tmp_path / "out")
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()


def nothing(folder):
    folder.mkdir()


def loose(folder):
    folders.captioned(folder, 3)


def two_forms(folder):
    captions = folders.captioned(folder, 3)
    as_jsonl(folder, captions)
    as_csv(folder, captions)


def missing_image(folder):
    as_csv(folder, folders.captioned(folder, 3) | {"999.png": "no image"})


def no_caption(folder):
    as_object(folder, {"000.png": "a"} | dict.fromkeys(list(folders.captioned(folder, 3))[:2], "a"))


def damaged(folder):
    as_csv(folder, folders.captioned(folder, 3))
    (folder / "001.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")


def bad_row(folder):
    folders.captioned(folder, 2)
    (folder / "metadata.csv").write_text("file_name,text\n000.png,a, b\n")


def bad_json(folder):
    folders.captioned(folder, 2)
    (folder / "captions.json").write_text('{"images": [], "annotations": [{}]}')


def half(folder):
    folders.captioned(folder / "trainA", 2)


@pytest.mark.parametrize(("write", "words"), [
    (nothing, "found no images"),
    (loose, "found 3 images directly there, which is none of the accepted: images with captions"),
    (two_forms, "found captions in metadata.csv and metadata.jsonl; expected them in one form"),
    (missing_image, 'metadata.csv, line 5: the image "999.png" is missing.*--on_error=skip'),
    (no_caption, "1 images have no caption, such as 002.png"),
    (damaged, "001.png: a PNG that is damaged"),
    (bad_row, "line 2: 3 columns, but the first line has 2; put captions with commas"),
    (bad_json, 'expected COCO.s form .* but "image_id" is missing'),
    (half, "found trainA for A, but no folder for B"),
])
def test_what_cannot_be_used_is_named(tmp_path, write, words):
    write(tmp_path / "mine")
    with pytest.raises(ZooError, match=words) as error:
        prepare(tmp_path / "mine", tmp_path / "out")
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()


def test_bad_images_can_be_left_out(tmp_path):
    damaged(tmp_path / "mine")
    record = prepare(tmp_path / "mine", tmp_path / "out", on_error="skip", test_fraction=0)
    assert record["images"] == {"train": 2} and "damaged" in record["left_out"][0]
    folders.two_folders(tmp_path / "two", count=3)
    (tmp_path / "two" / "A" / "001.png").write_bytes(b"no image")
    record = prepare(tmp_path / "two", tmp_path / "out2", "pairs", on_error="skip", test_fraction=0)
    assert record["images"] == {"train": 4} and not list((tmp_path / "out2").glob("*/001.png"))


def test_equal_and_nearly_equal_images_are_counted(tmp_path):
    captions = folders.captioned(tmp_path / "mine", 6)
    pixels = np.asarray(folders.image(0, "red", "circle"))
    Image.fromarray(np.clip(pixels.astype(int) + 1, 0, 255).astype(np.uint8)).save(
        tmp_path / "mine" / "lighter.png")
    (tmp_path / "mine" / "copy.png").write_bytes((tmp_path / "mine" / "001.png").read_bytes())
    as_csv(tmp_path / "mine", captions | {"lighter.png": "a red circle", "copy.png": "a copy"})
    record = prepare(tmp_path / "mine", tmp_path / "out", test_fraction=0)
    assert record["duplicates"] == {"equal": 1, "near": 1, "across_splits": 0}


@pytest.mark.parametrize(("options", "words"), [
    ({"kind": "caption"}, 'Did you mean "captions"'), ({"size": 4}, "at least 8 pixels"),
    ({"test_fraction": 1}, "from 0 to below 1"), ({"on_error": "ignore"}, '"raise" or "skip"'),
])
def test_options(tmp_path, options, words):
    as_csv(tmp_path, folders.captioned(tmp_path, 1))
    with pytest.raises(ZooError, match=words):
        prepare(tmp_path, tmp_path.parent / "out", **options)


def test_the_output_is_new_and_elsewhere(tmp_path):
    as_csv(tmp_path / "mine", folders.captioned(tmp_path / "mine", 1))
    with pytest.raises(ZooError, match="is inside"):
        prepare(tmp_path / "mine", tmp_path / "mine" / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").touch()
    with pytest.raises(ZooError, match="is not empty: give a new folder"):
        prepare(tmp_path / "mine", tmp_path / "out")
