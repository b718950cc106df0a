import json
import os
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from zoo.data import CaptionFolder
from zoo.errors import ZooError


def _write(folder, rows, images=("a.png", "b.png", "sub/c.png")):
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(images):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number * 10, 0, 0)).save(path)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")


ROWS = [
    {"file_name": "a.png", "text": "a caf\u00e9", "style": "one"},
    {"file_name": "b.png", "texts": ["first", "second"]},
    {"file_name": "sub/c.png", "text": "a caf\u00e9"},
]


def _zip(folder, path, prefix=""):
    with zipfile.ZipFile(path, "w") as archive:
        for root, _, names in os.walk(folder):
            for name in names:
                full = os.path.join(root, name)
                archive.write(full, prefix + os.path.relpath(full, folder))
    return path


def _check(source):
    assert len(source) == 3
    assert source.captions == [["a caf\u00e9"], ["first", "second"], ["a caf\u00e9"]]
    np.testing.assert_array_equal(source.labels, [0, 1, 0])
    assert source.labels.dtype == np.int64
    assert source.image_size == 8
    assert source.records[0]["style"] == "one"
    assert source.skipped == []
    loaded = [image.numpy()[0, 0, 0] for image in tf.data.Dataset.range(3).map(source.load)]
    assert loaded == [0, 10, 20]


def test_split_folder_flat_folder_and_zip(tmp_path):
    data = tmp_path / "data"
    _write(data / "train", ROWS)
    _check(CaptionFolder(data))
    _check(CaptionFolder(data / "train"))
    _check(CaptionFolder(_zip(data, tmp_path / "split.zip")))
    _check(CaptionFolder(_zip(data, tmp_path / "packed.zip", "data/")))
    _check(CaptionFolder(_zip(data / "train", tmp_path / "flat.zip")))
    _check(CaptionFolder(_zip(data / "train", tmp_path / "packed_flat.zip", "x/")))


def test_blank_lines_and_windows_line_ends(tmp_path):
    _write(tmp_path, [*map(json.dumps, ROWS[:1]), "", json.dumps(ROWS[1]) + "\r", ""])
    assert len(CaptionFolder(tmp_path)) == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{oops", "not JSON"),
        ("[1]", "expected a JSON object, got a list"),
        ({"text": "x"}, '"file_name", a string, but it is missing'),
        ({"file_name": 3, "text": "x"}, '"file_name", a string, got 3'),
        ({"file_name": "a.png"}, 'caption in "text".*has only "file_name"'),
        ({"file_name": "a.png", "text": "  "}, 'expected a caption in "text", got "  "'),
        ({"file_name": "a.png", "text": ["x"]}, 'expected a caption in "text"'),
        ({"file_name": "a.png", "captions": []}, 'list of captions in "captions"'),
        ({"file_name": "a.png", "texts": ["x", 1]}, 'list of captions in "texts"'),
        ({"file_name": "no.png", "text": "x"}, 'the image "no.png" is missing'),
        ({"file_name": "sub", "text": "x"}, 'the image "sub" is missing'),
        ({"file_name": "../train/a.png", "text": "x"}, None),
        ({"file_name": "../secret.png", "text": "x"}, "leaves the folder"),
        ({"file_name": "/etc/passwd", "text": "x"}, "leaves the folder"),
        ({"file_name": "sub/../../secret.png", "text": "x"}, "leaves the folder"),
        ({"file_name": "..\\secret.png", "text": "x"}, "leaves the folder"),
        ({"file_name": "broken.png", "text": "x"}, '"broken.png" does not decode'),
        ({"file_name": "cut.png", "text": "x"}, '"cut.png" does not decode'),
        ({"file_name": "empty.png", "text": "x"}, '"empty.png" does not decode'),
    ],
)
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_bad_lines(tmp_path, row, message, form):
    folder = tmp_path / "train"
    _write(folder, [ROWS[0], row, ROWS[1]])
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    (folder / "broken.png").write_bytes(b"this is no image")
    (folder / "empty.png").write_bytes(b"")
    noise = np.random.RandomState(0).randint(0, 256, [16, 16, 3]).astype(np.uint8)
    Image.fromarray(noise).save(folder / "cut.png")
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:300])
    directory = tmp_path if form == "folder" else _zip(tmp_path, tmp_path.parent / "bad.zip")
    if message is None:  # a detour that stays inside is allowed
        assert len(CaptionFolder(directory)) == 3
        return
    with pytest.raises(ZooError, match=message) as error:
        CaptionFolder(directory)
    assert "metadata.jsonl, line 2" in str(error.value)
    assert 'on_error="skip"' in str(error.value)
    source = CaptionFolder(directory, on_error="skip")
    assert len(source) == 2
    assert len(source.skipped) == 1
    assert "metadata.jsonl, line 2" in source.skipped[0]
    assert source.load(1).numpy()[0, 0, 0] == 10


def test_without_check_only_missing_images_are_found(tmp_path):
    _write(tmp_path, ROWS)
    (tmp_path / "b.png").write_bytes(b"this is no image")
    assert len(CaptionFolder(tmp_path, check=False)) == 3


@pytest.mark.parametrize("shape", [(3, 4), (3, 1, 4), (3, 2, 4)])
def test_embeddings(tmp_path, shape):
    _write(tmp_path / "data" / "train", ROWS)
    values = np.random.RandomState(0).normal(size=shape)
    np.save(tmp_path / "data" / "train" / "embeddings.npy", values)
    for directory in (tmp_path / "data", _zip(tmp_path / "data", tmp_path / "data.zip", "data/")):
        assert CaptionFolder(directory).embeddings is None
        source = CaptionFolder(directory, embeddings=True)
        assert source.embeddings.dtype == np.float32
        want = values.reshape([3, -1, 4]).astype(np.float32)
        np.testing.assert_array_equal(source.embeddings, want)


def test_skipped_lines_take_their_embeddings_along(tmp_path):
    rows = ["", ROWS[0], "{oops", ROWS[1], "", {"file_name": "broken.png", "text": "x"}, ROWS[2]]
    _write(tmp_path, rows)
    (tmp_path / "broken.png").write_bytes(b"this is no image")
    np.save(tmp_path / "embeddings.npy", np.arange(1, 6, dtype=np.float32)[:, None])
    source = CaptionFolder(tmp_path, on_error="skip", embeddings=True)
    np.testing.assert_array_equal(source.embeddings[:, 0, 0], [1, 3, 5])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file; it is needed with embeddings=True"),
        (b"text", "not an array of numbers in NumPy's .npy format"),
        (b"", "not an array of numbers in NumPy's .npy format"),
        (np.array([object()] * 3), "not an array of numbers .*allow_pickle"),
        (np.ones([2, 4]), "embeddings of 2 images for 3"),
        (np.ones([3, 4], int), "row 0: expected floating-point numbers"),
        (np.float32(1), "got a ndarray"),
        (np.array([[1.0], [np.inf], [1.0]]), "row 1: it has a value that is not finite"),
    ],
)
def test_bad_embeddings(tmp_path, content, message):
    _write(tmp_path, ROWS)
    path = tmp_path / "embeddings.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(ZooError, match=f"embeddings.npy.*{message}"):
        CaptionFolder(tmp_path, embeddings=True)


def test_nothing_left(tmp_path):
    _write(tmp_path, [{"file_name": "no.png", "text": "x"}])
    with pytest.raises(ZooError, match="no usable image is left \\(1 skipped"):
        CaptionFolder(tmp_path, on_error="skip")
    (tmp_path / "metadata.jsonl").write_text("")
    with pytest.raises(ZooError, match="it has no lines"):
        CaptionFolder(tmp_path)


def test_bad_directory(tmp_path):
    with pytest.raises(ZooError, match="no such folder or .zip file"):
        CaptionFolder(tmp_path / "no")
    with pytest.raises(ZooError, match="expected train/metadata.jsonl.*or metadata.jsonl directly"):
        CaptionFolder(tmp_path)
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(ZooError, match="expected a folder or a .zip file"):
        CaptionFolder(tmp_path / "file.txt")
    with pytest.raises(ZooError, match='on_error must be "raise" or "skip"'):
        CaptionFolder(tmp_path, on_error="ignore")
