"""Pieces that larger images are put together from: text lines, tiles, rows, columns, line plots.

Every function but `shorten` returns a Pillow image. Needs Pillow.
"""

import numpy as np

from zoo.visualization.grid import drawable

GAP, MARGIN = 10, 20
INK, GREY, PALE, WHITE = (25, 25, 25), (110, 110, 110), (215, 215, 215), (255, 255, 255)
TEXT, SMALL, TITLE = 15, 13, 20  # font sizes
LINES = ((44, 95, 170), (228, 112, 20), (60, 140, 80), (150, 60, 140))  # colours of a plot's lines


def text_line(text, width, right="", size=TEXT, ink=INK):
    """A line of text, shortened to the width; `right` stands at its end, in grey."""
    from PIL import ImageDraw, ImageFont

    line = blank(width, size + 6)
    font, draw = ImageFont.load_default(size), ImageDraw.Draw(line)
    room = width - (font.getlength(right) + 8 if right else 0)
    draw.text((0, line.height // 2), shorten(text, room, font), ink, font, anchor="lm")
    draw.text((width, line.height // 2), right, GREY, font, anchor="rm")
    return line


def shorten(text, room, font):
    """`text`, or its beginning and two dots, no wider than `room` pixels."""
    text = drawable(text)
    if not text or font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "..") > room:
        text = text[:-1]
    return text + ".."


def tile(image, size):
    """A image at `size` pixels: whole pixels, or their means."""
    from PIL import Image

    return to_image(image).resize((size, size), Image.Resampling.BOX)


def framed(tile):
    """`tile` with a pale line around it, inside, so that a white one has an end."""
    from PIL import ImageDraw

    ImageDraw.Draw(tile).rectangle((0, 0, tile.width - 1, tile.height - 1), outline=PALE)
    return tile


def to_image(values):
    """Numbers in 0 ... 255, (h, w, 3), as an image."""
    from PIL import Image

    return Image.fromarray(np.uint8(np.clip(np.round(values), 0, 255)))


def blank(width, height, colour=WHITE):
    """A plain rectangle."""
    from PIL import Image

    return Image.new("RGB", (width, height), colour)


def rule(width):
    """A thin line."""
    return blank(width, 1, PALE)


def rows(cells, columns):
    """Cells in rows of `columns`."""
    starts = range(0, len(cells), columns)
    return column([row(cells[start:start + columns], GAP) for start in starts], GAP)


def column(parts, gap):
    """Parts under each other; empty ones are left out."""
    parts = [part for part in parts if part.height and part.width]
    height = sum(part.height for part in parts) + gap * (len(parts) - 1)
    whole = blank(max((part.width for part in parts), default=0), max(height, 0))
    y = 0
    for part in parts:
        whole.paste(part, (0, y))
        y += part.height + gap
    return whole


def row(parts, gap):
    """Parts side by side, level at the top; empty ones are left out."""
    parts = [part for part in parts if part.height and part.width]
    width = sum(part.width for part in parts) + gap * (len(parts) - 1)
    whole = blank(max(width, 0), max((part.height for part in parts), default=0))
    x = 0
    for part in parts:
        whole.paste(part, (x, 0))
        x += part.width + gap
    return whole


def with_margin(image):
    """`image` on white with a margin."""
    canvas = blank(image.width + 2 * MARGIN, image.height + 2 * MARGIN)
    canvas.paste(image, (MARGIN, MARGIN))
    return canvas


def line_plot(series, title, width=420, height=240, x_label="step"):
    """Lines over a common x axis, from zero up, with their names at the right end.

    Args:
        series: dict of name -> (list of x, list of y), at most four, y at least 0.
        title: str.
        width, height: pixels of the whole.
        x_label: str. Stands below the axis.
    """
    from PIL import ImageDraw, ImageFont

    scale = 2  # drawn at twice the size: smooth lines
    font = ImageFont.load_default(SMALL * scale)
    xs = [x for x_values, _ in series.values() for x in x_values]
    top = nice_ceiling(max(y for _, y_values in series.values() for y in y_values))
    left, right, bottom = 48 * scale, 12 * scale, 36 * scale
    plot = blank(width * scale, (height - TEXT - 6) * scale)
    draw = ImageDraw.Draw(plot)
    inner_width, inner_height = plot.width - left - right, plot.height - bottom - 8 * scale

    def place(x, y):
        span = max(max(xs) - min(xs), 1e-9)
        return (
            left + inner_width * (x - min(xs)) / span,
            8 * scale + inner_height * (1 - y / top),
        )

    for share in (0, 0.5, 1):
        x, y = place(min(xs), top * share)
        draw.line((x, y, plot.width - right, y), PALE, scale)
        draw.text((x - 6 * scale, y), f"{top * share:g}", GREY, font, anchor="rm")
    for x in (min(xs), max(xs)):
        anchor = "lt" if x == min(xs) else "rt"
        draw.text((place(x, 0)[0], plot.height - bottom + 8 * scale), f"{x:g}", GREY, font, anchor)
    draw.text((left + inner_width / 2, plot.height - bottom + 8 * scale), x_label, GREY, font, "mt")
    for (x_values, y_values), colour in zip(series.values(), LINES, strict=False):
        points = [place(x, y) for x, y in zip(x_values, y_values, strict=True)]
        draw.line(points, colour, 2 * scale, joint="curve")
    legend = row([
        row([column([blank(1, 7), blank(16, 4, colour)], 0), _text(name)], 6)
        for name, colour in zip(series, LINES, strict=False)
    ], 16)
    plot = plot.resize((width, plot.height // scale))
    return column([text_line(title, width), legend, plot], 4)


def _text(text):
    from PIL import ImageFont

    return text_line(text, int(ImageFont.load_default(SMALL).getlength(text)) + 4, size=SMALL)


def nice_ceiling(value, steps=(1, 2, 5)):
    """The next of these steps times a power of ten: 0.034 -> 0.05."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(m * power for m in (*steps, 10) if m * power >= value * (1 - 1e-9)))
