"""Awkward image files, made on the spot by Pillow and by `awkward_bytes`.

`cases()` are files of 9 x 9 pixels of every format, colour type, bit depth and kind of
transparency, each with what must become of it.
"""

import dataclasses
import io
import struct

import numpy as np
from PIL import Image

from tests.images.awkward_bytes import bmp, chunk, local_palette, png, rle8, rows_of, tiff

SIZE = 9


@dataclasses.dataclass(frozen=True)
class Case:
    """A file and what must become of it.

    Attributes:
        name: str, the ending included.
        data: bytes.
        refusal: None where it must be equal to Pillow over white, else a pattern of the sentence
            that refuses it.
        served: what a served model does, which never calls Pillow: as `refusal`.
    """

    name: str
    data: bytes
    refusal: str | None = None
    served: str | None = None


def over_white(data):
    """Pillow's image of a file over white, uint8 (h, w, 3); of 16-bit gray the upper 8 bits."""
    with Image.open(io.BytesIO(data)) as image:
        if image.mode.startswith("I;16"):
            return np.repeat(np.uint8(np.asarray(image) >> 8)[..., None], 3, axis=-1)
        image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


def noise(*shape, high=256, seed=0):
    return np.random.default_rng(seed).integers(0, high, shape, np.uint8)


def saved(image, form, **settings):
    """The bytes of an image (Pillow's or an array) in a format."""
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    data = io.BytesIO()
    image.save(data, form, **settings)
    return data.getvalue()


# --- PNG ------------------------------------------------------------------------------------------


def _samples(depth, channels, seed=1):
    return np.random.default_rng(seed).integers(0, 2**depth, (SIZE, SIZE, channels))


def _key(samples):
    return chunk(b"tRNS", struct.pack(f">{samples.shape[-1]}H", *samples[0, 0]))


def pngs():
    keyed = "PNG of other than 8 bits with a transparent color"
    for interlaced in (False, True):
        tag = "interlaced_" if interlaced else ""
        for depth in (1, 2, 4, 8, 16):
            grey, wrong = _samples(depth, 1), None if depth == 8 else keyed
            yield Case(f"{tag}grey{depth}.png", png(grey, depth, 0, interlaced=interlaced))
            yield Case(f"{tag}grey{depth}_key.png",
                       png(grey, depth, 0, _key(grey), interlaced=interlaced), wrong, wrong)
            if depth <= 8:
                colours = noise(2**depth, 3, seed=depth)
                plte = chunk(b"PLTE", colours.tobytes())
                alpha = chunk(b"tRNS", noise(2**depth, seed=depth + 1).tobytes())
                yield Case(f"{tag}palette{depth}.png",
                           png(grey, depth, 3, plte, interlaced=interlaced))
                yield Case(f"{tag}palette{depth}_alpha.png",
                           png(grey, depth, 3, plte, alpha, interlaced=interlaced))
        for depth in (8, 16):
            for name, colour, channels in (("rgb", 2, 3), ("la", 4, 2), ("rgba", 6, 4)):
                yield Case(f"{tag}{name}{depth}.png",
                           png(_samples(depth, channels), depth, colour, interlaced=interlaced))
            rgb, wrong = _samples(depth, 3), None if depth == 8 else keyed
            yield Case(f"{tag}rgb{depth}_key.png",
                       png(rgb, depth, 2, _key(rgb), interlaced=interlaced), wrong, wrong)
    yield from _odd_pngs()


def _odd_pngs():
    rgb, grey = _samples(8, 3), _samples(1, 1)
    whole = png(rgb, 8, 2)
    two = chunk(b"PLTE", bytes(range(6)))
    long = "damaged palette"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a viewer
    frames = [Image.fromarray(noise(SIZE, SIZE, 4, seed=seed)) for seed in (1, 2)]
    yield Case("palette_one_alpha.png", png(grey, 1, 3, two, chunk(b"tRNS", b"\x80")))
    yield Case("palette_too_many_alphas.png",
               png(grey, 1, 3, two, chunk(b"tRNS", b"\0\x80\x10")), long, long)
    yield Case("name_of_trns_in_text.png", png(rgb, 8, 2, chunk(b"tEXt", b"note\0\0\0\0\x06tRNS")))
    yield Case("gamma.png", png(rgb, 8, 2, chunk(b"gAMA", struct.pack(">I", 100000))))
    yield Case("suggested_palette.png", png(rgb, 8, 2, two))
    yield Case("camera_note.png", saved(noise(SIZE, SIZE, 3), "PNG", exif=exif))
    yield Case("animated.png", saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    yield Case("garbage_behind.png", whole + b"garbage" * 9)
    for name, data in (
        ("cut", whole[: len(whole) // 2]), ("no_end", whole[:-12]), ("head", whole[:20]),
        ("checksum", whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:]),
        ("no_palette", png(grey, 1, 3)), ("no_width", png(rgb, 8, 2, size=(SIZE, 0))),
    ):
        yield Case(f"damaged_{name}.png", data, "PNG", "")
    for name, size in (("wide", (1, 2**31 - 1)), ("large", (13000, 13000))):
        yield Case(f"{name}.png", png(rgb, 8, 2, size=size), "pixels, more than", "pixels, more")


# --- JPEG -----------------------------------------------------------------------------------------


def jpegs():
    rgb = Image.fromarray(noise(SIZE, SIZE, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    whole, cmyk = saved(rgb, "JPEG", quality=90), saved(rgb.convert("CMYK"), "JPEG", quality=90)
    start = cmyk.index(b"\xff\xee\x00\x0eAdobe")
    for name, settings in (
        ("full", {"subsampling": 0}), ("half", {"subsampling": 1}), ("quarter", {"subsampling": 2}),
        ("progressive", {"progressive": True}), ("camera_note", {"exif": exif}),
        ("no_ycc", {"keep_rgb": True, "subsampling": 0}), ("rough", {"quality": 5}),
    ):
        yield Case(f"{name}.jpg", saved(rgb, "JPEG", **settings))
    yield Case("grey.jpg", saved(rgb.convert("L"), "JPEG"))
    black = Image.fromarray(noise(SIZE, SIZE, 4), "CMYK")
    inks = "got a JPEG of four inks"
    for name, data in (
        ("cmyk", cmyk), ("cmyk_black", saved(black, "JPEG")),
        ("cmyk_progressive", saved(black, "JPEG", progressive=True)),
        ("ycck", cmyk[: start + 15] + b"\x02" + cmyk[start + 16 :]),
    ):
        yield Case(f"{name}.jpg", data, served=inks)
    bare = "JPEG of four inks .* without an Adobe marker"
    yield Case("cmyk_bare.jpg", cmyk[:start] + cmyk[start + 16 :], bare, inks)
    yield Case("cmyk_note_in_text.jpg", cmyk[: start + 1] + b"\xfe" + cmyk[start + 2 :], bare, inks)
    yield Case("several.jpg", saved(rgb, "MPO", save_all=True, append_images=[rgb.rotate(90)]))
    yield Case("garbage_behind.jpg", whole + b"garbage" * 9)
    for name, data in (("cut", whole[: len(whole) // 2]), ("end", whole[:-2]), ("head", whole[:9])):
        yield Case(f"damaged_{name}.jpg", data, "JPEG", "")
    place = whole.index(b"\xff\xc0") + 5
    large = whole[:place] + struct.pack(">HH", 60000, 60000) + whole[place + 4 :]
    yield Case("large.jpg", large, "60000 x 60000 pixels, more than", "pixels, more than")


# --- GIF and WebP ---------------------------------------------------------------------------------


def gifs():
    image = Image.fromarray(noise(SIZE, SIZE, 3)).quantize(16)
    other = Image.fromarray(noise(SIZE, SIZE, 3, seed=1)).quantize(32)
    whole, served = saved(image, "GIF"), "got a GIF"
    clear = saved(image, "GIF", transparency=3)
    for name, data in (
        ("opaque", whole), ("transparent", clear),
        ("straight", saved(image, "GIF", interlace=0)),
        ("grey", saved(noise(SIZE, SIZE), "GIF")),
        ("grey_transparent", saved(noise(SIZE, SIZE, high=4), "GIF", transparency=1)),
        ("animated", saved(image, "GIF", save_all=True, append_images=[other], disposal=2)),
        ("animated_transparent",
         saved(image, "GIF", save_all=True, append_images=[other], transparency=0)),
        ("local_palette", local_palette(whole)),
        ("small_frame", on_canvas(SIZE, 3, 4)),
        ("small_frame_clear", on_canvas(SIZE, 3, 4, clear=1)),
        ("frame_beyond_canvas", on_canvas(SIZE, 5, 6)),
        ("garbage_behind", whole + b"garbage"),
    ):
        yield Case(f"{name}.gif", data, served=served)
    for name, data in (("cut", whole[: len(whole) * 3 // 4]), ("head", whole[:12])):
        yield Case(f"damaged_{name}.gif", data, "GIF", served)
    large = whole[:6] + struct.pack("<HH", 60000, 60000) + whole[10:]
    yield Case("large.gif", large, "more pixels than the limit of", served)


def on_canvas(canvas, side, place, **transparency):
    """A GIF whose only frame, of `side` pixels, is at `place` of a canvas."""
    settings = {"transparency": transparency["clear"]} if transparency else {}
    data = saved(Image.fromarray(noise(side, side, 3)).quantize(8), "GIF", **settings)
    data = bytearray(data)
    frame = data.index(b"\x2c\0\0\0\0" + struct.pack("<HH", side, side))
    data[6:10] = struct.pack("<HH", canvas, canvas)
    data[frame + 1 : frame + 5] = struct.pack("<HH", place, place)
    return bytes(data)


def webps():
    rgb, rgba = noise(SIZE, SIZE, 3), noise(SIZE, SIZE, 4)
    served = "got a WebP"
    whole = saved(rgb, "WEBP")
    for name, array in (("rgb", rgb), ("rgba", rgba), ("grey", noise(SIZE, SIZE))):
        yield Case(f"{name}.webp", saved(array, "WEBP"), served=served)
        yield Case(f"{name}_lossless.webp", saved(array, "WEBP", lossless=True), served=served)
        frames = [Image.fromarray(np.roll(array, step, 0)) for step in (1, 2)]
        data = saved(Image.fromarray(array), "WEBP", save_all=True, append_images=frames)
        yield Case(f"{name}_animated.webp", data, served=served)
    yield Case("garbage_behind.webp", whole + b"garbage!", served=served)
    yield Case("damaged_cut.webp", whole[:-20], "WebP", served)
    yield Case("damaged_head.webp", whole[:16], "WebP", served)


# --- BMP ------------------------------------------------------------------------------------------


def bmps():
    odd = "got another BMP"
    palette = np.concatenate([noise(256, 3), np.zeros((256, 1), np.uint8)], 1)
    rgb = noise(SIZE, SIZE * 3)
    plain = bmp(SIZE, SIZE, 24, rows_of(rgb))
    yield Case("rgb.bmp", plain)
    yield Case("top_down.bmp", bmp(SIZE, -SIZE, 24, rows_of(rgb)))
    yield Case("by_pillow.bmp", saved(noise(SIZE, SIZE, 3), "BMP"))
    deep = noise(SIZE, SIZE * 2, seed=3)
    four = noise(SIZE, SIZE * 4, seed=4)
    of_565 = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    with_alpha = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    for name, data in (
        ("os2", bmp(SIZE, SIZE, 24, rows_of(rgb), header=12)),
        ("palette1", bmp(SIZE, SIZE, 1, rows_of(noise(SIZE, 2)), palette=palette[:2].tobytes())),
        ("palette4", bmp(SIZE, SIZE, 4, rows_of(noise(SIZE, 5)), palette=palette[:16].tobytes())),
        ("palette8", bmp(SIZE, SIZE, 8, rows_of(noise(SIZE, SIZE)), palette=palette.tobytes())),
        ("grey8", saved(noise(SIZE, SIZE), "BMP")),
        ("black_and_white", saved(Image.fromarray(noise(SIZE, SIZE)).convert("1"), "BMP")),
        ("bits16", bmp(SIZE, SIZE, 16, rows_of(deep))),
        ("bits16_565", bmp(SIZE, SIZE, 16, rows_of(deep), 3, masks=of_565)),
        ("bits32", bmp(SIZE, SIZE, 32, rows_of(four))),
        ("bits32_alpha", bmp(SIZE, SIZE, 32, rows_of(four), 3, masks=with_alpha, header=108)),
        ("rle8", bmp(SIZE, SIZE, 8, rle8(noise(SIZE, SIZE)), 1, palette=palette.tobytes())),
    ):
        yield Case(f"{name}.bmp", data, served=odd)
    yield Case("damaged_cut.bmp", plain[:-30], "BMP", "")
    yield Case("damaged_head.bmp", plain[:20], "BMP", odd)
    yield Case("large.bmp", bmp(40000, 40000, 24, rows_of(rgb)), "more pixels than", "pixels, more")


# --- TIFF -----------------------------------------------------------------------------------------


def tiffs():
    served = "got a TIFF"
    rgb, grey = Image.fromarray(noise(SIZE, SIZE, 3)), Image.fromarray(noise(SIZE, SIZE))
    deep = np.random.default_rng(0).integers(0, 2**16, (SIZE, SIZE), np.uint16)
    whole = saved(rgb, "TIFF")
    for name, data in (
        ("rgb", whole), ("grey", saved(grey, "TIFF")), ("two", saved(grey.convert("1"), "TIFF")),
        ("palette", saved(rgb.quantize(16), "TIFF")), ("cmyk", saved(rgb.convert("CMYK"), "TIFF")),
        ("rgba", saved(noise(SIZE, SIZE, 4), "TIFF")), ("la", saved(noise(SIZE, SIZE, 2), "TIFF")),
        ("grey16", saved(deep, "TIFF")), ("lzw", saved(rgb, "TIFF", compression="tiff_lzw")),
        ("deflate", saved(noise(SIZE, SIZE, 4), "TIFF", compression="tiff_adobe_deflate")),
        ("ycbcr", saved(rgb.convert("YCbCr"), "TIFF")),
        ("turned", saved(rgb, "TIFF", tiffinfo={274: 6})),
        ("pages", saved(rgb, "TIFF", save_all=True, append_images=[rgb.rotate(90)])),
        ("white_is_zero", tiff(SIZE, SIZE, 8, 0, noise(SIZE, SIZE).tobytes())),
    ):
        yield Case(f"{name}.tif", data, served=served)
    strip = deep.tobytes()
    for name, data, refusal in (
        ("int32", saved(Image.fromarray(deep.astype(np.int32)), "TIFF"), "TIFF of the mode I"),
        ("float", saved(Image.fromarray(deep.astype(np.float32)), "TIFF"), "TIFF of the mode F"),
        ("lab", saved(Image.new("LAB", (SIZE, SIZE)), "TIFF"), "TIFF of the mode LAB"),
        ("bits12", tiff(SIZE, SIZE, 12, 1, strip[: SIZE * 14]), "TIFF of 12 bits"),
        ("white_is_zero16", tiff(SIZE, SIZE, 16, 0, strip), "of 16 bits in which 0 is white"),
        ("thumbnail", tiff(SIZE, SIZE, 8, 1, strip, t254=1), "begins with a thumbnail"),
        ("raw", tiff(SIZE, SIZE, 8, 1, strip, t50706=1), "camera's raw file"),
        ("large", tiff(10000, 9000, 8, 1, strip), "10000 x 9000 pixels, more than"),
        ("damaged_cut", whole[: len(whole) // 2], "TIFF"),
        ("damaged_lzw", saved(rgb, "TIFF", compression="tiff_lzw")[:60], "TIFF"),
    ):
        yield Case(f"{name}.tif", data, refusal, served)


def others():
    """Files that are no image, or of a format that is not read."""
    rgb = Image.fromarray(noise(SIZE, SIZE, 3))
    for name, data, refusal in (
        ("a.ico", saved(rgb, "ICO"), "an ICO"), ("a.ppm", saved(rgb, "PPM"), "a PNM"),
        ("a.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "a JPEG 2000"),
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(40), "a HEIC"),
        ("a.avif", b"\0\0\0\x18ftypavif" + bytes(40), "an AVIF"),
        ("a.jxl", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "a JPEG XL"),
        ("a.psd", b"8BPS\0\1" + bytes(40), "a Photoshop file"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        ("page.jpg", b"\n<!DOCTYPE html><html></html>", "a web page"),
        ("pointer.png", b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        ("zip.png", b"PK\3\4" + bytes(40), "a .zip file"), ("empty.png", b"", "an empty file"),
        ("text.gif", b"not an image", "no image of a known format"),
        ("zeros.bmp", bytes(100), "no image of a known format"),
    ):
        yield Case(name, data, f"{refusal}; expected PNG, JPEG", f"got {refusal}")


def cases():
    """Every case; the names are different."""
    formats = (pngs, jpegs, gifs, webps, bmps, tiffs, others)
    return [case for of_format in formats for case in of_format()]
