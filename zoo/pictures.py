"""Files and arrays of every kind as RGB bytes: the one rule of training, generation and serving."""

# Endings, in lower case, of the images that are read, and of images that are not: a listing shows
# these too, so that they are refused by name. The content decides how a file is decoded.
EXTENSIONS = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp", ".tif",
    ".tiff",
)
KNOWN_UNREAD = (
    ".avif", ".avifs", ".heic", ".heif", ".hif", ".jp2", ".j2k", ".jpf", ".jpx", ".jxl", ".ppm",
    ".pgm", ".pbm", ".pnm", ".pam", ".ico", ".cur", ".icns", ".tga", ".psd", ".svg", ".svgz", ".exr",
    ".hdr", ".dds", ".pcx", ".qoi", ".eps", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf",
    ".rw2",
)
MAX_PIXELS = 64 * 2**20  # 8192 x 8192; an image of more is refused before it is decoded


def decode_picture(data):
    """Decodes one picture file to RGB.

    PNG with transparency (also a palette or grey PNG) is laid over white; grey is repeated to
    three channels; of 16 bits the upper 8 are kept; of an animation the first frame is taken;
    the orientation that a camera noted is not applied.

    Args:
        data: scalar string tensor, the bytes of a PNG, JPEG, GIF or BMP file.

    Returns:
        uint8 [H, W, 3].

    Raises:
        tf.errors.InvalidArgumentError: other bytes.
    """
    import tensorflow as tf

    start = tf.strings.substr(data, 0, 3)
    picture = tf.case(
        [
            (tf.equal(start, b"\x89PN"), lambda: to_rgb(tf.io.decode_png(data))),
            (tf.equal(start, b"\xff\xd8\xff"), lambda: _decode_jpeg(data)),
        ],
        default=lambda: tf.io.decode_image(data, channels=3, expand_animations=False),
    )
    return tf.ensure_shape(picture, [None, None, 3])


def _decode_jpeg(data):
    import tensorflow as tf

    return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")


def to_rgb(picture):
    """uint8 [..., 1 to 4 channels] -> uint8 [..., 3], array or tensor.

    The second or fourth channel is alpha, laid over white; a single colour is grey.
    """
    import tensorflow as tf

    # No decoder's `channels` in its place: that of PNG gives palettes a wrong alpha.
    shape = tf.shape(picture)
    opaque = tf.fill(tf.concat([shape[:-1], [1]], 0), tf.constant(255, tf.uint8))
    channels = tf.cast(tf.concat([picture, opaque], -1), tf.int32)
    colours = shape[-1] - 1 + shape[-1] % 2
    colour, alpha = channels[..., :colours], channels[..., colours : colours + 1]
    mixed = tf.cast((colour * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)
    return tf.broadcast_to(mixed, tf.concat([shape[:-1], [3]], 0))
