"""Reads the checkpoint files of Flax (`flax.serialization.to_bytes`) without Flax.

The format is MessagePack: nested dicts with string keys; an array is an extension of type 1, itself
MessagePack of (shape, dtype name, bytes in C order), and a NumPy scalar is one of type 3.
"""

import struct

import numpy as np

from zoo.errors import ZooError, reason

_ARRAY, _SCALAR = 1, 3
_MAX_VALUES = 1_000_000  # numbers, names, dicts and arrays of a file
_NUMBERS = {  # first byte: format of the number after it
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_LENGTHS = {  # first byte: (kind, format of the length)
    0xC4: ("bytes", ">B"), 0xC5: ("bytes", ">H"), 0xC6: ("bytes", ">I"),
    0xC7: ("extension", ">B"), 0xC8: ("extension", ">H"), 0xC9: ("extension", ">I"),
    0xD9: ("text", ">B"), 0xDA: ("text", ">H"), 0xDB: ("text", ">I"),
    0xDC: ("list", ">H"), 0xDD: ("list", ">I"), 0xDE: ("dict", ">H"), 0xDF: ("dict", ">I"),
}  # fmt: skip


def read_flax(path):
    """The arrays of a Flax checkpoint: dict of names, joined by "/", to NumPy arrays.

    Raises:
        ZooError: the file cannot be read, or is not a Flax checkpoint.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ZooError(f"Checkpoint {path} cannot be read: {error.strerror or error}.") from error
    try:
        return decode(data)
    except Exception as error:  # a damaged file can fail in any way
        raise ZooError(f"{path} is not a Flax checkpoint: {reason(error)}.") from error


def decode(data):
    """The arrays from a file's bytes; raises ValueError and similar errors for other content."""
    reader = _Reader(memoryview(data))
    tree = reader.value()
    if not isinstance(tree, dict) or reader.position != len(data):
        raise ValueError("it is not a single dict of names")
    return _flat(tree)


def _flat(tree, prefix=""):
    arrays = {}
    for name, value in tree.items():
        path = f"{prefix}{name}"
        arrays |= _flat(value, f"{path}/") if isinstance(value, dict) else {path: np.asarray(value)}
    return arrays


class _Reader:
    def __init__(self, data):
        self.data = data
        self.position = 0
        self.values = 0

    def take(self, count):
        start, self.position = self.position, self.position + count
        if self.position > len(self.data):
            raise ValueError("it is truncated")
        return self.data[start : self.position]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self):
        self.values += 1
        if self.values > _MAX_VALUES:
            raise ValueError(f"it holds more than {_MAX_VALUES} values")
        first = self.number(">B")
        if first < 0x80 or first >= 0xE0:  # small integers
            return first if first < 0x80 else first - 0x100
        if first < 0x90:
            return self.items("dict", first & 0x0F)
        if first < 0xA0:
            return self.items("list", first & 0x0F)
        if first < 0xC0:
            return self.items("text", first & 0x1F)
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first in _NUMBERS:
            return self.number(_NUMBERS[first])
        if first in _LENGTHS:
            kind, form = _LENGTHS[first]
            return self.items(kind, self.number(form))
        if 0xD4 <= first <= 0xD8:
            return self.items("extension", 2 ** (first - 0xD4))
        raise ValueError(f"no value starts with the byte {first:#x}")

    def items(self, kind, count):
        if kind == "dict":
            return {str(self.value()): self.value() for _ in range(count)}
        if kind == "list":
            return [self.value() for _ in range(count)]
        if kind == "text":
            return bytes(self.take(count)).decode()
        if kind == "bytes":
            return bytes(self.take(count))
        return self.extension(self.number(">b"), self.take(count))

    def extension(self, kind, data):
        if kind not in (_ARRAY, _SCALAR):
            raise ValueError(f"it holds something other than arrays (extension {kind})")
        shape, dtype, content = _Reader(data).value()
        array = np.frombuffer(content, _dtype(dtype)).reshape(shape)
        return array.copy() if kind == _ARRAY else array.reshape(())


def _dtype(name):
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    dtype = np.dtype(name)
    if dtype.hasobject:
        raise ValueError("it holds objects")
    return dtype
