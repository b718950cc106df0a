import os
import pickle

import keras
import numpy as np
import pytest

from tests.support.files import cut_off
from zoo.data import Cifar10, labels_dataset, labels_evaluation
from zoo.errors import MissingSplit, ZooError

COUNT = 3  # images of a batch file


def _batch(number):
    random = np.random.RandomState(number)
    images = random.randint(0, 256, (COUNT, 32, 32, 3)).astype(np.uint8)
    return images, random.randint(0, 10, COUNT).tolist()


def _rows(images):
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def _write_pickles(folder, keys=str):
    folder.mkdir()
    for number, name in enumerate([f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]):
        images, labels = _batch(number)
        content = {"data": _rows(images), "labels": labels, "batch_label": name}
        content = {keys(key): value for key, value in content.items()}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))


def _write_binary(folder):
    folder.mkdir()
    for number, name in enumerate([f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]):
        images, labels = _batch(number)
        rows = np.concatenate([np.array(labels, np.uint8)[:, None], _rows(images)], axis=1)
        (folder / f"{name}.bin").write_bytes(rows.tobytes())


def _check(directory):
    train, test = Cifar10(directory), Cifar10(directory, split="test")
    assert len(train) == 5 * COUNT and len(test) == COUNT
    assert train.class_names[3] == "cat" and len(train.class_names) == 10
    assert train.labels.dtype == np.int64
    for source, number, start in ((train, 0, 0), (train, 4, 4 * COUNT), (test, 5, 0)):
        images, labels = _batch(number)
        np.testing.assert_array_equal(source.labels[start : start + COUNT], labels)
        np.testing.assert_array_equal(source.load(start + 1), images[1])
        np.testing.assert_array_equal(source.load_batch([start, start + 2]), images[[0, 2]])


def test_pickles(tmp_path):
    _write_pickles(tmp_path / "cifar-10-batches-py")
    _check(tmp_path)
    _check(tmp_path / "cifar-10-batches-py")


def test_pickles_with_bytes_as_keys(tmp_path):
    _write_pickles(tmp_path / "cifar-10-batches-py", keys=str.encode)
    _check(tmp_path)


def test_binary(tmp_path):
    _write_binary(tmp_path / "cifar-10-batches-bin")
    _check(tmp_path)
    _check(tmp_path / "cifar-10-batches-bin")


def test_batches(tmp_path):
    _write_binary(tmp_path / "bin")
    source = Cifar10(tmp_path / "bin")
    (batch,) = labels_evaluation(source, 32, 99)
    want = np.concatenate([_batch(number)[0] for number in range(5)])
    np.testing.assert_array_equal(np.round((batch["images"] + 1) * 127.5), want)
    np.testing.assert_array_equal(batch["labels"], source.labels)
    small = next(iter(labels_dataset(source, 16, 4)))
    assert small["images"].shape == (4, 16, 16, 3)


def test_through_keras(monkeypatch):
    images, labels = _batch(0)
    data = (images, np.array(labels, np.uint8)[:, None])
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: (data, data))
    source = Cifar10()
    np.testing.assert_array_equal(source.labels, labels)
    np.testing.assert_array_equal(source.load(2), images[2])

    def offline():
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", offline)
    with pytest.raises(ZooError, match="no network.*give directory="):
        Cifar10()


def _spoil(path, **changes):
    images, labels = _batch(1)
    content = {"data": _rows(images), "labels": labels, **changes}
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [0, 10, 2]}, "expected .* 0 to 9, got 10"),
        ({"labels": [0, -1, 2]}, "expected .* 0 to 9, got -1"),
        ({"labels": [0, 1]}, "expected 3 integers as labels"),
        ({"labels": [0.5, 1.0, 2.0]}, "expected 3 integers as labels"),
        ({"data": np.zeros([3, 100], np.uint8)}, r"expected uint8 data of shape \(n, 3072\)"),
        ({"data": np.zeros([3, 3072])}, "expected uint8 data.*float64"),
    ],
)
def test_wrong_content(tmp_path, changes, message):
    _write_pickles(tmp_path / "py")
    _spoil(tmp_path / "py" / "data_batch_3", **changes)
    with pytest.raises(ZooError, match=f"data_batch_3: {message}"):
        Cifar10(tmp_path / "py")


def test_files_that_cannot_be_read(tmp_path):
    py, binary = tmp_path / "py", tmp_path / "bin"
    _write_pickles(py)
    _write_binary(binary)
    cut_off(py / "data_batch_2")
    with pytest.raises(ZooError, match="data_batch_2: not a readable pickle"):
        Cifar10(py)
    (py / "data_batch_2").unlink()
    with pytest.raises(ZooError, match="data_batch_2: missing, although"):
        Cifar10(py)
    cut_off(binary / "data_batch_4.bin")
    with pytest.raises(ZooError, match="data_batch_4.bin: its size of 4609 bytes is"):
        Cifar10(binary)
    (binary / "test_batch.bin").write_bytes(bytes([99]) * 3073)
    with pytest.raises(ZooError, match="test_batch.bin: expected CIFAR-10's labels 0 to 9, got 99"):
        Cifar10(binary, split="test")
    (py / "test_batch").write_bytes(pickle.dumps([1]))
    with pytest.raises(ZooError, match='test_batch: expected a pickled dict with "data"'):
        Cifar10(py, split="test")
    with pytest.raises(ZooError, match='expected the files of CIFAR-10.*"classes"'):
        Cifar10(tmp_path)
    with pytest.raises(ZooError, match='has the splits "train" and "test", got .val'):
        Cifar10(py, split="val")


def test_a_pickle_runs_nothing(tmp_path):
    _write_pickles(tmp_path / "py")
    (tmp_path / "py" / "data_batch_1").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ZooError, match="data_batch_1: this pickle is refused"):
        Cifar10(tmp_path / "py")


def test_only_files_of_the_folder(tmp_path):
    _write_pickles(tmp_path / "py")
    batch = tmp_path / "py" / "data_batch_1"
    batch.rename(tmp_path / "elsewhere")
    batch.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ZooError, match="data_batch_1: a link out of the folder"):
        Cifar10(tmp_path / "py")
    batch.unlink()
    os.mkfifo(batch)
    with pytest.raises(ZooError, match="data_batch_1: missing"):
        Cifar10(tmp_path / "py")
    for split in ("val", "validation", "tset"):
        with pytest.raises(MissingSplit, match="has the splits"):
            Cifar10(tmp_path / "py", split=split)
    assert Cifar10(tmp_path / "py", split="Test").split == "test"
