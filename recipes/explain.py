"""What a text-to-image model shows of its work: a panel for each caption, and its numbers.

A panel has the picture; where each word was read and how strongly (attention); which words a
dynamic memory took up, and where the picture was redrawn from it (DM-GAN's gates); and what each of
the two noises changes alone: that of the conditioning Gaussian, and the latent. Parts that a model
does not have are left out. Needs Pillow.
"""

import dataclasses
import textwrap
from itertools import combinations

import numpy as np

from recipes.pictures import drawable

SPREAD = 6  # pictures of a strip
COLUMNS = 6  # tiles of a row
TILE = 128  # pixels of a tile
PICTURE = 2 * TILE  # pixels of the picture itself
GAP, MARGIN = 10, 20
INK, GREY, PALE, WHITE = (25, 25, 25), (110, 110, 110), (215, 215, 215), (255, 255, 255)
TEXT, SMALL, TITLE = 15, 13, 20  # font sizes
LINE = 110  # characters of a caption a line
# Colours of 0 ... 1: dark to light for attention, blue (picture) to orange (memory) for gates.
HEAT = ((0, 0, 4), (81, 18, 124), (183, 55, 121), (252, 137, 97), (252, 253, 191))
GATE = ((44, 95, 170), (238, 238, 238), (228, 112, 20))

STRIPS = {
    "conditioning_noise": ("Conditioning noise only", "one latent"),
    "latent": ("Latent only", "one conditioning noise"),
}


@dataclasses.dataclass
class Explanation:
    """One picture and what the model shows of it.

    Attributes:
        label: str. The caption, or what stands for it.
        seed: int.
        picture: uint8 (H, W, 3).
        details: dict, a row of what `generate` returns with `return_details`.
        strips: dict of uint8 (n, H, W, 3), pictures that differ in one noise, by its name: keys of
            `STRIPS`.
    """

    label: str
    seed: int
    picture: np.ndarray
    details: dict
    strips: dict = dataclasses.field(default_factory=dict)

    @property
    def words(self):
        return self.details["tokens"]

    def numbers(self):
        """dict of str, numbers and lists of one number a word; only what the model shows.

        `mean_sigma`, `mean_abs_mu`: of the conditioning Gaussian, over its dimensions, sigma being
        exp(log_var / 2). `distances`: see `mean_distance`.
        """
        shown, words = self.details, self.words
        result = {"caption": self.label, "seed": self.seed, "words": list(words)}
        if "attention" in shown:
            peaks = shown["attention"].max(axis=(0, 1))
            result["attention_peak"] = [float(peak) for peak in peaks[:len(words)]]
        if "writing_gate" in shown:
            result["writing_gate"] = [float(gate) for gate in shown["writing_gate"][:len(words)]]
        if "response_gate" in shown:
            result["mean_response_gate"] = float(shown["response_gate"].mean())
        if "mu" in shown:
            result["mean_sigma"] = float(np.exp(shown["log_var"] / 2).mean())
            result["mean_abs_mu"] = float(np.abs(shown["mu"]).mean())
        result["distances"] = {name: mean_distance(row) for name, row in self.strips.items()}
        return result


def mean_distance(images):
    """Mean of |a - b| over all pairs of uint8 (n, H, W, 3) and all pixels, with pictures in [-1, 1]
    as in the log's `image_distance`: 0 for equal pictures, 2 for black and white ones."""
    values = np.asarray(images, np.float32) / 127.5
    return float(np.mean([np.abs(a - b).mean() for a, b in combinations(values, 2)]))


def labels_of(captions):
    """A name for each row that `generate` makes of captions, of embeddings, or of None."""
    if captions is None:
        return ["no caption"]
    if isinstance(captions, np.ndarray):
        return [f"embedding {row}" for row in range(len(captions))]
    return list(captions)


def explanations(captions, seed, images, details):
    """An `Explanation` of each caption's first picture, without strips.

    Args:
        captions: as given to `generate`: list of str, float (rows, features), or None.
        seed: int.
        images, details: what `generate` returned.
    """
    labels = labels_of(captions)
    count = len(images) // len(labels)
    return [
        Explanation(label, seed, images[row], {name: value[row] for name, value in details.items()})
        for label, row in zip(labels, range(0, len(images), count), strict=True)
    ]


def explain(model, captions, seed=0, **kwargs):
    """A list of `Explanation`s of the pictures with this seed, with strips.

    Args:
        model: a `TextToImage`.
        captions: list of str, float (rows, features), or None: what the model's `generate` takes.
        seed: int. The first picture of each strip is the explained one.
        **kwargs: see `generate` (`unknown`, `batch_size`).
    """
    images, details = model.generate(captions, seed=seed, return_details=True, **kwargs)
    result = explanations(captions, seed, images, details)
    for name, images in _strips(model, captions, seed, "mu" in details, kwargs).items():
        for index, explanation in enumerate(result):
            explanation.strips[name] = images[index * SPREAD:(index + 1) * SPREAD]
    return result


def _strips(model, captions, seed, has_gaussian, kwargs):
    if captions is None:
        return {"latent": model.generate(None, SPREAD, seed=seed, **kwargs)}
    repeated = [caption for caption in captions for _ in range(SPREAD)]
    one = [seed] * len(repeated)
    many = [seed + k for k in range(SPREAD)] * len(captions)

    def make(seeds, noise_seeds):
        return model.generate(repeated, seed=seeds, noise_seed=noise_seeds, **kwargs)

    strips = {"conditioning_noise": make(one, many)} if has_gaussian else {}
    return {**strips, "latent": make(many, one)}


# --- drawing: every function returns a Pillow image -----------------------------------------------


def panel(explained):
    """All explanations under each other and a legend: uint8 (H, W, 3)."""
    width = PICTURE + 2 * GAP + COLUMNS * (TILE + GAP) - GAP
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
    left = [_tile(explained.picture, PICTURE), _line(f"seed {explained.seed}", PICTURE)]
    if "mean_sigma" in numbers:
        text = f"mean sigma {numbers['mean_sigma']:.3f}, mean |mu| {numbers['mean_abs_mu']:.3f}"
        left.append(_line(text, PICTURE))
    if "response_gate" in explained.details:
        mean = f"mean {numbers['mean_response_gate']:.2f}"
        gate = _coloured(explained.details["response_gate"], GATE, explained.picture, PICTURE)
        left += [_line("response gate", PICTURE, mean), gate]
    cells = [_word(explained, numbers, index) for index in range(len(explained.words))]
    right = [_rows(cells)] if "attention" in explained.details else []
    for name, images in explained.strips.items():
        right.append(_strip(name, images, numbers["distances"][name]))
    body = _row([_column(left, 4), _column(right, 2 * GAP)], 2 * GAP)
    return _column([*(_line(text, width, size=TITLE) for text in title), body], 6)


def _word(explained, numbers, index):
    """A word with its attention map and, where there is one, its writing gate as a bar."""
    peak = f"{numbers['attention_peak'][index]:.2f}"
    weights = explained.details["attention"][..., index]
    heat = _coloured(weights / max(float(weights.max()), 1e-8), HEAT, explained.picture, TILE)
    parts = [_line(explained.words[index], TILE, peak), heat]
    if "writing_gate" in numbers:
        gate = numbers["writing_gate"][index]
        bar = _blank(TILE - 40, 12, GATE[0])
        bar.paste(GATE[-1], (0, 0, round(bar.width * gate), bar.height))
        value = _line("", 40, f"{gate:.2f}")
        parts.append(_row([_column([_blank(bar.width, 4), bar], 0), value], 0))
    return _column(parts, 2)


def _strip(name, images, distance):
    """Pictures that differ in one noise, below what is changed and how much it does."""
    varied, fixed = STRIPS[name]
    heading = f"{varied} ({fixed}, {len(images)} of the other)" if len(images) > 1 else varied
    tiles = _rows([_tile(image, TILE) for image in images])
    return _column([_line(heading, tiles.width, f"mean distance {distance:.3f}"), tiles], 2)


def _legend(explained, width):
    """A line for each part that some panel shows."""
    shown = {name for one in explained for name in one.details}
    lines = []
    if "attention" in shown:
        lines.append((HEAT, "Attention to a word in the last stage: 0 to the peak weight, the "
                            "number beside the word."))
    if "writing_gate" in shown:
        lines.append((GATE, "Writing gate of a word (bar and number): 1 = the word is written to "
                            "the memory, 0 = the picture's feature is."))
    if "response_gate" in shown:
        lines.append((GATE, "Response gate of a pixel: 1 = taken from the memory, 0 = kept from "
                            "the picture."))
    if "mu" in shown:
        lines.append((None, "sigma = exp(log_var / 2) and mu of the conditioning Gaussian: means "
                            "over its dimensions."))
    if any(one.strips for one in explained):
        lines.append((None, "Mean distance: of all pairs of a strip, mean |a - b| with pictures in "
                            "[-1, 1]."))
    return _column([_key(colours, text, width) for colours, text in lines], 4)


def _key(colours, text, width):
    swatch = _blank(TILE, SMALL + 6)
    if colours:
        ramp = np.broadcast_to(np.linspace(0, 1, TILE), (SMALL, TILE))
        swatch.paste(_image(_colours(ramp, colours)), (0, 3))
    return _row([swatch, _line(text, width - TILE - GAP, size=SMALL, ink=GREY)], GAP)


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
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "..") > room:
        text = text[:-1]
    return text + ".."


def _tile(image, size):
    from PIL import Image

    return _image(image).resize((size, size), Image.Resampling.BOX)  # whole pixels, or their means


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
