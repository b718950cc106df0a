"""Valid requests for any export, from the names, types and shapes of its signatures alone."""

import math
import struct
import zlib

import numpy as np

from zoo.conditions.records import LIMITS

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


def request(inputs, rows, limits=LIMITS):
    """dict of arrays of `rows` rows with seeds 0, 1, ...

    Args:
        inputs: dict of input name -> `export.transports.Spec`.
        rows: int.
        limits: `Limits` of the export; no caption and no image exceeds them.
    """
    found = {name: _values(name, spec, rows, limits) for name, spec in inputs.items()}
    if "lengths" in found:
        found["lengths"] = np.full([rows], inputs["words"].shape[1], np.int32)
    return found


def _values(name, spec, rows, limits):
    side = math.isqrt(limits.max_pixels)
    if name == "seed":
        return np.arange(rows, dtype=np.int64)
    if name == "captions":
        captions = [CAPTIONS[i % len(CAPTIONS)].encode() for i in range(rows)]
        return np.array([caption[: limits.max_caption_bytes] for caption in captions], object)
    if name.endswith("_bytes"):
        files = [png(min(20 + i % 7, side), min(30, side), i) for i in range(rows)]
        return np.array(files, object)
    shape = [rows, *(min(24, side) if size < 0 else size for size in spec.shape[1:])]
    if spec.dtype.kind == "f":
        return np.random.default_rng(0).normal(size=shape).astype(spec.dtype)
    if name == "images":
        return np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return np.arange(rows).reshape(rows, *[1] * (len(shape) - 1)).astype(spec.dtype) % 2
