"""PNG, BMP, GIF and TIFF files byte by byte, of kinds that Pillow reads but does not write."""

import struct
import zlib

import numpy as np

_ADAM7 = (  # top, left, step down, step right of each pass
    (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)
)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(samples, depth, colour, *chunks, interlaced=False, size=None):
    """A PNG of integers (h, w, channels) of `depth` bits; `colour` is its colour type."""
    height, width = size or samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = b"".join(
        b"\0" + packed(row, depth)
        for top, left, down, right in passes for row in samples[top::down, left::right]
        if row.size
    )
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def packed(row, depth):
    """A row of samples as bytes, the first sample in the highest bits."""
    bits = "".join(f"{int(sample):0{depth}b}" for sample in row.reshape(-1))
    return bytes(int(bits[i : i + 8].ljust(8, "0"), 2) for i in range(0, len(bits), 8))


def local_palette(data):
    """The same GIF with its palette at the frame, instead of the one for all frames."""
    flags = data[10]
    end = 13 + 3 * 2 ** ((flags & 7) + 1)
    palette, frame = data[13:end], data.index(b"\x2c", end)
    local = data[frame : frame + 9] + bytes([data[frame + 9] | 0x80 | flags & 7]) + palette
    head = data[:10] + bytes([flags & 0x7F]) + data[11:13]
    return head + data[end:frame] + local + data[frame + 10 :]


def bmp(width, height, bits, rows, compression=0, palette=b"", masks=b"", header=40):
    """A BMP of bytes of rows, which are aligned to four bytes, the lowest row first."""
    start = 14 + header + len(masks) + len(palette)
    if header == 12:  # of OS/2
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(rows),
                           2835, 2835, 0, 0)
        info += masks + bytes(max(0, header - 40 - len(masks)))
        start -= min(len(masks), header - 40)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + palette + rows


def rows_of(array):
    """Rows of bytes (h, bytes), each filled up to a multiple of four."""
    return np.pad(array, ((0, 0), (0, -array.shape[1] % 4))).tobytes()


def rle8(array):
    """Runs of one pixel and an end for each row, and one for the image."""
    lines = [b"".join(bytes([1, pixel]) for pixel in row) + b"\0\0" for row in array]
    return b"".join(lines) + b"\0\1"


def tiff(width, height, bits, photometric, strip, **tags):
    """A TIFF of one strip; `tags` of the form t254=value."""
    entries = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1,
               278: height, 279: len(strip)}
    entries |= {int(name[1:]): value for name, value in tags.items()}
    listed = b"".join(struct.pack("<HHII", tag, 4, 1, entries[tag]) for tag in sorted(entries))
    end = 8 + len(strip)
    return (b"II*\0" + struct.pack("<I", end) + strip + struct.pack("<H", len(entries)) + listed
            + bytes(4))
