"""Checks of a copy of a paper's data set, on small stand-ins with the layouts of the real ones."""

import dataclasses
import hashlib
import pickle
import zipfile

import pytest

from tests.support import folders
from tests.support.runs import ROOT
from zoo.data import known_check
from zoo.data.known import DATA_SETS, Archive
from zoo.errors import ZooError


@pytest.fixture
def known(monkeypatch):
    """Gives an entry of the table other numbers."""
    def change(name, **changes):
        monkeypatch.setitem(DATA_SETS, name, dataclasses.replace(DATA_SETS[name], **changes))
    return change


def lines(name, path):
    report = known_check.check(name, str(path))
    return report.passed, report.text.replace(str(path), "DIR").splitlines()


def test_pairs(tmp_path, known):
    known("facades", splits={"train": 3, "val": 2, "test": 2})
    for split, count in (("train", 3), ("val", 1)):
        folders.side_by_side(tmp_path / "facades" / split, count)
    assert lines("facades", tmp_path) == (False, [
        "ok      train: 3 pairs",
        "wrong   val: found 1 pairs, expected 2",
        'missing test: DIR: there is no split "test", but found train, val; accepted are '
        + known_check.check("facades", str(tmp_path)).lines[2][1].partition("accepted are ")[2],
        "next: correct this, then zoo data --check facades DIR",
    ])
    folders.side_by_side(tmp_path / "facades" / "val", 2)
    folders.side_by_side(tmp_path / "facades" / "test", 2)
    assert lines("facades", tmp_path) == (True, [
        "ok      train: 3 pairs", "ok      val: 2 pairs", "ok      test: 2 pairs",
        "next: zoo train pix2pix:facades_msgan --config.data.directory=DIR --workdir=runs/facades",
    ])
    folders.save(tmp_path / "facades" / "test" / "000.png", 1)  # not a pair
    passed, text = lines("facades", tmp_path)
    assert not passed and text[2].startswith("wrong   test: ") and "24 x 24" in text[2]


def test_a_broken_image_in_a_folder_with_a_space(tmp_path, known):
    """What training would refuse does not pass, and the next command can be pasted."""
    known("facades", splits={"train": 3})
    place = tmp_path / "my data"
    images = place / "facades" / "train"
    folders.side_by_side(images, 3)
    passed, text = lines("facades", place)
    assert passed and "--config.data.directory='DIR' " in text[-1]
    (images / "001.png").write_text("no image")
    passed, text = lines("facades", place)
    assert not passed and text[0].startswith("wrong   train: ") and "001.png" in text[0]
    assert text[-1] == "next: correct this, then zoo data --check facades 'DIR'"


def test_domains(tmp_path, known):
    known("yosemite", splits={"train": (3, 2), "test": (1, 1)})
    for name, count in (("trainA", 3), ("trainB", 2), ("testA", 1), ("testB", 2)):
        folders.two_folders(tmp_path, (name,), count, ("",))
    passed, text = lines("yosemite", tmp_path)
    assert not passed and text[:4] == [
        "ok      train: 3 images in domain A", "ok      train: 2 images in domain B",
        "ok      test: 1 images in domain A",
        "wrong   test: found 2 images in domain B, expected 1",
    ]


def test_classes_as_image_files(tmp_path, known):
    known("cifar10", splits={"train": 6, "test": 6}, split_classes={"train": 3, "test": 3})
    folders.classes(tmp_path / "train", 2)
    folders.classes(tmp_path / "test", 2)
    passed, text = lines("cifar10", tmp_path)
    assert passed and text[2] == "ok      train: 2 images per class"
    assert text[-1].endswith("--workdir=runs/cifar10 --config.data.name=classes")
    folders.save(tmp_path / "test" / "red" / "new.png", 9)
    _, text = lines("cifar10", tmp_path)
    assert "wrong   test: found 7 images, expected 6" in text
    assert "wrong   test: found 3 images per class, expected 2" in text


def test_the_files_of_cifar10(tmp_path, known):
    content = {"data": [], "labels": []}
    (tmp_path / "cifar-10-batches-py").mkdir()
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    for name in names:
        (tmp_path / "cifar-10-batches-py" / name).write_bytes(pickle.dumps(content))
    passed, text = lines("cifar10", tmp_path)
    assert not passed
    assert text[-2] == f"wrong   {', '.join(names)}: not the official files by their MD5"
    md5 = hashlib.md5(pickle.dumps(content)).hexdigest()
    known("cifar10", md5=dict.fromkeys(names, md5))
    assert lines("cifar10", tmp_path)[1][-2] == "ok      6 files with their official MD5"


def birds(folder, known, classes=2):
    known("birds", splits={"train": 4, "test": None}, captions=3,
          split_classes={"train": 2, "test": 1})
    names = [f"c{k % 2}/bird_{k}" for k in range(4)]
    for split, part in (("train", names), ("test", names[:1])):
        (folder / split).mkdir(parents=True)
        (folder / split / "filenames.pickle").write_bytes(pickle.dumps(part))
        info = [k % classes for k in range(len(part))]
        (folder / split / "class_info.pickle").write_bytes(pickle.dumps(info))
    for k, name in enumerate(names):
        folders.save(folder / "CUB_200_2011" / "images" / f"{name}.jpg", k)
        path = folder / "text" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a bird\na red bird\na blue bird\n")
    table = folder / "CUB_200_2011"
    (table / "images.txt").write_text("".join(f"{k} {n}.jpg\n" for k, n in enumerate(names)))
    (table / "bounding_boxes.txt").write_text("".join(f"{k} 0 0 9 9\n" for k in range(4)))


def test_captions(tmp_path, known):
    birds(tmp_path, known)
    passed, text = lines("birds", tmp_path)
    assert passed and text[5:9] == [
        "ok      train: 4 images", "ok      train: 2 classes",
        "ok      train: 3 captions per image",
        "note    train: no char-CNN-RNN-embeddings.pickle, which only stackgan_v2 with "
        "--config.text=embeddings reads",
    ]
    assert "note    test: 1 images; the right number is not known" in text
    (tmp_path / "text" / "c1" / "bird_3.txt").write_text("one bird\n")
    assert "wrong   train: found 1 captions per image, expected 3" in (
        lines("birds", tmp_path)[1])


def test_missing_files_are_named_before_anything_is_read(tmp_path, known):
    birds(tmp_path, known)
    (tmp_path / "train" / "filenames.pickle").unlink()
    passed, text = lines("birds", tmp_path)
    assert not passed
    assert text[0] == "ok      CUB_200_2011/images.txt"
    assert text[3] == "missing train/filenames.pickle" and "birds.zip" in text[5]
    assert len(text) == 7


def test_an_archive(tmp_path, known):
    path = tmp_path / "facades.tar.gz"
    path.write_bytes(b"12345")
    archive = Archive("http://x/facades.tar.gz", bytes=5)
    known("facades", archives=(archive,))
    passed, text = lines("facades", path)
    assert passed and text[0] == "ok      DIR: 5 bytes"
    known("facades", archives=(dataclasses.replace(archive, sha256="0" * 64),))
    passed, text = lines("facades", path)
    assert not passed and "its SHA-256 is" in text[0] and path.exists()


def test_user_errors(tmp_path):
    for name, path, message in (
        ("facade", tmp_path, '--check must be one of birds.*Did you mean "facades"'),
        ("maps", tmp_path / "no", "no: no such folder or file.*--download maps --out="),
        ("maps", "", "The folder is missing: zoo data --check maps FOLDER"),
    ):
        with pytest.raises(ZooError, match=message):
            known_check.check(name, str(path))


@pytest.mark.parametrize("name", known_check.names())
def test_every_data_set_that_is_checked_has_a_page(name):
    page = {"birds": "cub", "coco": "coco2014"}.get(name, name)
    text = (ROOT / "docs" / "datasets" / f"{page}.md").read_text("utf-8")
    known = DATA_SETS[name]
    assert f"zoo data --check {name} " in text
    for archive in known.archives:
        assert archive.address in text
        assert not archive.sha256 or archive.sha256 in text
    for count in known.splits.values():
        for number in count if isinstance(count, tuple) else (count,):
            assert number is None or f"{number:,}" in text


def test_a_zip_is_read_without_unpacking(tmp_path, known):
    known("maps", splits={"train": 2})
    folders.side_by_side(tmp_path / "train", 2)
    with zipfile.ZipFile(tmp_path / "maps.zip", "w") as file:
        for k in range(2):
            file.write(tmp_path / "train" / f"{k:03d}.png", f"maps/train/{k}.png")
    assert lines("maps", tmp_path / "maps.zip")[1][0] == "ok      train: 2 pairs"
