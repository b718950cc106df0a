"""Decodes image files to RGB bytes, identically in training, generation and serving.

The result is that of Pillow's `Image.open(file).convert("RGBA")`, composited over white, bit-exact.

- The content determines the format, not the file extension.
- Grayscale is repeated to three channels. Transparency, by an alpha channel, a palette or a
  single color, is composited over white: (color * alpha + 255 * (255 - alpha)) / 255, rounded.
- 16-bit values keep their upper 8 bits.
- An animation, or a file with several pages, gives its first image.
- Color profiles, gamma and the EXIF orientation are ignored, as in `Image.open`; the orientation of
  a TIFF is part of that format and is applied, as there.
- Ambiguous files are refused: see `decode_image`.

TensorFlow decodes PNG and JPEG, equal to Pillow in every case that is not refused; Pillow decodes
the rest (and CMYK JPEG). A served model's graph cannot call Pillow: it reads PNG, JPEG and
plain BMP, and refuses other files. `tf.io.decode_image` is not used: it reads palettes
of BMP as gray, makes transparent GIFs black, and writes out of bounds on some animated WebP.
"""

import dataclasses
import functools
import os
import re

from zoo.errors import ZooError
from zoo.images.pillow import KINDS, TOO_LARGE, kind_of, read_by_pillow

# Lower-case extensions of images that are read, and of images that are not: a listing includes
# these too, so that they are refused by name. The content determines how a file is decoded.
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
_TRNS = r"(?s)\C*\x00\x00[\x00\x01]\CtRNS\C*"  # a PNG's transparency chunk, of at most 511 bytes
_BLOCK = 2**18  # pixels that are composited at a time


def pixel_limit():
    """Maximum pixels of an image: `MAX_PIXELS`, or the environment variable ZOO_MAX_PIXELS.

    Raises:
        ZooError: the variable is not a positive integer.
    """
    value = os.environ.get("ZOO_MAX_PIXELS", "").strip() or str(MAX_PIXELS)
    if not re.fullmatch(r"[0-9]{1,15}", value) or int(value) < 1:
        raise ZooError(
            f"ZOO_MAX_PIXELS must be a number of pixels of at least 1, got {value!r}."
        )
    return int(value)


@dataclasses.dataclass(frozen=True)
class Rules:
    """How `decode_image` decodes.

    Attributes:
        limit: int. Maximum pixels of an image.
        served: str. For a graph that is saved, the name of the input with the files, with which
            its messages begin; "" otherwise.
    """

    limit: int
    served: str = ""

    @property
    def too_large(self):
        """The end of the message about an image that has more pixels than the limit."""
        if self.served:
            return f"the max_pixels of this export, {self.limit}: send a smaller image"
        return TOO_LARGE.format(self.limit)


def decode_image(data, served="", limit=None):
    """Decodes one image file to RGB, by the rules of this module.

    Args:
        data: scalar string tensor, the bytes of a PNG, JPEG, GIF, BMP, WebP or TIFF file.
        served: str. The name of a served input uses TensorFlow operations only, for a graph that
            is saved, and begins the messages: GIF, WebP, TIFF, unusual BMP and CMYK JPEG are
            errors.
        limit: int or None. Maximum pixels of an image; None takes `pixel_limit()`.

    Returns:
        uint8 [H, W, 3].

    Raises:
        tf.errors.InvalidArgumentError: other bytes, a damaged file, more pixels than
            `limit` (according to the header, before anything is decoded), or an ambiguous
            file: a PNG of other than 8 bits with a transparent color, a CMYK JPEG without an Adobe
            marker, a TIFF that `zoo.images.pillow` refuses. `read_image` gives the reason in a
            sentence.
    """
    import tensorflow as tf

    if tf.executing_eagerly() and not tf.config.functions_run_eagerly():
        return _decoder(limit or pixel_limit(), served)(data)
    rules = Rules(limit or pixel_limit(), served)
    start = tf.strings.substr(data, 0, 3)
    image = tf.case(
        [
            (tf.equal(start, b"\xff\xd8\xff"), lambda: _decode_jpeg(data, rules)),
            (tf.equal(start, b"\x89PN"), lambda: _png_decoder(rules)(data)),
        ],
        default=lambda: _decode_bmp(data, rules) if served else _by_pillow(data, rules.limit),
    )
    return tf.ensure_shape(image, [None, None, 3])


def _decode_jpeg(data, rules):
    import tensorflow as tf

    shape = tf.cast(tf.image.extract_jpeg_shape(data), tf.int64)
    pixels, channels = tf.reduce_prod(shape[:2]), shape[2]

    def usual():
        # bit-exact with Pillow
        return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")

    def unusual():
        small = _within(data, shape[1], shape[0], rules)
        if not rules.served:
            return _by_pillow(small, rules.limit)  # TensorFlow truncates where Pillow rounds
        reason = f"expected {SERVED}, got a JPEG of four inks (CMYK): convert it to RGB"
        with tf.control_dependencies(_check(channels != 4, [reason], rules)):
            return tf.zeros([1, 1, 3], tf.uint8)

    # A single comparison for usual files, since a check always builds its message.
    return tf.cond((pixels > rules.limit) | (channels == 4), unusual, usual)


@functools.lru_cache(maxsize=4)
def _png_decoder(rules):
    """`_decode_png` as a function call: inlined, its many operations would slow down every JPEG."""
    import tensorflow as tf

    return tf.function(
        lambda data: _decode_png(data, rules),
        [tf.TensorSpec([], tf.string)],
        autograph=False,
        experimental_attributes={"_noinline": True},
    )


def _decode_png(data, rules):
    import tensorflow as tf

    head = _head(data)
    width, height = _number(head[16:20][::-1]), _number(head[20:24][::-1])
    depth, color = head[24], head[25]  # color type: 0 gray, 2 RGB, 3 palette, 4 and 6 with alpha
    data = _within(data, width, height, rules)
    transparent = tf.strings.regex_full_match(data, _TRNS)
    keyed = transparent & (depth == 8) & ((color == 0) | (color == 2))
    # Without `channels` a transparent color is lost; with it a palette gets a wrong alpha.
    image = tf.cond(
        keyed, lambda: tf.io.decode_png(data, channels=4), lambda: tf.io.decode_png(data)
    )
    lost = transparent & (tf.shape(image)[-1] % 2 == 1)
    reason = "a PNG of other than 8 bits with a transparent color (tRNS), or of a damaged palette"
    reason = [reason, ": save it with an alpha channel"]
    with tf.control_dependencies(_check(~lost, reason, rules)):
        return to_rgb(tf.identity(image))


def _decode_bmp(data, rules):
    import tensorflow as tf

    head = _head(data)
    info = _number(head[14:18])  # size of the second header, which determines its layout
    plain = ((info == 40) | (info == 108) | (info == 124)) & (_number(head[28:30]) == 24)
    plain &= _number(head[30:34]) == 0
    named = _kind_in_graph(data)
    bmp = named == "a BMP"
    named = tf.where(bmp, "another BMP", named)
    reason = [f"expected {SERVED}, got ", named, ": convert it to PNG"]
    with tf.control_dependencies(_check(bmp & plain, reason, rules)):
        data = tf.identity(data)
    height = _number(head[22:26])
    height = tf.minimum(height, 2**32 - height)  # negative if the first row is at the top
    return tf.io.decode_bmp(_within(data, _number(head[18:22]), height, rules), channels=3)


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
        pattern = pattern.replace(".", r"\C")  # a byte; RE2's dot is a UTF-8 character
        named = tf.where(tf.strings.regex_full_match(start, rf"(?s)({pattern})\C*"), name, named)
    return named


def _head(data):
    """The first bytes of a file as int64 [`_HEAD`], zero padded."""
    import tensorflow as tf

    return tf.cast(tf.io.decode_raw(data, tf.uint8, fixed_length=_HEAD), tf.int64)


def _number(digits):
    """A little-endian number from its bytes, int64 [n]."""
    import tensorflow as tf

    return tf.reduce_sum(digits * [256**position for position in range(digits.shape[0])])


def _within(data, width, height, rules):
    """Returns the bytes unchanged after checking the header's size against the limit."""
    import tensorflow as tf

    sizes = [tf.strings.as_string(size) for size in (width, height)]
    reason = [sizes[0], " x ", sizes[1], f" pixels, more than {rules.too_large}"]
    # by division: the product of the sides in a hostile header may overflow 64 bits
    fits = width <= rules.limit // tf.maximum(height, 1)
    with tf.control_dependencies(_check(fits, reason, rules)):
        return tf.identity(data)


def _check(condition, reason, rules):
    """Assertions with the error message `reason`, a list of strings without apostrophes."""
    import tensorflow as tf

    if rules.served:
        reason = [f"{rules.served}: ", *reason]
    return [tf.debugging.Assert(condition, [tf.strings.join(reason)])]


def read_image(data):
    """Decodes one image file with `decode_image`, outside of a graph.

    Args:
        data: bytes of the file.

    Returns:
        uint8 array (h, w, 3).

    Raises:
        ZooError: the bytes cannot be read; the message gives their format and the reason, without
            a file name.
    """
    import tensorflow as tf

    limit, kind = pixel_limit(), kind_of(data)
    if kind not in ("a PNG", "a JPEG"):
        return read_by_pillow(data, limit)
    try:
        return decode_image(tf.constant(data)).numpy()
    except (tf.errors.OpError, ValueError) as error:
        known = re.search(r"assertion failed: \[(.*?)\](\s|$)|ZooError: (.*)", str(error))
        reason = known[1] or known[3] if known else f"{kind} that is damaged or truncated"
        raise ZooError(reason) from None


@functools.lru_cache(maxsize=4)
def _decoder(limit, served):
    """`decode_image` outside of a graph: a function that is traced once per limit."""
    import tensorflow as tf

    def decode(data):
        return decode_image(data, served, limit)

    return tf.function(decode, [tf.TensorSpec([], tf.string)], autograph=False)


def to_rgb(image):
    """uint8 [H, W, 1 to 4 channels] -> uint8 [H, W, 3], array or tensor.

    The second or fourth channel is alpha, composited over white; a single color channel is gray.
    """
    import tensorflow as tf

    image = tf.convert_to_tensor(image)
    pixels = tf.reduce_prod(tf.shape(image)[:-1])

    def gray():
        return tf.repeat(image, 3, axis=-1)

    def blended():
        return tf.cond(
            pixels <= _BLOCK, lambda: _over_white(image), lambda: _over_white_in_blocks(image)
        )

    known = image.shape[-1]
    if known is not None:
        return {1: gray, 3: lambda: image}.get(known, blended)()
    channels = tf.shape(image)[-1]
    cases = [(tf.equal(channels, 3), lambda: image), (tf.equal(channels, 1), gray)]
    return tf.case(cases, default=blended)


def _over_white(image):
    """Color and alpha, uint8 [..., 2 or 4] -> uint8 [..., 3]: a rounded division by 255."""
    import tensorflow as tf

    wide = tf.cast(image, tf.uint16)
    color, alpha = wide[..., :-1], wide[..., -1:]
    mixed = color * alpha + 255 * (255 - alpha) + 128  # at most 65153
    mixed = tf.cast(tf.bitwise.right_shift(mixed + tf.bitwise.right_shift(mixed, 8), 8), tf.uint8)
    return tf.broadcast_to(mixed, tf.concat([tf.shape(image)[:-1], [3]], 0))


def _over_white_in_blocks(image):
    """`_over_white` with little memory besides the result."""
    import tensorflow as tf

    shape = tf.shape(image)
    flat = tf.reshape(image, [-1, shape[-1]])
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
