"""Pages of images with the descriptions of a captioning network. Needs Pillow."""

import numpy as np

from zoo.errors import ZooError
from zoo.text.tokenization import tokenize
from zoo.visualization import canvas
from zoo.visualization.canvas import GAP, GRAY, INK, SMALL, TEXT

COLUMNS = 6  # images per row of `image_page`
SHOWN = 128  # pixels to which smaller images are enlarged
CAPTION = 200  # width in pixels of the caption column
OTHER = (200, 50, 20)  # color of words that are not in the caption
HEADING = (
    "Each caption with its images and their descriptions by the captioning network; words that are "
    "not in the caption are red."
)


def check_describes(model, name):
    """Raises `ZooError` unless a model can describe images. `name`: name of the model."""
    if not hasattr(model, "describe"):
        raise ZooError(
            f"{name} is a {type(model).__name__}, which cannot describe images: --describe needs a "
            "MirrorGAN with its captioning network, or a preset of its pre-training (STREAM)."
        )
    if not hasattr(model, "captioner"):
        raise ZooError(
            f"{name} was saved without its captioning network: use one that was saved with it, or "
            "describe images with a preset of its pre-training, --preset=STREAM --images=FOLDER "
            "--describe."
        )


def caption_page(captions, images, descriptions):
    """A page with one row per caption: its images, with a description below each of them.

    Args:
        captions: list of str.
        images: uint8 (captions * n, h, w, 3), n per caption.
        descriptions: list of str, one per image.

    Returns:
        uint8 (H, W, 3).
    """
    count = len(images) // len(captions)
    lines = []
    for index, caption in enumerate(captions):
        part = slice(index * count, (index + 1) * count)
        cells = _cells(images[part], descriptions[part], tokenize(caption))
        lines.append(canvas.row([_text(caption.split(), CAPTION), canvas.row(cells, GAP)], GAP))
    width = max(line.width for line in lines)
    ruled = [part for line in lines for part in (canvas.rule(width), line)]
    return _page([_text(HEADING.split(), width, SMALL, GRAY), *ruled])


def image_page(names, images, descriptions):
    """A page of images without captions, with a description and the name below each of them.

    Args:
        names, descriptions: lists of str, one per image.
        images: uint8 (n, h, w, 3).

    Returns:
        uint8 (H, W, 3).
    """
    cells = [
        canvas.column([cell, canvas.text_line(name, cell.width, size=SMALL, ink=GRAY)], 4)
        for name, cell in zip(names, _cells(images, descriptions), strict=True)
    ]
    return _page([canvas.rows(cells, COLUMNS)])


# --- elements -------------------------------------------------------------------------------------


def _page(parts):
    return np.asarray(canvas.with_margin(canvas.column(parts, GAP)))


def _cells(images, descriptions, caption=None):
    """Images, enlarged to at most `SHOWN` by repeating pixels, with their descriptions below."""
    size = max(1, SHOWN // images.shape[1]) * images.shape[1]
    return [
        canvas.column(
            [canvas.framed(canvas.tile(image, size)), _description(text, size, caption)], 4
        )
        for image, text in zip(images, descriptions, strict=True)
    ]


def _description(description, width, caption=None):
    """A description; words that are not in `caption` (list of str, or None) are colored."""
    words = description.split()
    if not words:
        return _text(["(nothing)"], width, ink=GRAY)
    inks = [INK if caption is None or word in caption else OTHER for word in words]
    return _text(words, width, inks=inks)


def _text(words, width, size=TEXT, ink=INK, inks=None):
    """Words in lines of at most `width` pixels, in one color (`ink`) or one per word (`inks`)."""
    from PIL import ImageDraw, ImageFont

    font, x, y, positions = ImageFont.load_default(size), 0, 0, []
    words = [canvas.shorten(word, width, font) for word in words]
    for word in words:
        length = font.getlength(word)
        if x and x + length > width:
            x, y = 0, y + size + 4
        positions.append((x, y))
        x += length + font.getlength(" ")
    block = canvas.blank(width, y + size + 6)
    inks = inks or [ink] * len(words)
    for position, word, color in zip(positions, words, inks, strict=True):
        ImageDraw.Draw(block).text(position, word, color, font)
    return block
