"""Image files of every kind as RGB bytes: the one rule of training, generation and serving.

The rule: what Pillow's `Image.open(file).convert("RGBA")` shows, laid over white, bit for bit.

- The content decides the format, not the ending of the name.
- Grey is repeated to three channels. What is transparent, by an alpha channel, a palette or a
  single colour, is laid over white: (colour * alpha + 255 * (255 - alpha)) / 255, rounded.
- Of 16 bits the upper 8 are kept.
- Of an animation, or a file of several pages, the first image is taken.
- Colour profiles and gamma are not applied, nor is the orientation that a camera noted (EXIF), as
  `Image.open` does not; the orientation of a TIFF is part of that format and is applied, as there.
- What has two readings is refused by name: see `decode_image`.

PNG and JPEG are decoded by TensorFlow, equal to Pillow in every case that is not refused, all else
(and JPEG of four inks) by Pillow. A served model's graph cannot call Pillow: it reads PNG, JPEG and
plain BMP, and refuses other files. `tf.io.decode_image` is not used: it reads palettes
of BMP as grey, makes transparent GIFs black, and writes beyond its memory on some animated WebP.
"""

import functools
import os
import re

from zoo.errors import ZooError
from zoo.images.pillow import KINDS, TOO_LARGE, kind_of, read_by_pillow

# Endings, in lower case, of the images that are read, and of images that are not: a listing shows
# these too, so that they are refused by name. The content decides how a file is decoded.
EXTENSIONS = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp", ".tif",
    ".tiff",
)
KNOWN_UNREAD = (
    ".avif", ".avifs", ".heic", ".heif", ".hif", ".jp2", ".j2k", ".jpf", ".jpx", ".jxl", ".ppm",
    ".pgm", ".pbm", ".pnm", ".pam", ".ico", ".cur", ".icns", ".tga", ".psd", ".svg", ".svgz",
    ".exr", ".hdr", ".dds", ".pcx", ".qoi", ".eps", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf",
    ".orf", ".rw2",
)
MAX_PIXELS = 64 * 2**20  # 8192 x 8192; an image of more is refused before it is decoded
SERVED = "PNG, JPEG, or BMP of 24 bits without compression"

_HEAD = 34  # bytes that hold the sizes of a PNG or BMP
_TRNS = r"(?s)\C*\x00\x00[\x00\x01]\CtRNS\C*"  # a PNG's chunk of transparency, of at most 511 bytes
_BLOCK = 2**18  # pixels that are laid over white at a time


def pixel_limit():
    """The most pixels of an image: `MAX_PIXELS`, or the environment variable ZOO_MAX_PIXELS.

    Raises:
        ZooError: the variable is not a whole number from 1 up.
    """
    value = os.environ.get("ZOO_MAX_PIXELS", "").strip() or str(MAX_PIXELS)
    if not re.fullmatch(r"[0-9]{1,15}", value) or int(value) < 1:
        raise ZooError(
            f"ZOO_MAX_PIXELS must be a whole number of pixels from 1 up, but it is {value!r}."
        )
    return int(value)


def decode_image(data, served=False):
    """Decodes one image file to RGB, by the rule above.

    Args:
        data: scalar string tensor, the bytes of a PNG, JPEG, GIF, BMP, WebP or TIFF file.
        served: bool. True keeps to TensorFlow's operations, for a graph that is saved: GIF, WebP,
            TIFF, unusual BMP and JPEG of four inks are errors.

    Returns:
        uint8 [H, W, 3].

    Raises:
        tf.errors.InvalidArgumentError: other bytes, a damaged file, more pixels than
            `pixel_limit()` (found in the header, before anything is decoded), or one of the kinds
            that have two readings: a PNG of other than 8 bits with a transparent colour, a JPEG of
            four inks without an Adobe note, a TIFF that `zoo.images.pillow` names.
            `read_image` has the reason in a sentence.
    """
    import tensorflow as tf

    if tf.executing_eagerly():
        return _decoder(pixel_limit(), served)(data)
    limit = pixel_limit()
    start = tf.strings.substr(data, 0, 3)
    picture = tf.case(
        [
            (tf.equal(start, b"\xff\xd8\xff"), lambda: _decode_jpeg(data, limit, served)),
            (tf.equal(start, b"\x89PN"), lambda: _png_decoder(limit)(data)),
        ],
        default=lambda: _decode_bmp(data, limit) if served else _by_pillow(data, limit),
    )
    return tf.ensure_shape(picture, [None, None, 3])


def _decode_jpeg(data, limit, served):
    import tensorflow as tf

    shape = tf.cast(tf.image.extract_jpeg_shape(data), tf.int64)
    pixels, channels = tf.reduce_prod(shape[:2]), shape[2]

    def usual():
        return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")  # Pillow's bits

    def unusual():
        small = _within(data, shape[1], shape[0], limit)
        if not served:
            return _by_pillow(small, limit)  # TensorFlow truncates where Pillow rounds
        reason = f"expected {SERVED}, got a JPEG of four inks (CMYK): convert it to RGB"
        with tf.control_dependencies(_check(channels != 4, [reason])):
            return tf.zeros([1, 1, 3], tf.uint8)

    # One comparison for usual files: a check builds its message whether it is needed or not.
    return tf.cond((pixels > limit) | (channels == 4), unusual, usual)


@functools.lru_cache(maxsize=4)
def _png_decoder(limit):
    """`_decode_png` as a call: inlined, its many operations would slow down every small JPEG."""
    import tensorflow as tf

    return tf.function(
        lambda data: _decode_png(data, limit),
        [tf.TensorSpec([], tf.string)],
        autograph=False,
        experimental_attributes={"_noinline": True},
    )


def _decode_png(data, limit):
    import tensorflow as tf

    head = _head(data)
    width, height = _number(head[16:20][::-1]), _number(head[20:24][::-1])
    depth, colour = head[24], head[25]  # colour type: 0 grey, 2 RGB, 3 palette, 4 and 6 with alpha
    data = _within(data, width, height, limit)
    transparent = tf.strings.regex_full_match(data, _TRNS)
    keyed = transparent & (depth == 8) & ((colour == 0) | (colour == 2))
    # Without `channels` a transparent colour is lost; with it a palette gets a wrong alpha.
    picture = tf.cond(
        keyed, lambda: tf.io.decode_png(data, channels=4), lambda: tf.io.decode_png(data)
    )
    lost = transparent & (tf.shape(picture)[-1] % 2 == 1)
    reason = "a PNG of other than 8 bits with a transparent colour (tRNS), or of a damaged palette"
    with tf.control_dependencies(_check(~lost, [reason, ": save it with an alpha channel"])):
        return to_rgb(tf.identity(picture))


def _decode_bmp(data, limit):
    import tensorflow as tf

    head = _head(data)
    info = _number(head[14:18])  # bytes of the second header, by which its fields are laid out
    plain = ((info == 40) | (info == 108) | (info == 124)) & (_number(head[28:30]) == 24)
    plain &= _number(head[30:34]) == 0
    named = _kind_in_graph(data)
    bmp = named == "a BMP"
    named = tf.where(bmp, "another BMP", named)
    reason = [f"expected {SERVED}, got ", named, ": convert it to PNG"]
    with tf.control_dependencies(_check(bmp & plain, reason)):
        data = tf.identity(data)
    height = _number(head[22:26])
    height = tf.minimum(height, 2**32 - height)  # negative where the first row is on top
    return tf.io.decode_bmp(_within(data, _number(head[18:22]), height, limit), channels=3)


def _by_pillow(data, limit):
    import tensorflow as tf

    def read(data):
        return read_by_pillow(data, limit)

    return tf.ensure_shape(tf.numpy_function(read, [data], tf.uint8, stateful=False), [None] * 3)


def _kind_in_graph(data):
    """`kind_of` as a scalar string tensor."""
    import tensorflow as tf

    start = tf.strings.substr(data, 0, tf.minimum(tf.strings.length(data), 64))
    named = tf.where(tf.equal(data, ""), kind_of(b""), kind_of(b"?"))
    for name, pattern in reversed(KINDS):
        pattern = pattern.replace(".", r"\C")  # a byte, where RE2's dot is a character of UTF-8
        named = tf.where(tf.strings.regex_full_match(start, rf"(?s)({pattern})\C*"), name, named)
    return named


def _head(data):
    """The first bytes of a file as int64 [`_HEAD`], zeros behind its end."""
    import tensorflow as tf

    return tf.cast(tf.io.decode_raw(data, tf.uint8, fixed_length=_HEAD), tf.int64)


def _number(digits):
    """A number from its bytes, int64 [n], the lowest first."""
    import tensorflow as tf

    return tf.reduce_sum(digits * [256**place for place in range(digits.shape[0])])


def _within(data, width, height, limit):
    """The same bytes, once the header's size is within the limit."""
    import tensorflow as tf

    sizes = [tf.strings.as_string(size) for size in (width, height)]
    reason = [sizes[0], " x ", sizes[1], f" pixels, more than {TOO_LARGE.format(limit)}"]
    # by division: the product of a hostile header's sides may leave 64 bits
    with tf.control_dependencies(_check(width <= limit // tf.maximum(height, 1), reason)):
        return tf.identity(data)


def _check(condition, reason):
    """Assertions whose error is `reason`, strings to be joined; none may hold an apostrophe."""
    import tensorflow as tf

    return [tf.debugging.Assert(condition, [tf.strings.join(reason)])]


def read_image(data):
    """Decodes one image file by `decode_image`, outside of a graph.

    Args:
        data: bytes of the file.

    Returns:
        uint8 array (h, w, 3).

    Raises:
        ZooError: the bytes cannot be read; says what they are and why not, without a file's name.
    """
    import tensorflow as tf

    limit, kind = pixel_limit(), kind_of(data)
    if kind not in ("a PNG", "a JPEG"):
        return read_by_pillow(data, limit)
    try:
        return decode_image(tf.constant(data)).numpy()
    except (tf.errors.OpError, ValueError) as error:
        known = re.search(r"assertion failed: \[(.*?)\](\s|$)|ZooError: (.*)", str(error))
        reason = known[1] or known[3] if known else f"{kind} that is damaged or cut off"
        raise ZooError(reason) from None


@functools.lru_cache(maxsize=4)
def _decoder(limit, served=False):
    """`decode_image` outside of a graph: a function that is traced once for each limit."""
    import tensorflow as tf

    del limit  # part of the graph

    def decode(data):
        return decode_image(data, served)

    return tf.function(decode, [tf.TensorSpec([], tf.string)], autograph=False)


def to_rgb(picture):
    """uint8 [H, W, 1 to 4 channels] -> uint8 [H, W, 3], array or tensor.

    The second or fourth channel is alpha, laid over white; a single colour is grey.
    """
    import tensorflow as tf

    picture = tf.convert_to_tensor(picture)
    pixels = tf.reduce_prod(tf.shape(picture)[:-1])

    def grey():
        return tf.repeat(picture, 3, axis=-1)

    def blended():
        return tf.cond(
            pixels <= _BLOCK, lambda: _over_white(picture), lambda: _over_white_in_blocks(picture)
        )

    known = picture.shape[-1]
    if known is not None:
        return {1: grey, 3: lambda: picture}.get(known, blended)()
    channels = tf.shape(picture)[-1]
    cases = [(tf.equal(channels, 3), lambda: picture), (tf.equal(channels, 1), grey)]
    return tf.case(cases, default=blended)


def _over_white(picture):
    """Colour and alpha, uint8 [..., 2 or 4] -> uint8 [..., 3]: a rounded division by 255."""
    import tensorflow as tf

    wide = tf.cast(picture, tf.uint16)
    colour, alpha = wide[..., :-1], wide[..., -1:]
    mixed = colour * alpha + 255 * (255 - alpha) + 128  # at most 65153
    mixed = tf.cast(tf.bitwise.right_shift(mixed + tf.bitwise.right_shift(mixed, 8), 8), tf.uint8)
    return tf.broadcast_to(mixed, tf.concat([tf.shape(picture)[:-1], [3]], 0))


def _over_white_in_blocks(picture):
    """The same with little memory beside the result."""
    import tensorflow as tf

    shape = tf.shape(picture)
    flat = tf.reshape(picture, [-1, shape[-1]])
    count = tf.shape(flat)[0]
    blocks = tf.TensorArray(
        tf.uint8, -(-count // _BLOCK), infer_shape=False, element_shape=[None, 3]
    )

    def add(index, blocks):
        block = flat[index * _BLOCK : (index + 1) * _BLOCK]
        return index + 1, blocks.write(index, _over_white(block))

    _, blocks = tf.while_loop(
        lambda index, _: index * _BLOCK < count, add, (0, blocks), parallel_iterations=1
    )
    return tf.reshape(blocks.concat(), tf.concat([shape[:-1], [3]], 0))
