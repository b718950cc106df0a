"""Decodes with Pillow the image files that TensorFlow cannot decode correctly, and detects formats.

The rules are those of `zoo.images.decode`.
"""

import io
import re

from zoo.errors import ZooError

READ = "PNG, JPEG, GIF, BMP, WebP or TIFF"
TOO_LARGE = "the limit of {} (set the environment variable ZOO_MAX_PIXELS to change it)"
# Formats by their first bytes; patterns for Python and RE2, in which a dot is any byte.
KINDS = (
    ("a PNG", r".PNG\r\n"),
    ("a GIF", r"GIF8[79]a"),
    ("a BMP", r"BM"),
    ("a WebP", r"RIFF....WEBP"),
    ("a TIFF", r"II[*+]\x00|MM\x00[*+]"),
    ("an AVIF", r"....ftypavi[fs]"),
    ("a HEIC", r"....ftyp(hei|hev|mif1|msf1)"),
    ("a JPEG 2000", r"\x00\x00\x00\x0cjP  "),
    ("a JPEG XL", r"\x00\x00\x00\x0cJXL "),
    ("an ICO", r"\x00\x00[\x01\x02]\x00[^\x00]\x00"),
    ("a Photoshop file", r"8BPS"),
    ("a PNM", r"P[1-7]\s"),
    ("an SVG", r"\s*(<\?xml|<svg)"),
    ("an OpenEXR", r"v/1\x01"),
    ("a DDS", r"DDS "),
    ("a PDF", r"%PDF"),
    ("a .zip file", r"PK\x03\x04"),
    ("a web page", r"\s*<(!DOCTYPE|!doctype|html|HTML)"),
    ("a Git LFS pointer", r"version https://git-lfs"),
)
_UNKNOWN, _EMPTY = "no image of a known format", "an empty file"
_NO_IMAGES = (
    _UNKNOWN, _EMPTY, "a PDF", "a .zip file", "a web page", "a Git LFS pointer",
)
_BY_PILLOW = {
    "a JPEG": "JPEG", "a GIF": "GIF", "a BMP": "BMP", "a WebP": "WEBP", "a TIFF": "TIFF",
}
_TRANSPARENT = ("L", "LA", "P", "PA", "RGB", "RGBA", "1")  # modes that may have transparency
_OPAQUE = ("1", "L", "P", "RGB", "CMYK", "YCbCr")
_SUBFILE, _BITS, _PHOTOMETRIC, _TILE_WIDTH, _TILE_HEIGHT, _DNG = 254, 258, 262, 322, 323, 50706


def kind_of(data):
    """The format of a file's bytes, with an article: "a GIF", "an empty file"."""
    if not data:
        return _EMPTY
    if data[:3] == b"\xff\xd8\xff":
        return "a JPEG"
    for name, pattern in KINDS:
        if re.match(pattern.encode(), data[:64], re.DOTALL):
            return name
    return _UNKNOWN


def read_by_pillow(data, limit):
    """Decodes a GIF, BMP, WebP or TIFF file, or a CMYK JPEG, to RGB.

    Args:
        data: bytes of the file.
        limit: int, maximum number of pixels.

    Returns:
        uint8 array (h, w, 3).

    Raises:
        ZooError: another format, a damaged file, more pixels, or an image whose values have no
            known range or meaning.
    """
    from PIL import Image

    kind = kind_of(data)
    if kind not in _BY_PILLOW:
        hint = "" if kind in _NO_IMAGES else ": convert it to PNG"
        raise ZooError(f"{kind}; expected {READ}{hint}")
    try:
        with Image.open(io.BytesIO(data), formats=[_BY_PILLOW[kind]]) as image:
            _check_size(*image.size, limit)
            if image.mode == "CMYK" and kind == "a JPEG" and "adobe" not in image.info:
                raise ZooError(
                    "a JPEG of four inks (CMYK) without an Adobe marker of their meaning: save it "
                    "as RGB"
                )
            if kind == "a TIFF":
                _check_tiff(image, data, limit)
            return rgb(image, kind)
    except ZooError:
        raise
    except Image.DecompressionBombError:  # from the header too
        own = Image.MAX_IMAGE_PIXELS * 2
        if limit > own:
            raise ZooError(f"more pixels than {own}, twice PIL.Image.MAX_IMAGE_PIXELS") from None
        raise ZooError(f"{kind} of many more pixels than {TOO_LARGE.format(limit)}") from None
    except Exception as error:  # a damaged file can fail in any way
        reason = " ".join(str(error).split())[:120]
        if "<_io.BytesIO" in reason:
            reason = "Pillow cannot identify it"
        raise ZooError(
            f"{kind} that is damaged, truncated, or unusual ({reason}): convert it to PNG"
        ) from None


def _check_size(width, height, limit):
    if width * height > limit:
        raise ZooError(f"{width} x {height} pixels, more than {TOO_LARGE.format(limit)}")


def _check_tiff(image, data, limit):
    """Refuses files that Pillow would misread, or whose tiles are too large."""
    tags = image.tag_v2
    if int(tags.get(_SUBFILE, 0)) & 1 or _DNG in tags or data[8:10] == b"CR":
        raise ZooError(
            "a camera's raw file, or a TIFF that begins with a thumbnail: convert it to PNG"
        )
    _check_size(tags.get(_TILE_WIDTH, 1), tags.get(_TILE_HEIGHT, 1), limit)
    if image.mode.startswith("I;16") and (tags.get(_BITS) != (16,) or not tags.get(_PHOTOMETRIC)):
        raise ZooError(
            f"a TIFF of {tags.get(_BITS, (1,))[0]} bits, or of 16 bits in which 0 is white: "
            "convert it to PNG of 8 or 16 bits"
        )


def rgb(image, kind):
    """A Pillow image composited over white, uint8 (h, w, 3); errors call it `kind`."""
    import numpy as np
    from PIL import Image

    if image.mode.startswith("I;16"):
        gray = (np.asarray(image) >> 8).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=-1)
    transparent = image.has_transparency_data
    if image.mode not in (_TRANSPARENT if transparent else _OPAQUE):
        raise ZooError(
            f"{kind} of the mode {image.mode}, whose values have no fixed range or meaning: "
            "convert it to PNG of 8 or 16 bits"
        )
    if not transparent:
        return np.asarray(image.convert("RGB"))
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))  # bit-exact with alpha_composite
    return np.asarray(white)
