"""Folders and .zip files of tiny images with awkward names, created when a test needs them."""

import os
import struct
import unicodedata
import zipfile
import zlib

SPELLINGS = {
    "train": ("train", "Train", "TRAIN", "training", "Training"),
    "val": ("val", "Val", "valid", "validation", "Validation", "dev"),
    "test": ("test", "Test", "TEST", "testing"),
}
# Files that systems and people leave next to images; none of them is data.
NOISE = (
    ".DS_Store", "._folder", "Thumbs.db", "desktop.ini", "README.md", "LICENSE",
    "__MACOSX/._x", "__MACOSX/mine/train/cat/._1.png", ".git/config", ".hidden.png", "._1.png",
    "@eaDir/1.png/SYNOPHOTO_THUMB.png", "$RECYCLE.BIN/1.png", ".ipynb_checkpoints/1-copy.png",
    "notes/read me.txt", "System Volume Information/x.jpg",
)


def png(width=2, height=2, grey=0):
    """The bytes of a gray PNG."""

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + bytes([grey % 256]) * width) * height
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def write(root, files):
    """Writes a dict of name -> bytes below a folder; names that end in "/" are empty folders."""
    root = os.fspath(root)
    os.makedirs(root, exist_ok=True)
    for name, data in files.items():
        path = os.path.join(root, name)
        os.makedirs(path if name.endswith("/") else os.path.dirname(path), exist_ok=True)
        if not name.endswith("/"):
            with open(path, "wb") as file:
                file.write(data)
    return root


def pack(path, files, backslashes=False, folders=False, compression=zipfile.ZIP_STORED):
    """A .zip of a dict or of pairs of name -> bytes, with the names exactly as they are given."""
    files = list(files.items() if isinstance(files, dict) else files)
    if folders:
        parents = {name[: i + 1] for name, _ in files for i, c in enumerate(name) if c == "/"}
        files = [(name, b"") for name in sorted(parents - {name for name, _ in files})] + files
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files:
            info = zipfile.ZipInfo("x")
            info.filename = name.replace("/", "\\") if backslashes else name
            info.compress_type = compression
            archive.writestr(info, data)
    return os.fspath(path)


def patch(path, *changes):
    """Replaces bytes in a file, everywhere; both must have the same length."""
    with open(path, "rb") as file:
        data = file.read()
    for old, new in changes:
        assert len(old) == len(new) and old in data
        data = data.replace(old, new)
    with open(path, "wb") as file:
        file.write(data)
    return path


def nfd(name):
    return unicodedata.normalize("NFD", name)


def nfc(name):
    return unicodedata.normalize("NFC", name)
