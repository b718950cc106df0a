"""Pictures of pictures: grids, and attention maps over the words of a caption. Needs Pillow."""

import re

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


def attention_picture(image, attention, words, scale=2):
    """A picture, then the same picture lit where the generator read each word.

    Args:
        image: uint8 (H, W, 3).
        attention: float (h, w, n): weight of each of the n word positions at each place.
        words: the caption's words, at most n.
        scale: enlargement of the picture.

    Returns:
        uint8 strip; each map is stretched so that its largest weight is white, and the word and
        that largest weight stand above it.
    """
    from PIL import Image

    height, width = image.shape[0] * scale, image.shape[1] * scale
    large = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))
    tiles, labels = [large], ["picture"]
    for index, word in enumerate(words):
        weights = np.asarray(attention[..., index], np.float32)
        peak = float(weights.max())
        light = Image.fromarray(np.uint8(255 * weights / max(peak, 1e-8)))
        light = np.asarray(light.resize((width, height), Image.Resampling.BILINEAR))
        lit = 0.3 * large + 0.7 * light[..., None]
        tiles.append(np.uint8(np.clip(lit, 0, 255)))
        labels.append(f"{word} {peak:.2f}")
    strip = grid(np.stack(tiles), len(tiles))
    canvas = np.full((strip.shape[0] + TEXT_HEIGHT, strip.shape[1], 3), 255, np.uint8)
    canvas[TEXT_HEIGHT:] = strip
    for index, label in enumerate(labels):
        canvas = write_text(canvas, label, GAP + index * (width + GAP), 0)
    return canvas


def stack(pictures):
    """Pictures of any widths under each other, on white."""
    width = max(picture.shape[1] for picture in pictures)
    rows = [
        np.pad(p, ((0, GAP), (0, width - p.shape[1]), (0, 0)), constant_values=255)
        for p in pictures
    ]
    return np.concatenate(rows)


def write_text(canvas, text, x, y):
    """A copy of `canvas` with a line of text, cut where the canvas ends."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(canvas)
    text = text.encode("latin-1", "replace").decode("latin-1")  # what the built-in font can draw
    ImageDraw.Draw(picture).text((x, y), text, fill=(0, 0, 0), font=ImageFont.load_default(10))
    return np.asarray(picture)


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
