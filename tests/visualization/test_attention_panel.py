"""Drawing of panels: sizes, positions, and that nothing exceeds its bounds."""

import numpy as np
import pytest
from PIL import ImageFont

from tests.support import tiny
from zoo.visualization import attention_panel, canvas, explain

CAPTIONS = ["a red circle", "square"]
WIDTH = attention_panel.IMAGE + 2 * canvas.GAP + attention_panel.STRIP + 2 * canvas.MARGIN


@pytest.fixture(scope="module")
def dm_gan():
    return tiny.dm_gan(compiled=False)


@pytest.fixture(scope="module")
def explained(dm_gan):
    return explain.explain(dm_gan, CAPTIONS, seed=7)


def made(words=("red",), size=8, **details):
    """An `Explanation` without a model."""
    rng = np.random.default_rng(0)
    attention = rng.random((4, 4, 8)).astype("float32")
    image = rng.integers(0, 256, (size, size, 3)).astype("uint8")
    details = {"tokens": list(words), "attention": attention, **details}
    return explain.Explanation("red", 0, image, details)


def test_panel_has_one_card_per_caption(explained):
    one, both = attention_panel.panel(explained[:1]), attention_panel.panel(explained)
    assert one.dtype == np.uint8 and one.shape[1:] == (WIDTH, 3) == both.shape[1:]
    assert one.shape[0] > 2 * attention_panel.IMAGE  # image and response gate
    assert both.shape[0] > one.shape[0] + 2 * attention_panel.IMAGE
    assert (both[:, :canvas.MARGIN] == 255).all() and (both[:, -canvas.MARGIN:] == 255).all()
    assert (both[:canvas.MARGIN] == 255).all() and (both[-canvas.MARGIN:] == 255).all()


@pytest.mark.parametrize("size", [8, 256])
def test_panel_shows_the_image_in_whole_pixels(size):
    one = made(size=size)
    top = canvas.MARGIN + attention_panel.TITLE + 6 + 6  # below the title
    left, scale = canvas.MARGIN, attention_panel.IMAGE // size
    side = attention_panel.IMAGE
    drawn = attention_panel.panel([one])[top:top + side, left:left + side]
    drawn = drawn[scale // 2::scale, scale // 2::scale]
    np.testing.assert_array_equal(drawn[1:-1, 1:-1], one.image[1:-1, 1:-1])  # in its frame


def test_many_words_take_a_second_row():
    few, many = (attention_panel.panel([made(["red"] * n)]).shape for n in (6, 7))
    assert few[1] == many[1] == WIDTH and many[0] > few[0]


def test_maps_are_bright_at_large_weights():
    values = np.zeros((4, 4), np.float32)
    values[0, 0] = 1
    gray = np.full((8, 8, 3), 100, np.uint8)
    heat = np.asarray(attention_panel._colored(values, attention_panel.HEAT, gray, 64)).astype(int)
    assert heat[0, 0].sum() > 400 > 150 > heat[-1, -1].sum()
    gate = np.asarray(attention_panel._colored(values, attention_panel.GATE, gray, 64)).astype(int)
    assert gate[0, 0, 0] > gate[0, 0, 2] and gate[-1, -1, 0] < gate[-1, -1, 2]  # orange, blue


@pytest.mark.parametrize("gate", [0.0, 0.25, 1.0])
def test_the_bar_is_as_long_as_the_writing_gate(gate):
    one = made(writing_gate=np.full(8, gate, np.float32))
    cell = np.asarray(attention_panel._word(one, one.numbers(), 0))
    row = cell[-8, :attention_panel.TILE - 40]
    assert (row == attention_panel.GATE[-1]).all(-1).mean() == pytest.approx(gate)
    assert (row == attention_panel.GATE[0]).all(-1).mean() == pytest.approx(1 - gate)


def test_long_words_and_captions_stay_inside():
    one = made(["supercalifragilisticexpialidocious" * 3])
    one.label = "W" * 5000 + " naïve \U0001f600 " + "word " * 5000
    panel = attention_panel.panel([one])
    assert panel.shape[1] == WIDTH and panel.shape[0] < 3 * attention_panel.IMAGE
    assert (panel[:, -canvas.MARGIN:] == 255).all()
    cell = np.asarray(attention_panel._word(one, one.numbers(), 0))
    assert cell.shape[1] == attention_panel.TILE
    font = ImageFont.load_default(canvas.TEXT)
    short = canvas.shorten(one.words[0], 80, font)
    assert short.startswith("super") and short.endswith("..") and font.getlength(short) <= 80
    assert canvas.shorten("red", 80, font) == "red"


def test_the_legend_has_the_elements_of_the_panels(explained):
    def lines(details):
        height = attention_panel._legend(details, 900).height
        return (height + 4) / (canvas.SMALL + 6 + 4)

    assert lines(explained) == 5 and lines([made(mu=0), made()]) == 2 and lines([made()]) == 1
    assert lines([made(), *explained]) == 5
    assert lines([made(["[CLS]", "red", "[SEP]"])]) == lines([made(["red", "##ness"])]) == 2
