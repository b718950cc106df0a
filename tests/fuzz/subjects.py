"""The fuzzed inputs: for each kind a good example, and its reader."""

import io
import json
import os
import pickle
import shutil
import struct
import zipfile

import keras
import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests.fuzz.mutations import changed, damaged
from zoo import storage


class Subject:
    """One kind of input.

    Args:
        folder: path of an empty folder of its own.
    """

    def __init__(self, folder):
        self.folder = folder

    def inputs(self):
        """The strategy of damaged inputs."""
        raise NotImplementedError

    def read(self, value):
        """Reads one of them: returns, or raises `ZooError`."""
        raise NotImplementedError


class Preset(Subject):
    """A preset whose JSON says something else, or whose files are damaged, with fitting hashes."""

    def __init__(self, folder):
        super().__init__(folder)
        from zoo.models.dcgan import DCGAN

        keras.utils.set_random_seed(1)
        model = DCGAN(classes=2, image_size=16, filters=2, latent_dim=4)
        self.good, self.path = folder / "good", folder / "preset"
        model.save_to_preset(self.good)

    def inputs(self):
        kinds = []
        for name in ("config.json", "metadata.json", "model.weights.h5"):
            content = (self.good / name).read_bytes()
            kinds.append(st.tuples(st.just(name), damaged(content)))
            if name.endswith(".json"):
                kinds.append(st.tuples(st.just(name), changed(json.loads(content)).map(_dumped)))
        return st.one_of(kinds)

    def read(self, value):
        import zoo

        name, content = value
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self.good, self.path)
        (self.path / name).write_bytes(content)
        if name != "metadata.json":
            metadata = json.loads((self.path / "metadata.json").read_text())
            metadata["files"][name] = {"sha256": storage.sha256(self.path / name)}
            (self.path / "metadata.json").write_text(json.dumps(metadata))
        zoo.from_preset(self.path)


class Weights(Subject):
    """A weights file that is damaged. (Notes are part of one's own checkpoints alone.)"""

    def __init__(self, folder):
        super().__init__(folder)
        self.values = {"a/kernel": np.ones([3, 4], "f4"), "a/bias": np.ones(4, "f2"),
                       "b/c/steps": np.int64(3), "b/on": np.bool_(True)}
        self.path = folder / "w.h5"
        storage.save_variables(self.path, self.values)
        self.content = self.path.read_bytes()

    def inputs(self):
        return damaged(self.content)

    def read(self, value):
        self.path.write_bytes(value)
        storage.read_shapes(self.path)
        targets = {name: np.zeros_like(array) for name, array in self.values.items()}
        storage.load_variables(self.path, targets)


class Checkpoint(Subject):
    """A released checkpoint in one of its forms, damaged."""

    def __init__(self, folder):
        super().__init__(folder)
        from tests.importers import released
        from tests.importers.test_names_and_forms import write_npz, write_safetensors

        arrays = released.arrays(released.dcgan_targets(released.tiny_dcgan()))
        self.path, self.contents = folder / "x", {}
        small = {name: array for name, array in arrays.items() if array.size < 40}
        for write in (write_npz, write_safetensors):
            write(self.path, small)
            self.contents[write.__name__] = self.path.read_bytes()
        np.savez_compressed(folder / "y.npz", **small)
        self.contents["compressed"] = (folder / "y.npz").read_bytes()
        self.contents["flax.flax"] = _flax({"a": {"kernel": np.ones([2, 3], "f4")}, "step": 3})
        self.contents["pickle"] = pickle.dumps({"a.b": [1.0, 2.0]}, 2)

    def inputs(self):
        return st.one_of(
            st.tuples(st.just(name), damaged(content)) for name, content in self.contents.items()
        )

    def read(self, value):
        from zoo.importers import official

        name, content = value
        path = self.folder / name
        path.write_bytes(content)
        official.system_of(path)


class Images(Subject):
    """An image that is damaged."""

    def __init__(self, folder):
        super().__init__(folder)
        image = Image.fromarray(np.arange(192, dtype="uint8").reshape(8, 8, 3))
        self.contents = []
        for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"):
            buffer = io.BytesIO()
            image.save(buffer, kind)
            self.contents.append(buffer.getvalue())

    def inputs(self):
        return st.one_of(map(damaged, self.contents))

    def read(self, value):
        from zoo.images.decode import read_image

        read_image(value)


class Archive(Subject):
    """A captioned folder as a .zip, whose bytes or whose `metadata.jsonl` are damaged."""

    def __init__(self, folder):
        super().__init__(folder)
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
        lines = [{"file_name": f"{i}.png", "text": f"a red square {i}"} for i in range(3)]
        self.lines, self.image = lines, buffer.getvalue()
        self.path = folder / "x.zip"

    def zipped(self, metadata):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("train/metadata.jsonl", metadata)
            for line in self.lines:
                archive.writestr(f"train/{line['file_name']}", self.image)
        return buffer.getvalue()

    def inputs(self):
        good = b"\n".join(map(_dumped, self.lines))
        texts = damaged(good) | changed(self.lines).map(
            lambda lines: b"\n".join(map(_dumped, lines))
        )
        return damaged(self.zipped(good)) | texts.map(self.zipped)

    def read(self, value):
        from zoo.data import CaptionFolder

        self.path.write_bytes(value)
        source = CaptionFolder(self.path)
        [source.load(index) for index in range(len(source))]


class Pickles(Subject):
    """A pickle of captions, damaged."""

    def __init__(self, folder):
        super().__init__(folder)
        words = {0: "<end>", 1: "red"}
        self.path = folder / "captions.pickle"
        self.contents = [pickle.dumps([[], [], words, {"red": 1}], protocol) for protocol in (0, 2)]

    def inputs(self):
        return st.one_of(map(damaged, self.contents))

    def read(self, value):
        from zoo.data.sources.pickles import load_official_vocabulary

        self.path.write_bytes(value)
        load_official_vocabulary(os.fspath(self.path))


SUBJECTS = {
    subject.__name__.lower(): subject
    for subject in (Weights, Checkpoint, Images, Archive, Pickles, Preset)
}


def _dumped(value):
    return json.dumps(value).encode()


def _flax(tree):
    """MessagePack as Flax writes it, of dicts, arrays and small numbers."""
    if isinstance(tree, dict):
        parts = [bytes([0x80 + len(tree)])]
        for name, value in tree.items():
            parts += [bytes([0xA0 + len(name)]), name.encode(), _flax(value)]
        return b"".join(parts)
    if isinstance(tree, int):
        return bytes([tree])
    data, dtype = tree.tobytes(), tree.dtype.name.encode()
    content = b"\x93" + bytes([0x90 + tree.ndim, *tree.shape])
    content += bytes([0xA0 + len(dtype)]) + dtype + b"\xc4" + bytes([len(data)]) + data
    return b"\xc7" + struct.pack(">B", len(content)) + b"\x01" + content
