"""Grids, their labels, and PNG files."""

import numpy as np
from PIL import Image

from zoo.visualization import grid


def test_grid_places_every_image():
    images = np.stack([np.full((4, 5, 3), value, np.uint8) for value in (10, 20, 30)])
    result = grid.grid(images, columns=2)
    assert result.shape == (2 * (4 + 2) + 2, 2 * (5 + 2) + 2, 3)
    assert (result[2:6, 2:7] == 10).all() and (result[2:6, 9:14] == 20).all()
    assert (result[8:12, 2:7] == 30).all()
    assert (result[8:12, 9:14] == 255).all()  # nothing there: white


def test_labels_are_written_above_the_rows():
    images = np.zeros((4, 16, 40, 3), np.uint8)
    plain = grid.grid(images, 2)
    labelled = grid.grid(images, 2, labels=["one", "élan \U0001f600"])
    assert labelled.shape[0] == plain.shape[0] + 2 * grid.TEXT_HEIGHT
    assert (labelled[2:12] < 128).any() and (labelled[:2] == 255).all()


def test_text_is_what_the_font_can_draw():
    assert grid.drawable("café, Ångström") == "cafe, Angstrom"
    assert grid.drawable("一 b") == "? b"


def test_png_round_trip(tmp_path):
    image = np.random.RandomState(0).randint(0, 256, (5, 6, 3)).astype(np.uint8)
    grid.save_png(tmp_path / "new" / "a.png", image)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "new" / "a.png")), image)


def test_slug():
    assert grid.slug("A red  bird!") == "a-red-bird"
    assert grid.slug("../../etc/passwd") == "etc-passwd"
    assert grid.slug("你好") == "caption"
    assert len(grid.slug("word " * 50)) <= 40
