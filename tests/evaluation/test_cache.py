"""The cache of features, and files of pixels: what they hold, and that they grow with their rows.

A sparse file of the whole size would kill the process when the disk is full.
"""

import errno

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.evaluation.cache import Cache
from zoo.evaluation.image_set import from_array

ROW = [("a", np.float32, (64,)), ("b", np.float32, (3, 5))]
COUNT, BATCH = 640, 64


def rows():
    table = np.zeros(COUNT, ROW)
    table["a"], table["b"] = np.random.RandomState(0).randn(COUNT, 64), 7
    return table


def batches(folder=None, sizes=None):
    for start in range(0, COUNT, BATCH):
        if folder is not None and start:
            sizes.append(next(folder.glob("*partial")).stat().st_size)
        yield rows()[start : start + BATCH]


def test_rows_are_written_one_batch_after_another_and_kept(tmp_path):
    cache, sizes = Cache(tmp_path), []
    found = cache.rows("x", ("part",), COUNT, lambda: batches(tmp_path, sizes), "rows")
    np.testing.assert_array_equal(found, rows())
    assert sizes == sorted(sizes) and sizes[0] < 2 * rows()[:BATCH].nbytes
    again = cache.rows("x", ("part",), COUNT, lambda: pytest.fail("computed again"), "rows")
    np.testing.assert_array_equal(again, found)
    with pytest.raises(ZooError, match="got 640 rows, expected 641"):
        cache.rows("y", ("part",), COUNT + 1, batches, "rows")
    assert [path.suffix for path in tmp_path.iterdir()] == [".npy"]


@pytest.mark.parametrize("damage", [
    lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"PK\x03\x04 no array"),
    lambda path: path.write_bytes(path.read_bytes()[:300]),
    lambda path: np.save(path, np.zeros(COUNT - 1)),
])
def test_a_damaged_file_is_computed_again(tmp_path, damage):
    cache = Cache(tmp_path)
    cache.rows("x", ("part",), COUNT, batches, "rows")
    (path,) = tmp_path.iterdir()
    damage(path)
    found = cache.rows("x", ("part",), COUNT, batches, "rows")
    np.testing.assert_array_equal(found, rows())
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    cache = Cache(tmp_path)
    cache.rows("x", ("part",), COUNT, batches, "rows")
    (path,) = tmp_path.iterdir()
    path.unlink()
    path.mkdir()
    with pytest.raises(ZooError, match=f"{path} cannot be read: .*Delete it"):
        cache.rows("x", ("part",), COUNT, batches, "rows")
    with pytest.raises(ZooError, match="`cache` must be the path of a folder or None, got 5"):
        Cache(5)


def test_a_full_disk(tmp_path, monkeypatch):
    images = from_array(np.zeros([8, 4, 4, 3], np.uint8), "images")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(ZooError, match="no space left on the disk for 0.0 MB"):
        images.flat(tmp_path)
    with pytest.raises(ZooError, match="no space left on the disk"):
        Cache(tmp_path).rows("x", (), 8, full, "rows")


def test_flat_pixels(tmp_path):
    pixels = np.random.RandomState(0).randint(0, 256, [130, 4, 6, 3], np.uint8)
    flat = from_array(pixels, "images").flat(tmp_path)
    np.testing.assert_array_equal(flat, pixels.reshape(130, -1))
    assert not any(tmp_path.iterdir())  # the file has no name
