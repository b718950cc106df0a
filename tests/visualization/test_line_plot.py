import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.visualization import canvas


def plot(count):
    series = {f"line {n}": ([0, 1], [n + 1, 9 - n]) for n in range(count)}
    return np.asarray(canvas.line_plot(series, "title", width=500))


def test_every_line_has_its_color_in_the_plot_and_in_the_legend():
    pixels = plot(len(canvas.LINES)).astype(int)
    for color in canvas.LINES:
        distance = np.abs(pixels - color).max(-1)
        assert (distance[:80] == 0).sum() >= 64  # in the legend
        assert (distance[80:] < 40).sum() > 50  # edges of a line are mixed with the background


def test_more_lines_than_colors_are_refused():
    with pytest.raises(ZooError, match="at most 8 lines, got 9"):
        plot(9)
