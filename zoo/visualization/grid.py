"""Grids of images, text on images, and PNG files. Needs Pillow."""

import re
import unicodedata

import numpy as np

from zoo.errors import ZooError

GAP = 2  # pixels between the images of a grid
TEXT_HEIGHT = 12  # pixels of a caption line of Pillow's built-in font


def grid(images, columns, labels=None):
    """Arranges images in rows on a white canvas.

    Args:
        images: uint8 (n, height, width, 3).
        columns: images per row.
        labels: list of str, one per row, written above it.

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


def enlarged(images, least):
    """Images (n, h, w, channels), their pixels repeated as often as `least` pixels have room for.

    Images that are larger stay as they are.
    """
    factor = max(1, least // images.shape[1])
    return np.asarray(images).repeat(factor, axis=1).repeat(factor, axis=2)


def rows_grid(images, columns, sources=(), labels=None):
    """A `grid` whose rows start with their source images.

    Args:
        images: uint8 (rows * columns, height, width, 1 or 3).
        columns: int, images per row in addition to its sources.
        sources: list of uint8 (rows, height, width, 3).
        labels: see `grid`.
    """
    rows = to_rgb(images).reshape(-1, columns, *images.shape[1:3], 3)
    rows = np.concatenate([*(source[:, None] for source in sources), rows], axis=1)
    return grid(rows.reshape(-1, *rows.shape[2:]), rows.shape[1], labels=labels)


def to_rgb(images):
    """Gray images (n, h, w, 1) repeated to three channels; other images unchanged."""
    return images.repeat(3, axis=-1) if images.shape[-1] == 1 else images


def write_text(canvas, text, x, y):
    """A copy of `canvas` with a line of text, cut off at its edge."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(canvas)
    font = ImageFont.load_default(10)
    ImageDraw.Draw(image).text((x, y), drawable(text), fill=(0, 0, 0), font=font)
    return np.asarray(image)


def drawable(text):
    """`text` in ASCII, the range of Pillow's built-in font: `"café 你"` -> `"cafe ?"`."""
    letters = [c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)]
    return "".join(letters).encode("ascii", "replace").decode("ascii")


def png_bytes(image):
    """A uint8 (H, W, 3) image as the content of a PNG file."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def save_png(path, image):
    """Writes a uint8 (H, W, 3) image as PNG, atomically."""
    from zoo.storage import write_bytes_atomically

    content = png_bytes(image)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ZooError(f"{path.parent} cannot be created: {error.strerror}.") from None
    write_bytes_atomically(str(path), content)


def slug(caption, length=40):
    """A caption as part of a file name: `"A red  bird!"` -> `"a-red-bird"`."""
    return re.sub(r"[^a-z0-9]+", "-", caption.lower()).strip("-")[:length].strip("-") or "caption"
