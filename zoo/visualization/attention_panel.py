"""Panels of attention, gates and noise strips (`zoo.visualization.explain`). Needs Pillow.

Every function except `panel` returns a Pillow image, or colors.
"""

import textwrap

import numpy as np

from zoo.visualization.canvas import (
    GAP,
    GRAY,
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

COLUMNS = 6  # tiles per row
TILE = 128  # side of a tile in pixels
IMAGE = 2 * TILE  # side of the main image in pixels
STRIP = COLUMNS * (TILE + GAP) - GAP
LINE = 110  # characters per line of a caption
SWATCH = 64  # width in pixels of the legend's colors
# Colors of 0 ... 1: dark to light for attention, blue (image) to orange (memory) for gates.
HEAT = ((0, 0, 4), (81, 18, 124), (183, 55, 121), (252, 137, 97), (252, 253, 191))
GATE = ((44, 95, 170), (238, 238, 238), (228, 112, 20))

STRIPS = {  # strip -> (varying noise, fixed noise)
    "conditioning_noise": ("Conditioning noise only", "the latent fixed"),
    "latent": ("Latent only", "the conditioning noise fixed"),
}
LEGEND = {  # element -> ((colors, number of steps), meaning)
    "attention": (
        (HEAT,), "Attention of the last stage to a word: dark = 0, light = the word's peak weight, "
        "which is next to it.",
    ),
    "pieces": (
        (), "Words are split into pieces: ## continues the preceding piece, [CLS] and [SEP] mark "
        "the start and end of the caption.",
    ),
    "writing_gate": (
        (GATE[::-1], 2), "Writing gate of a word, as bar and number: 1 (orange) = the word is "
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
    """All explanations, stacked vertically, and a legend: uint8 (H, W, 3)."""
    width = IMAGE + 2 * GAP + STRIP
    cards = [part for one in explained for part in (_card(one, width), rule(width))]
    whole = column([*cards, _legend(explained, width)], 2 * GAP)
    return np.asarray(with_margin(whole))


def _card(explained, width):
    """The caption as title and its image; to the right, words and strips."""
    title = textwrap.wrap(
        drawable(explained.label), LINE, max_lines=3, placeholder=" ..."
    ) or [""]
    numbers = explained.numbers()
    left = [framed(tile(explained.image, IMAGE)), text_line(f"seed {explained.seed}", IMAGE)]
    if "mean_sigma" in numbers:
        text = f"mean sigma {numbers['mean_sigma']:.3f}, mean |mu| {numbers['mean_abs_mu']:.3f}"
        left.append(text_line(text, IMAGE))
    if "response_gate" in explained.details:
        mean = f"mean {numbers['mean_response_gate']:.2f}"
        gate = _colored(explained.details["response_gate"], GATE, explained.image, IMAGE)
        left += [text_line("response gate", IMAGE, mean), gate]
    right = []
    if "attention" in explained.details:
        cells = [_word(explained, numbers, index) for index in range(len(explained.words))]
        heading = "Attention to each word, with its peak weight"
        if "writing_gate" in numbers:
            heading += "; below it, the word's writing gate"
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
    heat = _colored(weights / max(float(weights.max()), 1e-8), HEAT, explained.image, TILE)
    parts = [text_line(explained.words[index], TILE, peak, SMALL), heat]
    if "writing_gate" in numbers:
        gate = numbers["writing_gate"][index]
        bar = blank(TILE - 40, 12, GATE[0])
        bar.paste(GATE[-1], (0, 0, round(bar.width * gate), bar.height))
        value = text_line("", 40, f"{gate:.2f}", SMALL)
        parts.append(row([column([blank(bar.width, 4), bar], 0), value], 0))
    return column(parts, 2)


def _legend(explained, width):
    """One line per element that some panel contains, with its colors to the left."""
    elements = {name for one in explained for name in one.details}
    if any(word == "[CLS]" or word.startswith("##") for one in explained for word in one.words):
        elements.add("pieces")
    if any(one.strips for one in explained):
        elements.add("strips")
    lines = [(_swatch(*LEGEND[name][0]), LEGEND[name][1]) for name in LEGEND if name in elements]
    indent = max((swatch.width for swatch, _ in lines), default=0)
    entries = []
    for swatch, text in lines:
        cell = blank(indent, SMALL + 6)
        cell.paste(swatch, (0, 4))
        text = text_line(text, width - indent - GAP, size=SMALL, ink=GRAY)
        entries.append(row([cell, text], GAP))
    return column(entries, 4)


def _swatch(colors=(), steps=SWATCH):
    """The colors from low to high, in `steps` steps; empty without colors."""
    if not colors:
        return blank(0, 0)
    values = np.linspace(0, 1, steps).repeat(SWATCH // steps)
    return to_image(_colors(np.broadcast_to(values, (SMALL - 2, len(values))), colors))


def _colored(values, colors, image, size):
    """Values in [0, 1], (h, w), as colors over the gray image."""
    from PIL import Image

    smooth = Image.fromarray(np.asarray(values, np.float32)).resize(
        (size, size), Image.Resampling.BILINEAR
    )
    gray = np.asarray(tile(image, size).convert("L"))[..., None]
    return to_image(0.75 * _colors(np.asarray(smooth), colors) + 0.25 * gray)


def _colors(values, colors):
    """Values in [0, 1], of any shape, interpolated between evenly spaced colors: float (..., 3)."""
    positions = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(values, positions, band) for band in zip(*colors, strict=True)], -1)
