"""Whatever form a file has, its arrays come by the same names; the content tells the form."""

import json
import struct

import ml_dtypes
import numpy as np
import pytest

from tests.importers import released
from zoo.errors import ZooError
from zoo.importers import files, official

NAMES = {  # as in a file: as the official code has them
    "module.h_net1.fc.0.weight": "h_net1.fc.0.weight",
    "_orig_mod.h_net1.fc.0.weight": "h_net1.fc.0.weight",
    "module._orig_mod.conv1.bias": "conv1.bias",
    "module.module.conv1.bias": "conv1.bias",
    "gen.module.deconv1.weight": "gen.deconv1.weight",
    "enc_c._orig_mod.convA.0.model.1.weight": "enc_c.convA.0.model.1.weight",
    "state_dict.conv1.weight": "conv1.weight",
    "state_dict.module.conv1.weight": "conv1.weight",
    "model_state_dict.gen.module.conv1.weight": "gen.conv1.weight",
    "model.h_net1.fc.0.weight": "h_net1.fc.0.weight",
    "model.down.0.weight": "model.down.0.weight",  # Pix2Pix
    "model.model.1.model.2.weight": "model.model.1.model.2.weight",
    "model.0.model.1.weight": "model.0.model.1.weight",  # DRIT
    "img_code_s16.0.module.weight_bar": "img_code_s16.0.module.weight_bar",  # DM-GAN
    "outlogits.module.weight_bar": "outlogits.module.weight_bar",
    "g_optimizer/target/Dense_0/kernel": "g_optimizer/target/Dense_0/kernel",
    "modules.0.weight": "modules.0.weight",
}


def write_npz(path, arrays):
    with open(path, "wb") as file:
        np.savez(file, **arrays)


def write_safetensors(path, arrays):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    types = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64",
             "int64": "I64", "int32": "I32"}
    for name, array in arrays.items():
        content = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": types[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_pth(path, arrays):
    torch = pytest.importorskip("torch")
    torch.save({name: torch.from_numpy(np.array(a)) for name, a in arrays.items()}, path)


def write_old_pth(path, arrays):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.from_numpy(np.array(a)) for name, a in arrays.items()}
    torch.save(tensors, path, _use_new_zipfile_serialization=False)


WRITERS = {"npz": write_npz, "safetensors": write_safetensors, "pth": write_pth,
           "old pth": write_old_pth}


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_gives_the_same_names(tmp_path, form):
    for i, (stored, own) in enumerate(NAMES.items()):
        array = np.full([2, 3], i, "float32")
        WRITERS[form](tmp_path / "file.pt", {stored: array, "epoch": np.array(7)})
        read = files.read_state_dict(tmp_path / "file.pt")
        assert list(read) == [own], stored
        np.testing.assert_array_equal(read[own], array)


@pytest.mark.parametrize("name", ["w.npz", "w.NPZ", "w.pth", "w.bin", "w.weights", "w"])
def test_the_content_tells_the_form(tmp_path, name):
    for write in (write_npz, write_safetensors):
        write(tmp_path / name, {"a.b": np.ones(2, "float32")})
        assert files.read_state_dict(tmp_path / name)["a.b"].tolist() == [1, 1]


def test_what_training_on_several_devices_leaves_in_a_real_checkpoint(tmp_path):
    model = released.tiny_dcgan()
    arrays = released.arrays(released.dcgan_targets(model))
    wrapped = {f"state_dict.{n.replace('.', '.module.', 1)}": a for n, a in arrays.items()}
    wrapped["epoch"] = np.array(3)
    for form in ("npz", "safetensors"):
        WRITERS[form](tmp_path / form, wrapped)
        assert official.system_of(tmp_path / form) == "dcgan"
        loaded = official.dcgan(tmp_path / form, training=True)
        expected = model.generate([0, 3], seed=3)
        np.testing.assert_array_equal(loaded.generate([0, 3], seed=3), expected)


def test_two_names_that_become_one(tmp_path):
    write_npz(tmp_path / "x.npz", {"a.b": np.ones(1), "module.a.b": np.ones(1)})
    with pytest.raises(ZooError, match='are both "a.b"'):
        files.read_state_dict(tmp_path / "x.npz")


def test_bfloat16_of_safetensors(tmp_path):
    array = np.array([1, 2.5], ml_dtypes.bfloat16)
    write_safetensors(tmp_path / "x.safetensors", {"a.b": array})
    assert files.read_state_dict(tmp_path / "x.safetensors")["a.b"].dtype == ml_dtypes.bfloat16


@pytest.mark.parametrize("name", ["x.h5", "x.npz", "x.pth"])
def test_weights_of_keras_are_told_apart(tmp_path, name):
    import h5py

    with h5py.File(tmp_path / name, "w") as file:
        file["a"] = np.ones(1)
    with pytest.raises(ZooError, match="is HDF5.*zoo.from_preset"):
        files.read_state_dict(tmp_path / name)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h["a"].update(data_offsets=[0, 4]), lambda h: h["a"].update(shape=[-1, 2]),
        lambda h: h["a"].update(shape=[1 << 40, 1 << 40]), lambda h: h["a"].update(dtype="F9"),
        lambda h: h["a"].update(data_offsets=[4, 8]), lambda h: h.update(b=h["a"]),
        lambda h: h.update(a=3), lambda h: h["a"].pop("shape"),
    ],
)
def test_damaged_safetensors(tmp_path, change):
    write_safetensors(tmp_path / "x", {"a": np.ones(2, "float32")})
    data = (tmp_path / "x").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    (tmp_path / "x").write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
    with pytest.raises(ZooError, match="is damaged"):
        files.read_state_dict(tmp_path / "x")
