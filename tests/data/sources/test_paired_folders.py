import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.files import cut_off, noise, pack, save
from zoo.data import PairedFolder, UnpairedFolders, paired_evaluation
from zoo.errors import MissingSplit, ZooError


@pytest.fixture
def pairs(tmp_path):
    root = tmp_path / "pairs"
    for split, count in (("train", 3), ("val", 1)):
        for number in range(count):
            save(root / split / f"{number}.png", noise(6, 16, number))
    return root


def test_halves_and_direction(pairs, tmp_path):
    for path in (pairs, pairs / "train", pack(pairs, tmp_path / "p.zip", "pairs/")):
        a2b, b2a = PairedFolder(path), PairedFolder(path, direction="b2a")
        assert len(a2b) == 3 and a2b.image_size == 6
        for index in range(3):
            image = noise(6, 16, index)
            for (first, second), (left, right) in [
                (a2b.load(index), (image[:, :8], image[:, 8:])),
                (b2a.load(index), (image[:, 8:], image[:, :8])),
            ]:
                np.testing.assert_array_equal(first, left)
                np.testing.assert_array_equal(second, right)
    assert len(PairedFolder(pairs, split="val")) == 1


def test_load_in_a_graph(pairs):
    source = PairedFolder(pairs)
    for index, pair in enumerate(tf.data.Dataset.range(3).map(source.load)):
        np.testing.assert_array_equal(pair[1], source.load(index)[1])


def test_odd_width(pairs):
    save(pairs / "train" / "9.png", noise(6, 15))
    with pytest.raises(ZooError, match="train/9.png: 15 pixels wide, which is odd"):
        PairedFolder(pairs)
    source = PairedFolder(pairs, on_error="skip")
    assert len(source) == 3 and "9.png: 15 pixels" in source.skipped[0]
    first, second = PairedFolder(pairs, check=False).load(3)
    assert first.shape == (6, 7, 3) and second.shape == (6, 8, 3)


def test_truncated_pair(pairs):
    cut_off(save(pairs / "train" / "2.png", noise(60, 80)))
    with pytest.raises(ZooError, match="train/2.png: does not decode"):
        PairedFolder(pairs)
    assert len(PairedFolder(pairs, on_error="skip")) == 2
    for name in "01":
        (pairs / "train" / f"{name}.png").unlink()
    with pytest.raises(ZooError, match=r"there is no usable pair \(1 skipped, first: .*2.png"):
        PairedFolder(pairs, on_error="skip")


def test_grey_and_transparent_pairs(tmp_path):
    save(tmp_path / "0.png", Image.new("L", (8, 5), 9))
    save(tmp_path / "1.png", Image.new("RGBA", (8, 5), (9, 9, 9, 0)))
    save(tmp_path / "2.png", Image.fromarray(np.full((5, 8), 9 * 256, np.uint16)))
    (batch,) = paired_evaluation(PairedFolder(tmp_path), 4, 3)
    for key in ("source", "target"):
        values = np.round((batch[key] + 1) * 127.5)
        assert [np.unique(image).tolist() for image in values] == [[9], [255], [9]]


def test_paired_errors(pairs):
    with pytest.raises(MissingSplit, match='there is no split "test", but found train, val'):
        PairedFolder(pairs, split="test")
    with pytest.raises(ZooError, match='direction must be "a2b" or "b2a", got \'BtoA\''):
        PairedFolder(pairs, direction="BtoA")


@pytest.fixture
def domains(tmp_path):
    root = tmp_path / "domains"
    for number in range(5):
        save(root / "trainA" / f"{number}.png", (8, 6, number))
    for number in range(2):
        save(root / "trainB" / f"{number}.png", (6, 8, 100 + number))
    save(root / "testA" / "0.png", (8, 8, 50))
    save(root / "testB" / "0.png", (8, 8, 60))
    return root


def test_domains_of_different_lengths(domains, tmp_path):
    for path in (
        domains,
        pack(domains, tmp_path / "d.zip"),
        pack(domains, tmp_path / "e.zip", "x/"),
    ):
        source = UnpairedFolders(path)
        assert (len(source.a), len(source.b)) == (5, 2)
        assert [int(source.a.load(i)[0, 0, 0]) for i in range(5)] == [0, 1, 2, 3, 4]
        assert [int(source.b.load(i)[0, 0, 0]) for i in range(2)] == [100, 101]
        test = UnpairedFolders(path, split="test")
        assert (len(test.a), len(test.b)) == (1, 1) and int(test.b.load(0)[0, 0, 0]) == 60


def test_classes_as_domains(tmp_path):
    for split in ("train", "test"):
        for name, count in (("cat", 2), ("dog", 3), ("fox", 1)):
            for number in range(count):
                save(tmp_path / split / name / f"{number}.png", (8, 8, number))
    source = UnpairedFolders(tmp_path, domains=("dog", "cat"))
    assert (len(source.a), len(source.b)) == (3, 2)
    assert source.a.file_names[0] == "train/dog/0.png"
    flat = UnpairedFolders(tmp_path / "test", domains=("dog", "cat"))
    assert (len(flat.a), len(flat.b)) == (3, 2)


def test_unpaired_errors(domains, tmp_path):
    for settings, message in [
        ({"split": "val"}, 'there is no split "val", but found test, train'),
        ({"domains": ("A", "A")}, "domains must be two different names"),
        ({"domains": "ABC"}, "domains must be two different names"),
    ]:
        with pytest.raises(ZooError, match=message):
            UnpairedFolders(domains, **settings)
    (domains / "testB" / "0.png").unlink()
    for path in (domains, pack(domains, tmp_path / "d.zip")):
        with pytest.raises(ZooError, match="testB: no usable image in this domain"):
            UnpairedFolders(path, split="test")
    cut_off(save(domains / "trainB" / "5.jpg", noise(40, 40)))
    with pytest.raises(ZooError, match="trainB/5.jpg: does not decode"):
        UnpairedFolders(domains)
    source = UnpairedFolders(domains, on_error="skip")
    assert len(source.b) == 2 and "5.jpg" in source.skipped[0]
