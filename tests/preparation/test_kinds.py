"""The kind of a folder: what its names suggest, and a question where they suggest two things."""

import json

import pytest

from tests.support import folders
from zoo.data import get_source
from zoo.errors import ZooError
from zoo.listing import open_tree
from zoo.preparation import find_kind, prepare, read_record


def in_folders(folder, *names, count=3):
    """A folder with `count` images in each of the folders `names`, with other names in each."""
    for number, name in enumerate(names):
        for k in range(count):
            folders.save(folder / name / f"{number}_{k}.png", 10 * number + k)
    return folder


def kind_of(folder):
    return find_kind(open_tree(str(folder)))[0]


@pytest.mark.parametrize("names", [
    "ABCDEFGH", "abc", "aeiou", [f"train/{x}" for x in "abcdefgh"] + [f"test/{x}" for x in "abcd"],
    ["train/a", "train/b", "train/c", "test/a", "test/b"],
])
def test_an_alphabet_is_classes(tmp_path, names):
    """Of these folders A and B became two domains, and the others were left out without a word."""
    folder = in_folders(tmp_path / "mine", *names)
    record = prepare(folder, tmp_path / "out")
    assert record["kind"] == "classes" and sum(record["images"].values()) == 3 * len(names)
    source = get_source("classes", directory=tmp_path / "out", split="train")
    assert source.class_names == sorted({name[-1] for name in names})


@pytest.mark.parametrize("names", [["A", "B", "AB", "0"], ["A", "B", "previews"]])
def test_a_and_b_next_to_others_are_asked_about(tmp_path, names):
    folder = in_folders(tmp_path / "mine", *names)
    with pytest.raises(ZooError, match="folders A and B, with .* next to them.*: say which with "
                                       "--kind=classes or --kind=domains"):
        prepare(folder, tmp_path / "out")
    record = prepare(folder, tmp_path / "out", kind="classes")
    assert {name.split("/")[1] for name in record["groups"]} == set(names)
    for kind in ("pairs", "domains"):
        with pytest.raises(ZooError, match="is in neither of the two domains .*Move images"):
            prepare(folder, tmp_path / "out2", kind=kind)
    assert not (tmp_path / "out2").exists()


@pytest.mark.parametrize("kind", [None, "pairs", "domains"])
def test_a_third_domain_is_not_left_out(tmp_path, kind):
    folder = in_folders(tmp_path / "mine", "trainA", "trainB", "trainC", "testA", "testB", count=1)
    with pytest.raises(ZooError, match="trainC/2_0.png is in neither of the two domains"):
        prepare(folder, tmp_path / "out", kind=kind)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["pairs", "domains"])
def test_images_next_to_the_sides_are_not_left_out(tmp_path, kind):
    folders.two_folders(tmp_path / "mine", count=3)
    for name in ("x.png", "y.png"):
        folders.save(tmp_path / "mine" / name, 5)
    with pytest.raises(ZooError, match="x.png is in neither of the two domains"):
        prepare(tmp_path / "mine", tmp_path / "out", kind=kind)


def test_a_probe_that_does_not_fit_does_not_stop_the_others(tmp_path):
    captions = folders.captioned(tmp_path / "mine", 4)
    folders.save(tmp_path / "mine" / "a" / "more.png", 9)
    lines = [f"{name}\tan image" for name in [*captions, "a/more.png"]]
    (tmp_path / "mine" / "captions.txt").write_text("\n".join(lines))
    assert kind_of(tmp_path / "mine") == "captions"


def test_splits_inside_of_two_folders_are_asked_about(tmp_path):
    folder = in_folders(tmp_path, "cat/train", "dog/train", "cat/test", "dog/test")
    with pytest.raises(ZooError, match="--kind=classes or --kind=domains"):
        kind_of(folder)
    kind, found = find_kind(open_tree(str(folder)), "domains")
    assert (kind, found) == ("domains", "two unpaired folders of images, as requested")


def test_folders_like_splits_are_neither_classes_nor_domains(tmp_path):
    folder = in_folders(tmp_path, "train2017", "val2017")
    with pytest.raises(ZooError, match="train2017 looks like a split, not like a class .*Rename"):
        kind_of(folder)
    with pytest.raises(ZooError, match="expected two folders of images for two domains"):
        prepare(folder, tmp_path.parent / "out", kind="domains")


@pytest.mark.parametrize("labels", [[["00000/0_0.png", 1]], None])
@pytest.mark.parametrize("shards", [1, 2, 3])
def test_the_folders_of_stylegan_are_no_classes(tmp_path, labels, shards):
    """They became classes, or two domains."""
    folder = in_folders(tmp_path / "mine", *[f"{k:05d}" for k in range(shards)])
    (folder / "dataset.json").write_text(json.dumps({"labels": labels}))
    words = 'dataset.json: has StyleGAN.s "labels", .*; expected one folder per class. Move the im'
    with pytest.raises(ZooError, match=words):
        kind_of(folder)
    with pytest.raises(ZooError, match=words):
        read_record(str(folder))


def test_another_dataset_json_is_no_hindrance(tmp_path):
    folder = in_folders(tmp_path, "cat", "dog", "frog")
    (folder / "dataset.json").write_text('{"labels": {"0": "cat"}}')
    assert kind_of(folder) == "classes"
    with pytest.raises(ZooError, match="dataset.json was not written by zoo data: move it away.$"):
        read_record(str(folder))


def wide(folder, *sizes):
    folder.mkdir()
    for k, size in enumerate(sizes):
        folders.image(k).resize(size).save(folder / f"{k}.png")
    return folder


def test_wide_photos_are_asked_about(tmp_path):
    """They became pairs of their halves."""
    folder = wide(tmp_path / "mine", (64, 36), (64, 32))
    with pytest.raises(ZooError, match="the first 64 x 36 pixels, which may be single .*--kind=pa"):
        kind_of(folder)
    assert prepare(folder, tmp_path / "out", kind="pairs")["kind"] == "pairs"
    (folder / "captions.csv").write_text("image,caption\n0.png,a street\n1.png,a road\n")
    assert kind_of(folder) == "captions"
    assert kind_of(wide(tmp_path / "pairs", (62, 32), (66, 32))) == "pairs"
    for name, size in (("odd", (63, 32)), ("photo", (48, 32))):
        with pytest.raises(ZooError, match="which is none of the accepted"):
            kind_of(wide(tmp_path / name, size))
