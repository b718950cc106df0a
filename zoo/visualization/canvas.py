"""Layout elements of composed images: text lines, tiles, rows, columns, line plots.

Every function except `shorten` and `nice_ceiling` returns a Pillow image. Needs Pillow.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.visualization.grid import drawable

GAP, MARGIN = 10, 20
INK, GRAY, PALE, WHITE = (25, 25, 25), (110, 110, 110), (215, 215, 215), (255, 255, 255)
TEXT, SMALL, TITLE = 15, 13, 20  # font sizes
LINES = (  # colors of a plot's lines
    (44, 95, 170), (228, 112, 20), (60, 140, 80), (150, 60, 140), (180, 35, 45), (50, 160, 180),
    (125, 90, 40), (90, 90, 90),
)
LEGEND = 5  # entries per row


def text_line(text, width, right="", size=TEXT, ink=INK):
    """A line of text, shortened to the width, with the text `right` at its right end, in gray."""
    from PIL import ImageDraw, ImageFont

    line = blank(width, size + 6)
    font, draw = ImageFont.load_default(size), ImageDraw.Draw(line)
    room = width - (font.getlength(right) + 8 if right else 0)
    draw.text((0, line.height // 2), shorten(text, room, font), ink, font, anchor="lm")
    draw.text((width, line.height // 2), right, GRAY, font, anchor="rm")
    return line


def shorten(text, room, font):
    """`text`, truncated with two dots if it is wider than `room` pixels."""
    text = drawable(text)
    if not text or font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "..") > room:
        text = text[:-1]
    return text + ".."


def tile(image, size):
    """An image resized to `size` pixels: repeated pixels when enlarged, means when reduced."""
    from PIL import Image

    return to_image(image).resize((size, size), Image.Resampling.BOX)


def framed(tile):
    """Draws a pale border inside `tile`, in place, so that white images are visible; returns it."""
    from PIL import ImageDraw

    ImageDraw.Draw(tile).rectangle((0, 0, tile.width - 1, tile.height - 1), outline=PALE)
    return tile


def to_image(values):
    """An array (h, w, 3) of numbers in 0 ... 255 as an image."""
    from PIL import Image

    return Image.fromarray(np.uint8(np.clip(np.round(values), 0, 255)))


def blank(width, height, color=WHITE):
    """A plain rectangle."""
    from PIL import Image

    return Image.new("RGB", (width, height), color)


def rule(width):
    """A thin horizontal line."""
    return blank(width, 1, PALE)


def rows(cells, columns):
    """Cells in rows of `columns` each."""
    starts = range(0, len(cells), columns)
    return column([row(cells[start:start + columns], GAP) for start in starts], GAP)


def column(parts, gap):
    """Parts stacked vertically, left-aligned; empty ones are left out."""
    parts = [part for part in parts if part.height and part.width]
    height = sum(part.height for part in parts) + gap * (len(parts) - 1)
    whole = blank(max((part.width for part in parts), default=0), max(height, 0))
    y = 0
    for part in parts:
        whole.paste(part, (0, y))
        y += part.height + gap
    return whole


def row(parts, gap):
    """Parts side by side, top-aligned; empty ones are left out."""
    parts = [part for part in parts if part.height and part.width]
    width = sum(part.width for part in parts) + gap * (len(parts) - 1)
    whole = blank(max(width, 0), max((part.height for part in parts), default=0))
    x = 0
    for part in parts:
        whole.paste(part, (x, 0))
        x += part.width + gap
    return whole


def with_margin(image):
    """`image` with a white margin."""
    canvas = blank(image.width + 2 * MARGIN, image.height + 2 * MARGIN)
    canvas.paste(image, (MARGIN, MARGIN))
    return canvas


def line_plot(series, title, width=420, height=240, x_label="step"):
    """Line plot with a common x axis, a y axis from zero, and a legend above the plot.

    Args:
        series: dict of name -> (list of x, list of y), at most eight; y is at least 0.
        title: str.
        width, height: size of the plot in pixels.
        x_label: str. Label below the axis.

    Raises:
        ZooError: more lines than colors.
    """
    from PIL import ImageDraw, ImageFont

    if len(series) > len(LINES):
        raise ZooError(f"A plot shows at most {len(LINES)} lines, got {len(series)}.")
    scale = 2  # drawn at twice the size and reduced, for smooth lines
    font = ImageFont.load_default(SMALL * scale)
    xs = [x for x_values, _ in series.values() for x in x_values]
    top = nice_ceiling(max(y for _, y_values in series.values() for y in y_values))
    left, right, bottom = 48 * scale, 12 * scale, 36 * scale
    plot = blank(width * scale, (height - TEXT - 6) * scale)
    draw = ImageDraw.Draw(plot)
    inner_width, inner_height = plot.width - left - right, plot.height - bottom - 8 * scale

    def position(x, y):
        span = max(max(xs) - min(xs), 1e-9)
        return (
            left + inner_width * (x - min(xs)) / span,
            8 * scale + inner_height * (1 - y / top),
        )

    for share in (0, 0.5, 1):
        x, y = position(min(xs), top * share)
        draw.line((x, y, plot.width - right, y), PALE, scale)
        draw.text((x - 6 * scale, y), f"{top * share:g}", GRAY, font, anchor="rm")
    for x in (min(xs), max(xs)):
        anchor = "lt" if x == min(xs) else "rt"
        below = position(x, 0)[0], plot.height - bottom + 8 * scale
        draw.text(below, f"{x:g}", GRAY, font, anchor)
    draw.text((left + inner_width / 2, plot.height - bottom + 8 * scale), x_label, GRAY, font, "mt")
    for (x_values, y_values), color in zip(series.values(), LINES, strict=False):
        points = [position(x, y) for x, y in zip(x_values, y_values, strict=True)]
        draw.line(points, color, 2 * scale, joint="curve")
    entries = [
        row([column([blank(1, 7), blank(16, 4, color)], 0), _text(name)], 6)
        for name, color in zip(series, LINES, strict=False)
    ]
    legend = column(
        [row(entries[i : i + LEGEND], 16) for i in range(0, len(entries), LEGEND)], 4
    )
    plot = plot.resize((width, plot.height // scale))
    return column([text_line(title, width), legend, plot], 4)


def _text(text):
    from PIL import ImageFont

    return text_line(text, int(ImageFont.load_default(SMALL).getlength(text)) + 4, size=SMALL)


def nice_ceiling(value, steps=(1, 2, 5)):
    """The smallest step times a power of ten that is at least `value`: 0.034 -> 0.05."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(m * power for m in (*steps, 10) if m * power >= value * (1 - 1e-9)))
