"""Grids and attention pictures."""

import numpy as np
from PIL import Image

from recipes import pictures


def test_grid_places_every_picture():
    images = np.stack([np.full((4, 5, 3), value, np.uint8) for value in (10, 20, 30)])
    result = pictures.grid(images, columns=2)
    assert result.shape == (2 * (4 + 2) + 2, 2 * (5 + 2) + 2, 3)
    assert (result[2:6, 2:7] == 10).all() and (result[2:6, 9:14] == 20).all()
    assert (result[8:12, 2:7] == 30).all()
    assert (result[8:12, 9:14] == 255).all()  # nothing there: white


def test_labels_are_written_above_the_rows():
    images = np.zeros((4, 16, 40, 3), np.uint8)
    plain = pictures.grid(images, 2)
    labelled = pictures.grid(images, 2, labels=["one", "élan \U0001f600"])
    assert labelled.shape[0] == plain.shape[0] + 2 * pictures.TEXT_HEIGHT
    assert (labelled[2:12] < 128).any() and (labelled[:2] == 255).all()


def test_attention_is_bright_where_the_weight_is():
    image = np.full((8, 8, 3), 100, np.uint8)
    attention = np.zeros((4, 4, 3), np.float32)
    attention[0, 0, 0] = attention[3, 3, 1] = 0.5
    result = pictures.attention_picture(image, attention, ["red", "heart"], scale=2)
    top, gap = pictures.TEXT_HEIGHT, pictures.GAP
    assert result.shape == (16 + 2 * gap + top, 3 * (16 + gap) + gap, 3)  # picture and two words
    first = result[top + gap:top + gap + 16, gap + 18:gap + 18 + 16].mean(-1)
    second = result[top + gap:top + gap + 16, gap + 36:gap + 36 + 16].mean(-1)
    assert first[0, 0] > 200 > 60 > first[-1, -1]
    assert second[-1, -1] > 200 > 60 > second[0, 0]


def test_stack_pads_to_the_widest():
    a, b = np.zeros((3, 4, 3), np.uint8), np.zeros((2, 9, 3), np.uint8)
    result = pictures.stack([a, b])
    assert result.shape == (3 + 2 + 2 * pictures.GAP, 9, 3)
    assert (result[0, 4:] == 255).all()


def test_png_round_trip(tmp_path):
    image = np.random.RandomState(0).randint(0, 256, (5, 6, 3)).astype(np.uint8)
    pictures.save_png(tmp_path / "new" / "a.png", image)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "new" / "a.png")), image)


def test_slug():
    assert pictures.slug("A red  bird!") == "a-red-bird"
    assert pictures.slug("../../etc/passwd") == "etc-passwd"
    assert pictures.slug("你好") == "caption"
    assert len(pictures.slug("word " * 50)) <= 40
