"""Reads .safetensors files (Hugging Face) without their library.

The format: eight bytes with the length of the header, the header as JSON (name -> dtype, shape,
start and end of the bytes), and the bytes of the arrays in sequence.
"""

import json
import math
import struct

import numpy as np

_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
    "C64": "<c8",
}  # fmt: skip
_MAX_HEADER = 32 << 20


def is_safetensors(start):
    """Whether a file that starts with these bytes (at least nine) is a .safetensors file."""
    return len(start) > 8 and start[8:9] == b"{" and 2 <= _length(start) <= _MAX_HEADER


def read_safetensors(path):
    """dict of name to NumPy array; raises ValueError and similar errors for a damaged file."""
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + _length(data)
    header = json.loads(data[8:begin].decode("utf-8"))
    header.pop("__metadata__", None)
    arrays, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        if first != end:
            raise ValueError(f"{name} does not begin where the array before it ends")
        arrays[name] = _array(data[begin + first : begin + last], entry)
        end = last
    if begin + end != len(data):
        raise ValueError("its arrays do not fill the file")
    return arrays


def _length(data):
    return struct.unpack("<Q", data[:8])[0]


def _array(content, entry):
    shape = entry["shape"]
    if any(not isinstance(size, int) or size < 0 for size in shape):
        raise ValueError(f"a shape is {shape}")
    if entry["dtype"] == "BF16":
        import ml_dtypes

        dtype = np.dtype(ml_dtypes.bfloat16)
    else:
        dtype = np.dtype(_TYPES[entry["dtype"]])
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"an array of shape {shape} has {len(content)} bytes")
    return np.frombuffer(content, dtype).reshape(shape)
