"""What a captioning network says of images: drawn as a page."""

import numpy as np

from zoo.errors import ZooError
from zoo.text.tokenization import tokenize
from zoo.visualization import canvas
from zoo.visualization.canvas import GAP, GREY, INK, SMALL, TEXT

COLUMNS = 6  # images of a row, where rows have no meaning
SHOWN = 128  # pixels that smaller images are enlarged to
CAPTION = 200  # pixels of the column of captions
OTHER = (200, 50, 20)  # of words that the caption does not have
HEADING = (
    "Caption, its images, and under each what the captioning network says of it; in red the "
    "words that the caption does not have."
)


def check_describes(model, name):
    """Raises a `ZooError` unless a model can say what images show. `name`: of the model."""
    if not hasattr(model, "describe"):
        raise ZooError(
            f"{name} is a {type(model).__name__}, which cannot say what images show: --describe "
            "needs a MirrorGAN with its captioning network, or a Stream."
        )
    if not hasattr(model, "captioner"):
        raise ZooError(
            f"{name} was saved without its captioning network: take one that was saved with it, or "
            "describe images with a Stream, --preset=STREAM --images=FOLDER --describe."
        )


def caption_page(captions, images, descriptions):
    """Caption -> images -> captions: a row a caption, under each image what is said of it.

    Args:
        captions: list of str.
        images: uint8 (captions * n, h, w, 3), n a caption.
        descriptions: list of str, one an image.

    Returns:
        uint8 (H, W, 3).
    """
    count = len(images) // len(captions)
    lines = []
    for index, caption in enumerate(captions):
        own = slice(index * count, (index + 1) * count)
        cells = _cells(images[own], descriptions[own], tokenize(caption))
        lines.append(canvas.row([_text(caption.split(), CAPTION), canvas.row(cells, GAP)], GAP))
    width = max(line.width for line in lines)
    ruled = [part for line in lines for part in (canvas.rule(width), line)]
    return _page([_text(HEADING.split(), width, SMALL, GREY), *ruled])


def picture_page(names, images, descriptions):
    """Pictures with no caption of their own: under each what is said of it, and its name.

    Args:
        names, descriptions: lists of str, one an image.
        images: uint8 (n, h, w, 3).

    Returns:
        uint8 (H, W, 3).
    """
    cells = [
        canvas.column([cell, canvas.text_line(name, cell.width, size=SMALL, ink=GREY)], 4)
        for name, cell in zip(names, _cells(images, descriptions), strict=True)
    ]
    return _page([canvas.rows(cells, COLUMNS)])


# --- pieces ---------------------------------------------------------------------------------------


def _page(parts):
    return np.asarray(canvas.with_margin(canvas.column(parts, GAP)))


def _cells(images, descriptions, caption=None):
    """Pictures, each pixel repeated as often as `SHOWN` allows, what is said of each below."""
    size = max(1, SHOWN // images.shape[1]) * images.shape[1]
    return [
        canvas.column([canvas.framed(canvas.tile(image, size)), _said(said, size, caption)], 4)
        for image, said in zip(images, descriptions, strict=True)
    ]


def _said(description, width, caption=None):
    """A description, its words that `caption` (list of str, or None) does not have in colour."""
    words = description.split()
    if not words:
        return _text(["(nothing)"], width, ink=GREY)
    inks = [INK if caption is None or word in caption else OTHER for word in words]
    return _text(words, width, inks=inks)


def _text(words, width, size=TEXT, ink=INK, inks=None):
    """Words in lines no wider than `width` pixels, of one colour or each of its own."""
    from PIL import ImageDraw, ImageFont

    font, x, y, places = ImageFont.load_default(size), 0, 0, []
    shown = [canvas.shorten(word, width, font) for word in words]
    for word in shown:
        length = font.getlength(word)
        if x and x + length > width:
            x, y = 0, y + size + 4
        places.append((x, y))
        x += length + font.getlength(" ")
    block = canvas.blank(width, y + size + 6)
    for place, word, colour in zip(places, shown, inks or [ink] * len(shown), strict=True):
        ImageDraw.Draw(block).text(place, word, colour, font)
    return block
