"""Images that a notebook shows: the array type and `zoo.show`."""

import io
import pickle
import sys
import types

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.errors import ZooError
from zoo.visualization import image_array as module
from zoo.visualization.image_array import ImageArray, image_array, layout

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 100, 100, 3), np.uint8)


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_it_is_a_numpy_array_whose_arithmetic_is_plain():
    images = image_array(IMAGES, columns=3, seeds=np.arange(6))
    assert isinstance(images, np.ndarray) and images.dtype == np.uint8
    np.testing.assert_array_equal(images, IMAGES)
    assert type(images / 255) is np.ndarray and type(images == IMAGES) is np.ndarray
    assert type(images.mean()) is np.float64 and type(np.asarray(images)) is np.ndarray
    again = pickle.loads(pickle.dumps(images))
    np.testing.assert_array_equal(again, IMAGES)
    assert images.seeds.tolist() == list(range(6))


def test_slices_are_shown_and_do_not_keep_the_seeds_of_others():
    images = image_array(IMAGES, columns=3, seeds=np.arange(6))
    assert type(images[2:4]) is ImageArray and images[2:4].seeds is None
    np.testing.assert_array_equal(opened(images[1]._repr_png_())[2:102, 2:102], IMAGES[1])
    assert images.astype(np.float32)._repr_png_() is None
    assert images[:, 0, 0, 0]._repr_png_() is None and images[:0]._repr_png_() is None


def test_a_notebook_shows_one_row_per_condition():
    canvas = opened(image_array(IMAGES, columns=3)._repr_png_())
    assert canvas.shape == (2 * 102 + 2, 3 * 102 + 2, 3)
    np.testing.assert_array_equal(canvas[104:204, 2:102], IMAGES[3])
    assert layout(IMAGES, columns=4).shape == (2 * 102 + 2, 4 * 102 + 2, 3)  # the last row is open
    assert layout(IMAGES[:, :16, :16, :1]).shape == (98 + 2, 6 * 98 + 2, 3)  # gray, enlarged


def test_show_writes_a_file(tmp_path):
    zoo.show(list(IMAGES), columns=2, labels=["a", "b", "c"], path=tmp_path / "new" / "grid.png")
    canvas = np.asarray(Image.open(tmp_path / "new" / "grid.png"))
    assert canvas.shape == (3 * (102 + 12) + 2, 2 * 102 + 2, 3)
    zoo.show(np.float32(IMAGES) / 255, path=tmp_path / "float.png", value_range=(0, 1))
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "float.png")), layout(IMAGES)
    )


def test_show_displays_in_a_notebook(monkeypatch):
    shown = []
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    display = types.ModuleType("IPython.display")
    display.Image, display.display = lambda data: data, shown.append
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    zoo.show(image_array(IMAGES, columns=6))
    np.testing.assert_array_equal(opened(shown[0]), layout(IMAGES, columns=6))
    ipython.get_ipython = lambda: types.SimpleNamespace()  # IPython in a terminal
    assert not module.in_notebook()


@pytest.mark.parametrize(("images", "options", "words"), [
    ("photo.png", {}, "expects images, arrays such as generate returns, got 'photo.png'"),
    (None, {}, "got a NoneType"),
    (IMAGES[0, 0], {}, r"got an array of shape \(100, 3\)"),
    (np.moveaxis(IMAGES, -1, 1), {}, "channels come last"),
    ([IMAGES[0], IMAGES[1, :50]], {}, "of one size, got several"),
    (IMAGES / 255, {}, r"pass value_range=\(0, 1\)"),
    (IMAGES, {"columns": 0}, "columns must be an integer of at least 1, got 0"),
    (IMAGES, {"columns": 3, "labels": ["a"]}, "a list of 2 strings, one per row of 3 images"),
    (IMAGES, {"labels": "a"}, "a list of 1 strings"),
])
def test_what_it_cannot_show(images, options, words, tmp_path):
    with pytest.raises(ZooError, match=words):
        zoo.show(images, path=tmp_path / "x.png", **options)
    assert not (tmp_path / "x.png").exists()


def test_outside_a_notebook_it_names_the_file_argument():
    with pytest.raises(ZooError, match='there is none here: .*path="grid.png"'):
        zoo.show(IMAGES)


def test_a_file_has_all_images_and_a_notebook_the_first(tmp_path):
    many = np.zeros((300, 8, 8, 3), np.uint8)
    path = tmp_path / "grid.png"
    zoo.show(many, columns=10, labels=[f"row {k}" for k in range(30)], path=path)
    rows = (Image.open(path).height - 2) / (96 + 2 + 12)
    assert rows == 30
    labels = [f"row {k}" for k in range(30)]
    assert layout(many, columns=10, labels=labels).shape[0] == 26 * (96 + 2 + 12) + 2
    with pytest.raises(ZooError, match="a list of 30 strings"):
        layout(many, columns=10, labels=labels[:26])


@pytest.mark.parametrize("labels", [[1], (label for label in "a"), [None]])
def test_labels_are_strings(labels, tmp_path):
    with pytest.raises(ZooError, match="labels must be a list of 1 strings"):
        zoo.show(IMAGES, labels=labels, path=tmp_path / "x.png")


def test_the_path_is_a_path():
    with pytest.raises(ZooError, match="path must be the name of a PNG file, got 3"):
        zoo.show(IMAGES, path=3)
