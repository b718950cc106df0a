"""Valid requests for any export, from the names, types and shapes of its signatures alone."""

import struct
import zlib

import numpy as np

CAPTIONS = ("red heart", "a small blue circle", "grinning face", "", "unknown zzz", "a bird")


def png(height, width, seed):
    """The bytes of a PNG file of random RGB pixels."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 256, (height, 3 * width), np.uint8)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    )


def bomb(side=20000):
    """A file whose header claims `side` x `side` pixels."""
    data = bytearray(png(2, 2, 0))
    data[16:24] = struct.pack(">II", side, side)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


def request(inputs, rows):
    """dict of arrays of `rows` rows with seeds 0, 1, ...

    Args:
        inputs: dict of input name -> `export.transports.Spec`.
        rows: int.
    """
    found = {name: _values(name, spec, rows) for name, spec in inputs.items()}
    if "lengths" in found:
        found["lengths"] = np.full([rows], inputs["words"].shape[1], np.int32)
    return found


def _values(name, spec, rows):
    if name == "seed":
        return np.arange(rows, dtype=np.int64)
    if name == "captions":
        return np.array([CAPTIONS[i % len(CAPTIONS)].encode() for i in range(rows)], object)
    if name.endswith("_bytes"):
        return np.array([png(20 + i % 7, 30, i) for i in range(rows)], object)
    shape = [rows, *(24 if side < 0 else side for side in spec.shape[1:])]
    if spec.dtype.kind == "f":
        return np.random.default_rng(0).normal(size=shape).astype(spec.dtype)
    if name == "images":
        return np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return np.arange(rows).reshape(rows, *[1] * (len(shape) - 1)).astype(spec.dtype) % 2
