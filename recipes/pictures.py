"""Grids of pictures, text on them, PNG files. Needs Pillow."""

import re
import unicodedata

import numpy as np

from zoo.errors import ZooError

GAP = 2  # pixels between the pictures of a grid
TEXT_HEIGHT = 12  # pixels of a caption line of Pillow's built-in font


def grid(images, columns, labels=None):
    """One picture of many, row by row, on white.

    Args:
        images: uint8 (n, height, width, 3).
        columns: pictures a row.
        labels: a caption for each row, written above it.

    Returns:
        uint8 (H, W, 3).
    """
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    top = TEXT_HEIGHT if labels else 0
    canvas = np.full(
        (rows * (height + GAP + top) + GAP, columns * (width + GAP) + GAP, 3), 255, np.uint8
    )
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        y = GAP + row * (height + GAP + top) + top
        x = GAP + column * (width + GAP)
        canvas[y:y + height, x:x + width] = image
    for row, label in enumerate(labels or []):
        canvas = write_text(canvas, label, GAP, GAP + row * (height + GAP + top))
    return canvas


def write_text(canvas, text, x, y):
    """A copy of `canvas` with a line of text, cut where the canvas ends."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(canvas)
    font = ImageFont.load_default(10)
    ImageDraw.Draw(picture).text((x, y), drawable(text), fill=(0, 0, 0), font=font)
    return np.asarray(picture)


def drawable(text):
    """`text` in ASCII, all that Pillow's built-in font can draw: `"café 你"` -> `"cafe ?"`."""
    letters = [c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)]
    return "".join(letters).encode("ascii", "replace").decode("ascii")


def save_png(path, image):
    """Write a uint8 (H, W, 3) picture atomically."""
    import io

    from PIL import Image

    from zoo.storage import write_bytes_atomically

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ZooError(f"{path.parent} cannot be made: {error.strerror}.") from None
    write_bytes_atomically(str(path), buffer.getvalue())


def slug(caption, length=40):
    """A caption as part of a file name: `"A red  bird!"` -> `"a-red-bird"`."""
    return re.sub(r"[^a-z0-9]+", "-", caption.lower()).strip("-")[:length].strip("-") or "caption"
