"""Panels of what a model shows of its work (`recipes.explain`). Needs Pillow.

But for `panel` and `shorten` every function returns a Pillow image, or colours.
"""

import textwrap

import numpy as np

from recipes.pictures import drawable

COLUMNS = 6  # tiles of a row
TILE = 128  # pixels of a tile
PICTURE = 2 * TILE  # pixels of the picture itself
GAP, MARGIN = 10, 20
STRIP = COLUMNS * (TILE + GAP) - GAP
INK, GREY, PALE, WHITE = (25, 25, 25), (110, 110, 110), (215, 215, 215), (255, 255, 255)
TEXT, SMALL, TITLE = 15, 13, 20  # font sizes
LINE = 110  # characters of a caption a line
SWATCH = 64  # pixels of the legend's colours
# Colours of 0 ... 1: dark to light for attention, blue (picture) to orange (memory) for gates.
HEAT = ((0, 0, 4), (81, 18, 124), (183, 55, 121), (252, 137, 97), (252, 253, 191))
GATE = ((44, 95, 170), (238, 238, 238), (228, 112, 20))

STRIPS = {  # what is varied in a strip, and what is not
    "conditioning_noise": ("Conditioning noise only", "the latent fixed"),
    "latent": ("Latent only", "the conditioning noise fixed"),
}
LEGEND = {  # what is shown: its colours and how many steps they have, and what they mean
    "attention": (
        (HEAT,), "Attention of the last stage to a word: dark = 0, light = the word's peak weight, "
        "the number beside it.",
    ),
    "writing_gate": (
        (GATE[::-1], 2), "Writing gate of a word, the bar and its number: 1 (orange) = the word is "
        "written to the memory, 0 (blue) = the picture feature is.",
    ),
    "response_gate": (
        (GATE,), "Response gate of a pixel: 1 (orange) = taken from the memory, 0 (blue) = kept "
        "from the picture.",
    ),
    "mu": (
        (), "sigma = exp(log_var / 2) and mu of the conditioning Gaussian, means over its "
        "dimensions.",
    ),
    "strips": (
        (), "Mean distance: |a - b| of pictures in [-1, 1], mean over the pixels of all pairs of a "
        "strip.",
    ),
}


def panel(explained):
    """All explanations under each other and a legend: uint8 (H, W, 3)."""
    width = PICTURE + 2 * GAP + STRIP
    cards = [part for one in explained for part in (_card(one, width), _rule(width))]
    whole = _column([*cards, _legend(explained, width)], 2 * GAP)
    framed = _blank(whole.width + 2 * MARGIN, whole.height + 2 * MARGIN)
    framed.paste(whole, (MARGIN, MARGIN))
    return np.asarray(framed)


def _card(explained, width):
    """A caption's title and its picture; right of that words and strips."""
    title = textwrap.wrap(
        drawable(explained.label), LINE, max_lines=3, placeholder=" ..."
    ) or [""]
    numbers = explained.numbers()
    left = [_framed(_tile(explained.picture, PICTURE)), _line(f"seed {explained.seed}", PICTURE)]
    if "mean_sigma" in numbers:
        text = f"mean sigma {numbers['mean_sigma']:.3f}, mean |mu| {numbers['mean_abs_mu']:.3f}"
        left.append(_line(text, PICTURE))
    if "response_gate" in explained.details:
        mean = f"mean {numbers['mean_response_gate']:.2f}"
        gate = _coloured(explained.details["response_gate"], GATE, explained.picture, PICTURE)
        left += [_line("response gate", PICTURE, mean), gate]
    right = []
    if "attention" in explained.details:
        cells = [_word(explained, numbers, index) for index in range(len(explained.words))]
        heading = "Attention to each word, with its peak weight"
        if "writing_gate" in numbers:
            heading += "; below it the word's writing gate"
        right.append(_column([_line(heading, STRIP), _rows(cells)], 2))
    for name, images in explained.strips.items():
        heading, fixed = STRIPS[name]
        if len(explained.strips) > 1:
            heading = f"{heading}, {fixed}"
        distance = f"mean distance {numbers['distances'][name]:.3f}"
        tiles = _rows([_framed(_tile(image, TILE)) for image in images])
        right.append(_column([_line(heading, STRIP, distance), tiles], 2))
    body = _row([_column(left, 4), _column(right, 2 * GAP)], 2 * GAP)
    return _column([*(_line(text, width, size=TITLE) for text in title), body], 6)


def _word(explained, numbers, index):
    """A word with its attention map and, where there is one, its writing gate as a bar."""
    peak = f"{numbers['attention_peak'][index]:.2f}"
    weights = explained.details["attention"][..., index]
    heat = _coloured(weights / max(float(weights.max()), 1e-8), HEAT, explained.picture, TILE)
    parts = [_line(explained.words[index], TILE, peak, SMALL), heat]
    if "writing_gate" in numbers:
        gate = numbers["writing_gate"][index]
        bar = _blank(TILE - 40, 12, GATE[0])
        bar.paste(GATE[-1], (0, 0, round(bar.width * gate), bar.height))
        value = _line("", 40, f"{gate:.2f}", SMALL)
        parts.append(_row([_column([_blank(bar.width, 4), bar], 0), value], 0))
    return _column(parts, 2)


def _legend(explained, width):
    """A line for each part that some panel shows, behind its colours."""
    shown = {name for one in explained for name in one.details}
    if any(one.strips for one in explained):
        shown.add("strips")
    lines = [(_swatch(*LEGEND[name][0]), LEGEND[name][1]) for name in LEGEND if name in shown]
    indent = max((swatch.width for swatch, _ in lines), default=0)
    rows = []
    for swatch, text in lines:
        place = _blank(indent, SMALL + 6)
        place.paste(swatch, (0, 4))
        text = _line(text, width - indent - GAP, size=SMALL, ink=GREY)
        rows.append(_row([place, text], GAP))
    return _column(rows, 4)


def _swatch(colours=(), steps=SWATCH):
    """The colours from low to high, in `steps` steps; nothing without colours."""
    if not colours:
        return _blank(0, 0)
    values = np.linspace(0, 1, steps).repeat(SWATCH // steps)
    return _image(_colours(np.broadcast_to(values, (SMALL - 2, len(values))), colours))


def _line(text, width, right="", size=TEXT, ink=INK):
    """A line of text, shortened to the width; `right` stands at its end, in grey."""
    from PIL import ImageDraw, ImageFont

    line = _blank(width, size + 6)
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


def _tile(image, size):
    from PIL import Image

    return _image(image).resize((size, size), Image.Resampling.BOX)  # whole pixels, or their means


def _framed(tile):
    """`tile` with a pale line around it, inside, so that a white one has an end."""
    from PIL import ImageDraw

    ImageDraw.Draw(tile).rectangle((0, 0, tile.width - 1, tile.height - 1), outline=PALE)
    return tile


def _coloured(values, colours, image, size):
    """Values in [0, 1], (h, w), as colours over the grey picture."""
    from PIL import Image

    smooth = Image.fromarray(np.asarray(values, np.float32)).resize(
        (size, size), Image.Resampling.BILINEAR
    )
    grey = np.asarray(_tile(image, size).convert("L"))[..., None]
    return _image(0.75 * _colours(np.asarray(smooth), colours) + 0.25 * grey)


def _colours(values, colours):
    """Values in [0, 1], any shape, between evenly spaced colours: float (..., 3)."""
    places = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(values, places, band) for band in zip(*colours, strict=True)], -1)


def _image(values):
    from PIL import Image

    return Image.fromarray(np.uint8(np.clip(np.round(values), 0, 255)))


def _blank(width, height, colour=WHITE):
    from PIL import Image

    return Image.new("RGB", (width, height), colour)


def _rule(width):
    return _blank(width, 1, PALE)


def _rows(cells):
    """Cells in rows of `COLUMNS`."""
    rows = [cells[start:start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    return _column([_row(row, GAP) for row in rows], GAP)


def _column(parts, gap):
    """Parts under each other; empty ones are left out."""
    parts = [part for part in parts if part.height and part.width]
    height = sum(part.height for part in parts) + gap * (len(parts) - 1)
    column = _blank(max((part.width for part in parts), default=0), max(height, 0))
    y = 0
    for part in parts:
        column.paste(part, (0, y))
        y += part.height + gap
    return column


def _row(parts, gap):
    """Parts side by side, level at the top; empty ones are left out."""
    parts = [part for part in parts if part.height and part.width]
    width = sum(part.width for part in parts) + gap * (len(parts) - 1)
    row = _blank(max(width, 0), max((part.height for part in parts), default=0))
    x = 0
    for part in parts:
        row.paste(part, (x, 0))
        x += part.width + gap
    return row
