"""Checkpoints from strangers: numbers that are none, and files that would unpack without end."""

import os
import struct
import sys
import types
import zipfile

import keras
import numpy as np
import pytest

from tests.importers import released
from tests.importers.test_names_and_forms import write_npz, write_safetensors
from zoo.errors import ZooError
from zoo.importers import official
from zoo.importers.archives import Limits
from zoo.importers.drit import image_norm_targets
from zoo.importers.files import flat, read_state_dict
from zoo.importers.flax_file import read_flax
from zoo.importers.state_dict import Target, load_state_dict
from zoo.importers.yolo import load_detector


@pytest.fixture(scope="module")
def dcgan_arrays():
    return released.arrays(released.dcgan_targets(released.tiny_dcgan()))


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: np.full_like(a, np.nan), r"holds \d+ NaN of"),
        (lambda a: a * np.float32(np.inf) + 1, "infinite|NaN"),
        (lambda a: a.astype("int32"), "has type int32"),
        (lambda a: a.astype("complex64"), "has type complex64"),
        (lambda a: a > 0, "has type bool"),
        (lambda a: np.full_like(a, 1e300, dtype="float64"), "infinite"),
    ],
)
def test_weights_that_are_no_finite_real_numbers(tmp_path, dcgan_arrays, change, words):
    name = "gen.deconv2.weight"
    changed = {**dcgan_arrays, name: change(dcgan_arrays[name])}
    write_npz(tmp_path / "x.npz", changed)
    with pytest.raises(ZooError, match=f'"deconv2.weight" .*({words})'):
        official.dcgan(tmp_path / "x.npz")


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_floating_point_numbers_are_taken(tmp_path, dcgan_arrays, dtype):
    write_npz(tmp_path / "x.npz", {n: a.astype(dtype) for n, a in dcgan_arrays.items()})
    official.dcgan(tmp_path / "x.npz")


def test_nothing_is_assigned_when_one_array_is_not_finite():
    import keras

    first, second = keras.Variable([1.0, 2.0]), keras.Variable([3.0])
    targets = {"a": Target(first), "b": Target(second)}
    with pytest.raises(ZooError, match='"b" holds 1 NaN'):
        load_state_dict(targets, {"a": np.zeros(2), "b": np.array([np.nan])})
    assert np.array(first).tolist() == [1, 2]


# --- sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1])
def test_a_size_that_no_number_stands_behind(tmp_path, dcgan_arrays, axis):
    shape = list(dcgan_arrays["gen.deconv1.weight"].shape)
    shape[axis], shape[3] = 10**9, 0
    changed = {**dcgan_arrays, "gen.deconv1.weight": np.zeros(shape, "float32")}
    write_npz(tmp_path / "x.npz", changed)
    with pytest.raises(ZooError, match="of another kind|does not match|larger model"):
        official.dcgan(tmp_path / "x.npz")


def test_a_network_of_more_layers_than_the_file_has(tmp_path, dcgan_arrays):
    layers = {f"gen.deconv{i}_bn.weight": np.zeros([0]) for i in range(3, 200)}
    write_npz(tmp_path / "x.npz", {**dcgan_arrays, **layers})
    with pytest.raises(ZooError):
        official.dcgan(tmp_path / "x.npz")


def test_a_detector_that_is_larger_than_its_weights(tmp_path):
    layer = "[convolutional]\nbatch_normalize=1\nfilters={}\nsize=3\nstride=1\npad=1\n"
    layer += "activation=leaky\n"
    yolo = "[yolo]\nanchors=1,2\nmask=0\nclasses=1\n"
    (tmp_path / "x.cfg").write_text("[net]\n" + layer.format(10**6) * 2 + yolo)
    (tmp_path / "x.weights").write_bytes(b"\0" * 4001)
    with pytest.raises(ZooError, match="larger model than its weights"):
        load_detector(tmp_path / "x.weights", tmp_path / "x.cfg")
    (tmp_path / "x.cfg").write_text("[net]\n" + layer.format(6) + yolo)
    with pytest.raises(ZooError, match="186 weights, but the file has 995.25"):
        load_detector(tmp_path / "x.weights", tmp_path / "x.cfg")
    (tmp_path / "x.cfg").write_text("[net]\n" + layer.format(6))
    with pytest.raises(ZooError, match="do not form a detector: ") as caught:
        load_detector(tmp_path / "x.weights", tmp_path / "x.cfg")
    assert len(str(caught.value)) < 300


# --- files --------------------------------------------------------------------------------------


def npy(shape, dtype="<f4", content=b""):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + content


def zipped(path, entries, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def bomb(path, name, size=200 << 20):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(name, "w", force_zip64=True) as file:
            file.write(npy(f"({size // 4},)"))
            for _ in range(size >> 20):
                file.write(bytes(1 << 20))


@pytest.mark.parametrize("name", ["w.npy", "archive/data.pkl"])
def test_an_archive_that_unpacks_to_a_thousand_times_its_size(tmp_path, name):
    bomb(tmp_path / "x.pth", name)
    assert os.path.getsize(tmp_path / "x.pth") < 1 << 20
    with pytest.raises(ZooError, match="would unpack to"):
        read_state_dict(tmp_path / "x.pth")


@pytest.mark.parametrize(
    "content",
    [
        npy("(1000000000000,)"), npy("(4,)", content=b"\0" * 15), npy("(-1,)"), b"",
        npy("(4,)", content=b"\0" * 17), npy("(1 << 60, )"), npy("(2,)", "|O", b"\x80\x04."),
        b"\x93NUMPY\x09\x00",
    ],
)
def test_arrays_that_are_not_what_they_declare(tmp_path, content):
    zipped(tmp_path / "x.npz", {"a.npy": content})
    with pytest.raises(ZooError, match="declares|damaged"):
        read_state_dict(tmp_path / "x.npz")


def test_limits_are_settings(tmp_path):
    write_npz(tmp_path / "x.npz", {f"w{i}": np.zeros(9) for i in range(9)})
    with pytest.raises(ZooError, match="more than 8 arrays"):
        read_state_dict(tmp_path / "x.npz", Limits(arrays=8))
    with pytest.raises(ZooError, match="is refused: it has"):
        read_state_dict(tmp_path / "x.npz", Limits(file_bytes=1000))
    zipped(tmp_path / "y.npz", {"a.npy": npy("(30000,)", content=bytes(120000))})
    read_state_dict(tmp_path / "y.npz")
    with pytest.raises(ZooError, match="would unpack to"):
        read_state_dict(tmp_path / "y.npz", Limits(ratio_from=100))


def test_a_name_that_stands_twice_in_an_archive(tmp_path):
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for value in (0.0, 1.0):
            archive.writestr("a.npy", npy("(1,)", content=struct.pack("<f", value)))
    with pytest.raises(ZooError, match='holds "a" twice'):
        read_state_dict(tmp_path / "x.npz")


def test_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "x.npz")
    for path in (tmp_path / "x.npz", "/dev/zero", tmp_path):
        with pytest.raises(ZooError, match="not a regular file"):
            read_state_dict(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\x81" * 3000, b"\xdd\xff\xff\xff\xff" + b"\xc0" * 100,
        b"\xdd\x00\x2f\xff\xff" + b"\x80" * (3 << 20),
        b"\x81\xa1a\xc7\x05\x01\x93\x91\x01\xa1O", b"\x80\x00", b"\xc1", b"",
    ],
)  # fmt: skip
def test_damaged_flax_checkpoints(tmp_path, content):
    (tmp_path / "x.flax").write_bytes(content)
    with pytest.raises(ZooError, match="not a Flax checkpoint"):
        read_flax(tmp_path / "x.flax")


# --- PyTorch's own ------------------------------------------------------------------------------


class Tensor:
    """The used part of a PyTorch tensor's interface."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def detach(self):
        return self

    def numpy(self):
        return self.values


def test_dicts_without_end():
    endless = {}
    endless["a"] = endless
    with pytest.raises(ValueError, match="deeper than"):
        flat(endless)
    many = {"x": Tensor(1)}
    for _ in range(14):
        many = {str(i): many for i in range(16)}
    with pytest.raises(ValueError, match="more than 100000 entries"):
        flat(many)


def fake_torch(monkeypatch, load):
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(load=load))


def test_pytorchs_advice_to_run_code_is_not_passed_on(tmp_path, monkeypatch):
    import pickle

    def load(path, map_location, weights_only):
        raise pickle.UnpicklingError("Weights only load failed... set `weights_only=False`")

    fake_torch(monkeypatch, load)
    (tmp_path / "x.pth").write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ZooError, match="Python objects besides arrays") as caught:
        read_state_dict(tmp_path / "x.pth")
    assert "weights_only" not in str(caught.value)
    assert "weights_only" in str(caught.value.__cause__)


def test_a_tensor_that_repeats_one_number(tmp_path, monkeypatch):
    huge = np.broadcast_to(np.float32(0), [1 << 20, 1 << 20])
    fake_torch(monkeypatch, lambda *_, **__: {"a": Tensor(huge)})
    (tmp_path / "x.pth").write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ZooError, match="its arrays would take"):
        read_state_dict(tmp_path / "x.pth")


def test_a_long_error_is_one_short_sentence(tmp_path, monkeypatch):
    def load(*_, **__):
        raise RuntimeError("PytorchStreamReader failed " + "x" * 13000)

    fake_torch(monkeypatch, load)
    (tmp_path / "x.pth").write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ZooError, match="is damaged: PytorchStreamReader") as caught:
        read_state_dict(tmp_path / "x.pth")
    assert len(str(caught.value)) < 600


def test_safetensors_of_integers_are_refused_by_name(tmp_path, dcgan_arrays):
    name = "gen.deconv1.weight"
    wrong = dcgan_arrays[name].astype("int32")
    write_safetensors(tmp_path / "x.safetensors", {**dcgan_arrays, name: wrong})
    with pytest.raises(ZooError, match='"deconv1.weight" has type int32'):
        official.dcgan(tmp_path / "x.safetensors")


IMAGE_NORM = "image_norm"


@pytest.mark.parametrize(
    ("layout", "array"),
    [
        ("conv1x1", np.ones((4, 5, 3, 3))), ("conv1d", np.ones((4, 5, 3))),
        ("conv1x1", np.ones((4, 5))), ("gru_bias", np.float32(1)),
        (IMAGE_NORM, np.ones((5, 2, 2))), (IMAGE_NORM, np.ones(5)),
    ],
)
def test_arrays_of_another_window_or_number_of_axes(layout, array):
    shape = (5, 4) if layout.startswith("conv") else (5,)
    variable = keras.Variable(np.zeros(shape, "float32"))
    if layout == IMAGE_NORM:
        layer = types.SimpleNamespace(gamma=variable, beta=variable)
        layout = image_norm_targets("norm", layer)["norm.weight"].layout
    with pytest.raises(ZooError, match="a has the official shape"):
        load_state_dict({"a": Target(variable, layout)}, {"a": np.asarray(array, "float32")})
    assert not variable.numpy().any()
