import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.visualization import canvas


def plot(count):
    series = {f"line {n}": ([0, 1], [n, n]) for n in range(count)}
    return np.asarray(canvas.line_plot(series, "title", width=500)).reshape(-1, 3)


def test_every_line_has_its_color_in_the_plot_and_in_the_legend():
    count = len(canvas.LINES)
    fewer, pixels = plot(count - 1), plot(count)
    for color in canvas.LINES:
        assert (pixels == color).all(-1).sum() > 300
    assert (fewer == canvas.LINES[-1]).all(-1).sum() < 100  # the same gray as some text


def test_more_lines_than_colors_are_refused():
    with pytest.raises(ZooError, match="at most 8 lines, got 9"):
        plot(9)
