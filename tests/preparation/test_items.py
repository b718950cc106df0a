"""The images of a folder read as one kind; nothing is left out without a word."""

import json

import numpy as np
import pytest

from tests.support import folders
from zoo.errors import ZooError
from zoo.preparation import prepare


def coco(folder, splits):
    """The official layout: images of splits with a year, and a JSON file of captions of each."""
    for split, name in splits.items():
        files = [f"{split}_{k}.png" for k in range(3)]
        content = {
            "images": [{"id": k, "file_name": file} for k, file in enumerate(files)],
            "annotations": [{"image_id": k, "caption": f"shape {k}"} for k in range(3)],
        }
        for k, file in enumerate(files):
            folders.save(folder / name / file, 10 * len(split) + k)
        (folder / "annotations").mkdir(exist_ok=True)
        (folder / "annotations" / f"captions_{split}2017.json").write_text(json.dumps(content))


@pytest.mark.parametrize("kind", [None, "captions"])
def test_splits_with_a_year_are_not_mixed(tmp_path, kind):
    """The images of val2017 became training images."""
    coco(tmp_path / "mine", {"train": "train2017", "val": "val2017"})
    with pytest.raises(ZooError, match="train2017 looks like a split; .*Rename it to train"):
        prepare(tmp_path / "mine", tmp_path / "out", kind=kind)
    coco(tmp_path / "renamed", {"train": "train", "val": "val"})
    record = prepare(tmp_path / "renamed", tmp_path / "out", kind=kind)
    assert record["images"] == {"train": 3, "val": 3}
    coco(tmp_path / "one", {"train": "images", "val": "images"})
    with pytest.raises(ZooError, match="captions in .*captions_train2017.json and .* are of the "
                                       "splits train and val, but the images are not in folders"):
        prepare(tmp_path / "one", tmp_path / "other", kind=kind)


def captioned(folder, count=6):
    captions = folders.captioned(folder, count)
    (folder / "metadata.jsonl").write_text("\n".join(
        json.dumps({"file_name": name, "text": text}) for name, text in captions.items()))
    return folder


@pytest.mark.parametrize("kind", ["captions", "classes", "pairs", "domains"])
def test_a_prepared_data_set_can_be_prepared_again(tmp_path, kind):
    {"captions": captioned, "classes": folders.classes, "domains": folders.two_folders,
     "pairs": folders.side_by_side}[kind](tmp_path / "mine")
    first = prepare(tmp_path / "mine", tmp_path / "out", kind=kind)
    again = prepare(tmp_path / "out", tmp_path / "again", kind=None if kind == "pairs" else kind)
    assert {k: again[k] for k in ("kind", "images", "groups", "sha256")} == {
        k: first[k] for k in ("kind", "images", "groups", "sha256")}


def test_a_sheet_of_the_user_is_an_image(tmp_path):
    captioned(tmp_path / "mine")
    folders.save(tmp_path / "mine" / "contact_sheet.png", 1)
    for content in ("{}", "no JSON"):
        (tmp_path / "mine" / "dataset.json").write_text(content)
        with pytest.raises(ZooError, match="1 images have no caption, such as contact_sheet.png"):
            prepare(tmp_path / "mine", tmp_path / "out")


def test_images_without_captions_are_counted_by_name(tmp_path):
    captions = folders.captioned(tmp_path / "mine", 4)
    (tmp_path / "mine" / "notes.txt").write_text("no image")
    lines = [f"{name}\ta shape" for name in [*list(captions)[:3], "notes.txt"]]
    (tmp_path / "mine" / "captions.txt").write_text("\n".join(lines))
    record = prepare(tmp_path / "mine", tmp_path / "out", on_error="skip", test_fraction=0)
    assert any("1 images have no caption, such as 003.png" in why for why in record["left_out"])


def test_captions_of_other_images_leave_nothing(tmp_path):
    folders.captioned(tmp_path / "mine", 2)
    (tmp_path / "mine" / "captions.txt").write_text("other.png\ta shape")
    with pytest.raises(ZooError, match="no usable image is left .2 left out, first: .*other.png"):
        prepare(tmp_path / "mine", tmp_path / "out", on_error="skip")


def test_embeddings_are_not_dropped(tmp_path):
    captioned(tmp_path / "mine")
    np.save(tmp_path / "mine" / "embeddings.npy", np.zeros([6, 8], np.float32))
    with pytest.raises(ZooError, match="embeddings.npy: its rows belong .* would be lost; .*Move"):
        prepare(tmp_path / "mine", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("kind", "names"), [
    ("classes", ("cat", "dog")), ("domains", ("trainA", "trainB")), ("domains", ("A", "B")),
])
def test_an_empty_class_or_domain_is_named(tmp_path, kind, names):
    folders.two_folders(tmp_path / "mine", names, count=4)
    empty = "trainB" if names[0] == "trainA" else "bird" if kind == "classes" else "B"
    for path in (tmp_path / "mine" / empty).glob("*.png"):
        path.unlink()
    (tmp_path / "mine" / empty).mkdir(exist_ok=True)
    with pytest.raises(ZooError, match=f"{empty}: found no image of this .*Add some, or remove"):
        prepare(tmp_path / "mine", tmp_path / "out", kind=kind)


def test_a_split_without_pairs_is_named(tmp_path):
    folders.two_folders(tmp_path / "mine", ("trainA", "trainB"), count=3)
    folders.two_folders(tmp_path / "mine", ("testA", "testB"), count=3, stems=("a", "b"))
    with pytest.raises(ZooError, match="testA and testB have no two images of the same name"):
        prepare(tmp_path / "mine", tmp_path / "out", kind="pairs", on_error="skip")
