"""Files are written atomically; reading is strict."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from zoo import storage
from zoo.errors import ZooError


def arrays(scale=1.0):
    return {
        "network/layer/kernel": np.arange(6, dtype="float32").reshape(2, 3) * scale,
        "network/layer/bias": np.full(3, 0.5 * scale, "float32"),
        "iteration": np.array(7 * scale, "int64"),
        "switch": np.array(True),
    }


def blank(values):
    return {name: np.zeros_like(value) for name, value in values.items()}


def assert_equal(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "weights.h5")


# --- weights ---


def test_round_trip_of_arrays_and_variables(path):
    import keras
    import tensorflow as tf

    saved = {
        "a/kernel": keras.Variable(np.random.default_rng(0).normal(size=(2, 3)), name="kernel"),
        "a/half": keras.Variable([1.0, 2.5], dtype="bfloat16", name="half"),
        "step": tf.Variable(2**40, dtype=tf.int64),
        "seed": keras.Variable([1, 2**31 + 5], dtype="uint32", trainable=False, name="seed"),
        "array": np.float64([1e-300, 2]),
    }
    storage.save_variables(path, saved)
    loaded = {
        "a/kernel": keras.Variable(np.zeros((2, 3)), name="kernel"),
        "a/half": keras.Variable([0.0, 0.0], dtype="bfloat16", name="half"),
        "step": tf.Variable(0, dtype=tf.int64),
        "seed": keras.Variable([0, 0], dtype="uint32", trainable=False, name="seed"),
        "array": np.zeros(2),
    }
    storage.load_variables(path, loaded)
    for name, value in saved.items():
        np.testing.assert_array_equal(np.asarray(loaded[name]), np.asarray(value), err_msg=name)
    assert storage.read_names(path) == sorted(saved)
    assert storage.read_shapes(path)["a/kernel"] == (2, 3)


def test_same_values_give_same_bytes(path, tmp_path):
    storage.save_variables(path, arrays())
    storage.save_variables(tmp_path / "again.h5", arrays())
    assert storage.sha256(path) == storage.sha256(tmp_path / "again.h5")


def test_half_stores_float32_in_16_bits_but_never_overflows(path):
    values = {"small": np.float32([0.1, -3]), "large": np.float32([1e6]), "step": np.int64(3)}
    storage.save_variables(path, values, half=True)
    with h5py.File(path) as file:
        assert file["small"].dtype == "float16"
        assert file["large"].dtype == "float32"
        assert file["step"].dtype == "int64"
    loaded = blank(values)
    storage.load_variables(path, loaded)
    np.testing.assert_allclose(loaded["small"], values["small"], rtol=1e-3)
    assert loaded["large"] == np.float32(1e6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v.pop("switch"), ['"switch" is not expected']),
        (lambda v: v.update(new=np.zeros(1)), ['"new" is missing']),
        (lambda v: v.update({"network/layer/bias": np.zeros((3, 1), "f4")}), ["(3,)", "(3, 1)"]),
        (lambda v: v.update(iteration=np.zeros((), "int32")), ["int64", "int32"]),
        (lambda v: v.update(iteration=np.zeros((), "float32")), ["int64", "float32"]),
        (lambda v: v.update(switch=np.zeros((), "uint8")), ["bool", "uint8"]),
    ],
)
def test_a_difference_is_one_error_and_nothing_is_assigned(path, change, words):
    storage.save_variables(path, arrays())
    target = blank(arrays())
    change(target)
    before = {name: value.copy() for name, value in target.items()}
    with pytest.raises(ZooError) as caught:
        storage.load_variables(path, target)
    assert all(word in str(caught.value) for word in [path, *words])
    assert_equal(target, before)


def test_many_differences_are_summarised(path):
    storage.save_variables(path, {f"w{i}": np.zeros(1) for i in range(20)})
    with pytest.raises(ZooError, match="and 15 more"):
        storage.load_variables(path, {})


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "../a", "a/./b"])
def test_names_that_hdf5_cannot_hold(path, name):
    with pytest.raises(ZooError, match="name"):
        storage.save_variables(path, {name: np.zeros(1)})
    assert not os.path.exists(path)


def test_a_name_inside_another_one(path):
    with pytest.raises(ZooError, match='"a" and "a/b"'):
        storage.save_variables(path, {"a": np.zeros(1), "a/b": np.zeros(1)})


def test_values_that_are_no_numbers(path):
    with pytest.raises(ZooError, match="only numbers"):
        storage.save_variables(path, {"a": np.array(["text"])})


# --- files from strangers ---


def link(file):
    file["w"] = h5py.ExternalLink("other.h5", "w")


def soft_link(file):
    file["v"] = np.zeros(1, "f4")
    file["w"] = h5py.SoftLink("/v")


def external_storage(file):
    file.create_dataset("w", (4,), "u1", external=[("/etc/hostname", 0, 4)])


def virtual(file):
    layout = h5py.VirtualLayout((1,), "f4")
    layout[0] = h5py.VirtualSource("other.h5", "w", (1,))[0]
    file.create_virtual_dataset("w", layout)


def cycle(file):
    file.create_group("a")["b"] = file["/"]


def named_type(file):
    file["w"] = np.dtype("f4")


@pytest.mark.parametrize("content", [link, soft_link, external_storage, virtual, cycle, named_type])
def test_links_and_foreign_storage_are_refused(path, content):
    with h5py.File(path, "w") as file:
        content(file)
    with pytest.raises(ZooError, match="refused"):
        storage.load_variables(path, {"w": np.zeros(1, "f4")})
    with pytest.raises(ZooError, match="refused"):
        storage.read_names(path)


def test_strings_references_and_compounds_do_not_load(path):
    with h5py.File(path, "w") as file:
        file["text"] = "hello"
        file["empty"] = h5py.Empty("f4")
        file["pair"] = np.zeros(1, [("a", "f4"), ("b", "f4")])
    target = {"text": np.zeros(()), "empty": np.zeros(()), "pair": np.zeros(1)}
    with pytest.raises(ZooError) as caught:
        storage.load_variables(path, target)
    assert all(f'"{name}"' in str(caught.value) for name in target)


def test_missing_truncated_and_foreign_files(path, tmp_path):
    with pytest.raises(ZooError, match="no weights file"):
        storage.read_names(path)
    (tmp_path / "text.h5").write_text("not HDF5")
    with pytest.raises(ZooError, match="not a readable HDF5"):
        storage.read_names(tmp_path / "text.h5")
    storage.save_variables(path, {"w": np.zeros(10000)})
    with open(path, "rb") as file:
        head = file.read()[:5000]
    (tmp_path / "cut.h5").write_bytes(head)
    with pytest.raises(ZooError, match="not a readable HDF5"):
        storage.read_names(tmp_path / "cut.h5")


# --- atomic writes ---


def test_disk_full_keeps_the_previous_file(path, monkeypatch):
    storage.save_variables(path, arrays())
    before = storage.sha256(path)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ZooError, match="no space left.*unchanged") as caught:
        storage.save_variables(path, arrays(2.0))
    assert path in str(caught.value)
    monkeypatch.undo()
    assert storage.sha256(path) == before
    assert os.listdir(os.path.dirname(path)) == ["weights.h5"]


SAVE_LARGE = """
import resource, signal, sys
import numpy as np
from zoo import storage
from zoo.errors import ZooError
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    storage.save_variables(sys.argv[1], {f"w/{i}": np.ones(10_000, "f4") for i in range(10)})
except ZooError as error:
    print(error)
"""


def test_a_real_limit_on_the_file_size_neither_crashes_nor_destroys(path):
    storage.save_variables(path, arrays())
    before = storage.sha256(path)
    result = subprocess.run(
        [sys.executable, "-c", SAVE_LARGE, path], capture_output=True, text=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    assert result.returncode == 0, result.stderr
    assert "larger than a file may be" in result.stdout and result.stderr == ""
    assert storage.sha256(path) == before
    assert os.listdir(os.path.dirname(path)) == ["weights.h5"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 50_000  # only the other process's


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ZooError, match="No such file or directory"):
        storage.write_bytes_atomically(tmp_path / "no" / "file", b"x")


def test_json_round_trip_and_errors(tmp_path):
    path = tmp_path / "value.json"
    storage.write_json(path, {"a": np.float32(0.5), "b": np.arange(2), "c": "é", "d": tmp_path})
    assert storage.read_json(path) == {"a": 0.5, "b": [0, 1], "c": "é", "d": str(tmp_path)}
    with pytest.raises(ZooError, match="not JSON"):
        storage.write_json(path, {"a": object()})
    assert storage.read_json(path)["c"] == "é"
    path.write_text('{"a": 1,\n"b" 2}')
    with pytest.raises(ZooError, match="line 2"):
        storage.read_json(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ZooError, match="UTF-8"):
        storage.read_json(path)
    with pytest.raises(ZooError, match="Cannot read"):
        storage.read_json(tmp_path / "absent.json")


# --- folders ---


def fill(folder, text):
    with storage.atomic_folder(folder) as temporary:
        with open(os.path.join(temporary, "file"), "w") as file:
            file.write(text)


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "folder"
    fill(folder, "one")
    (folder / "old").write_text("x")
    fill(folder, "two")
    assert os.listdir(folder) == ["file"] and (folder / "file").read_text() == "two"
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), RuntimeError("bug")])
def test_a_failure_keeps_the_previous_folder(tmp_path, error):
    folder = tmp_path / "folder"
    fill(folder, "one")
    expected = ZooError if isinstance(error, OSError) else RuntimeError
    with pytest.raises(expected), storage.atomic_folder(folder) as temporary:
        with open(os.path.join(temporary, "half"), "w"):
            pass
        raise error
    assert (folder / "file").read_text() == "one"
    assert os.listdir(tmp_path) == ["folder"]


def test_a_folder_has_one_writer(tmp_path):
    folder = tmp_path / "folder"
    with storage.atomic_folder(folder) as temporary:
        Path(temporary, "file").write_text("first")
        with pytest.raises(ZooError, match="Another process is writing .*folder: wait"):
            fill(folder, "second")
        assert Path(temporary, "file").read_text() == "first"
    assert (folder / "file").read_text() == "first" and os.listdir(tmp_path) == ["folder"]


def test_what_a_killed_writer_left_is_removed(tmp_path):
    left = tmp_path / ".folder.partial"
    (left / "inside").mkdir(parents=True)
    (left / "half").symlink_to(tmp_path)
    fill(tmp_path / "folder", "whole")
    assert os.listdir(tmp_path / "folder") == ["file"] and os.listdir(tmp_path) == ["folder"]


def test_a_failing_last_rename_brings_the_previous_folder_back(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    fill(folder, "one")
    rename = os.rename

    def failing(source, target):
        if source.endswith(".partial"):
            raise OSError(errno.EIO, "broken")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(ZooError, match="broken"):
        fill(folder, "two")
    assert (folder / "file").read_text() == "one"
    assert os.listdir(tmp_path) == ["folder"]


def test_recovery_after_a_crash_between_the_renames(tmp_path):
    folder = tmp_path / "folder"
    fill(folder, "one")
    os.rename(folder, tmp_path / ".folder.previous")  # where the crash left it
    storage.recover_folder(folder)
    assert (folder / "file").read_text() == "one"
    assert os.listdir(tmp_path) == ["folder"]
