"""Panels of what a model shows of its work (`zoo.visualization.explain`). Needs Pillow.

But for `panel` every function returns a Pillow image, or colours.
"""

import textwrap

import numpy as np

from zoo.visualization.canvas import (
    GAP,
    GREY,
    SMALL,
    TITLE,
    blank,
    column,
    framed,
    row,
    rows,
    rule,
    text_line,
    tile,
    to_image,
    with_margin,
)
from zoo.visualization.grid import drawable

COLUMNS = 6  # tiles of a row
TILE = 128  # pixels of a tile
PICTURE = 2 * TILE  # pixels of the image itself
STRIP = COLUMNS * (TILE + GAP) - GAP
LINE = 110  # characters of a caption a line
SWATCH = 64  # pixels of the legend's colours
# Colours of 0 ... 1: dark to light for attention, blue (image) to orange (memory) for gates.
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
    "pieces": (
        (), "Words are read in pieces: ## goes on with the piece before it, [CLS] and [SEP] mark "
        "the caption's start and end.",
    ),
    "writing_gate": (
        (GATE[::-1], 2), "Writing gate of a word, the bar and its number: 1 (orange) = the word is "
        "written to the memory, 0 (blue) = the image feature is.",
    ),
    "response_gate": (
        (GATE,), "Response gate of a pixel: 1 (orange) = taken from the memory, 0 (blue) = kept "
        "from the image.",
    ),
    "mu": (
        (), "sigma = exp(log_var / 2) and mu of the conditioning Gaussian, means over its "
        "dimensions.",
    ),
    "strips": (
        (), "Mean distance: |a - b| of images in [-1, 1], mean over the pixels of all pairs of a "
        "strip.",
    ),
}


def panel(explained):
    """All explanations under each other and a legend: uint8 (H, W, 3)."""
    width = PICTURE + 2 * GAP + STRIP
    cards = [part for one in explained for part in (_card(one, width), rule(width))]
    whole = column([*cards, _legend(explained, width)], 2 * GAP)
    return np.asarray(with_margin(whole))


def _card(explained, width):
    """A caption's title and its image; right of that words and strips."""
    title = textwrap.wrap(
        drawable(explained.label), LINE, max_lines=3, placeholder=" ..."
    ) or [""]
    numbers = explained.numbers()
    left = [framed(tile(explained.picture, PICTURE)), text_line(f"seed {explained.seed}", PICTURE)]
    if "mean_sigma" in numbers:
        text = f"mean sigma {numbers['mean_sigma']:.3f}, mean |mu| {numbers['mean_abs_mu']:.3f}"
        left.append(text_line(text, PICTURE))
    if "response_gate" in explained.details:
        mean = f"mean {numbers['mean_response_gate']:.2f}"
        gate = _coloured(explained.details["response_gate"], GATE, explained.picture, PICTURE)
        left += [text_line("response gate", PICTURE, mean), gate]
    right = []
    if "attention" in explained.details:
        cells = [_word(explained, numbers, index) for index in range(len(explained.words))]
        heading = "Attention to each word, with its peak weight"
        if "writing_gate" in numbers:
            heading += "; below it the word's writing gate"
        right.append(column([text_line(heading, STRIP), rows(cells, COLUMNS)], 2))
    for name, images in explained.strips.items():
        heading, fixed = STRIPS[name]
        if len(explained.strips) > 1:
            heading = f"{heading}, {fixed}"
        distance = f"mean distance {numbers['distances'][name]:.3f}"
        tiles = rows([framed(tile(image, TILE)) for image in images], COLUMNS)
        right.append(column([text_line(heading, STRIP, distance), tiles], 2))
    body = row([column(left, 4), column(right, 2 * GAP)], 2 * GAP)
    return column([*(text_line(text, width, size=TITLE) for text in title), body], 6)


def _word(explained, numbers, index):
    """A word with its attention map and, where there is one, its writing gate as a bar."""
    peak = f"{numbers['attention_peak'][index]:.2f}"
    weights = explained.details["attention"][..., index]
    heat = _coloured(weights / max(float(weights.max()), 1e-8), HEAT, explained.picture, TILE)
    parts = [text_line(explained.words[index], TILE, peak, SMALL), heat]
    if "writing_gate" in numbers:
        gate = numbers["writing_gate"][index]
        bar = blank(TILE - 40, 12, GATE[0])
        bar.paste(GATE[-1], (0, 0, round(bar.width * gate), bar.height))
        value = text_line("", 40, f"{gate:.2f}", SMALL)
        parts.append(row([column([blank(bar.width, 4), bar], 0), value], 0))
    return column(parts, 2)


def _legend(explained, width):
    """A line for each part that some panel shows, behind its colours."""
    shown = {name for one in explained for name in one.details}
    if any(word == "[CLS]" or word.startswith("##") for one in explained for word in one.words):
        shown.add("pieces")
    if any(one.strips for one in explained):
        shown.add("strips")
    lines = [(_swatch(*LEGEND[name][0]), LEGEND[name][1]) for name in LEGEND if name in shown]
    indent = max((swatch.width for swatch, _ in lines), default=0)
    entries = []
    for swatch, text in lines:
        place = blank(indent, SMALL + 6)
        place.paste(swatch, (0, 4))
        text = text_line(text, width - indent - GAP, size=SMALL, ink=GREY)
        entries.append(row([place, text], GAP))
    return column(entries, 4)


def _swatch(colours=(), steps=SWATCH):
    """The colours from low to high, in `steps` steps; nothing without colours."""
    if not colours:
        return blank(0, 0)
    values = np.linspace(0, 1, steps).repeat(SWATCH // steps)
    return to_image(_colours(np.broadcast_to(values, (SMALL - 2, len(values))), colours))


def _coloured(values, colours, image, size):
    """Values in [0, 1], (h, w), as colours over the grey image."""
    from PIL import Image

    smooth = Image.fromarray(np.asarray(values, np.float32)).resize(
        (size, size), Image.Resampling.BILINEAR
    )
    grey = np.asarray(tile(image, size).convert("L"))[..., None]
    return to_image(0.75 * _colours(np.asarray(smooth), colours) + 0.25 * grey)


def _colours(values, colours):
    """Values in [0, 1], any shape, between evenly spaced colours: float (..., 3)."""
    places = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(values, places, band) for band in zip(*colours, strict=True)], -1)
