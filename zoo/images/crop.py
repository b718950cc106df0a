"""Cropping, scaling and image pyramids, as TensorFlow ops.

Reference: AttnGAN, arXiv 1711.10485; checked against taoxugit/AttnGAN (code/datasets.py
`get_imgs`, code/main.py `image_transform`), which scales with Pillow. Known deviations: none.
`unfiltered`: XMC-GAN, arXiv 2101.04702; checked against google-research/xmcgan_image_generation,
which does not round to bytes.
"""

import tensorflow as tf

from zoo.images.convert import to_float_in_pipeline
from zoo.images.resample import resize


def box_crop(image, box):
    """Crops a square around a box's center; half its side is 0.75 of the box's longer side.

    Args:
        image: [H, W, 3].
        box: x, y, width and height in pixels, shape [4].

    Returns:
        [h, w, 3]: the part of the square that is inside the image, so it need not be square.
    """
    box = tf.cast(box, tf.float32)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    half = tf.cast(tf.maximum(box[2], box[3]) * 0.75, tf.int32)
    x = tf.cast((2.0 * box[0] + box[2]) / 2.0, tf.int32)
    y = tf.cast((2.0 * box[1] + box[3]) / 2.0, tf.int32)
    top, bottom = tf.maximum(0, y - half), tf.minimum(height, y + half)
    left, right = tf.maximum(0, x - half), tf.minimum(width, x + half)
    return image[top:bottom, left:right]


@tf.autograph.experimental.do_not_convert
def scale(image, size):
    """Scales so that the shorter side has int(size * 76 / 64) pixels; keeps the aspect ratio.

    Args:
        image: uint8 [H, W, 3].
        size: int, the side of the crop that follows, pixels.

    Returns:
        uint8 [h, w, 3] with min(h, w) = int(size * 76 / 64).
    """
    target = size * 76 // 64
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    shorter = tf.minimum(height, width)
    return resize(image, target * height // shorter, target * width // shorter)


@tf.autograph.experimental.do_not_convert
def unfiltered(image, size):
    """Resizes to a square bilinearly, without anti-aliasing.

    Args:
        image: uint8 [H, W, 3].
        size: int, pixels.

    Returns:
        uint8 [size, size, 3], rounded.
    """
    resized = tf.round(tf.image.resize(image, [size, size]))
    return tf.ensure_shape(tf.cast(resized, tf.uint8), [size, size, 3])


@tf.autograph.experimental.do_not_convert
def crop(image, size, offset=None, flip=False):
    """Crops a square and optionally flips it horizontally.

    Args:
        image: [H, W, 3], both sides at least `size`.
        size: int, pixels.
        offset: int [2], top and left; None crops the center.
        flip: bool, Python or tensor.

    Returns:
        [size, size, 3].
    """
    if offset is None:
        offset = [(tf.shape(image)[0] - size) // 2, (tf.shape(image)[1] - size) // 2]
    image = tf.slice(image, [offset[0], offset[1], 0], [size, size, 3])
    image = tf.where(tf.cast(flip, tf.bool), image[:, ::-1], image)
    return tf.ensure_shape(image, [size, size, 3])


def scale_and_crop(image, size, offset=None, flip=False):
    """`scale` then `crop`: the training crop of AttnGAN.

    Args:
        image: uint8 [H, W, 3].
        size: int, pixels.
        offset: int [2], top and left in the scaled image; None crops the center.
        flip: bool, Python or tensor.

    Returns:
        uint8 [size, size, 3].
    """
    return crop(scale(image, size), size, offset, flip)


@tf.autograph.experimental.do_not_convert
def random_offset(image, size, uniform):
    """Top and left of a crop from two uniform numbers in [0, 1); all positions are equally likely.

    Args:
        image: [H, W, 3].
        size: int, pixels.
        uniform: float [2].

    Returns:
        int32 [2].
    """
    free = tf.shape(image)[:2] - size
    offset = tf.cast(uniform * tf.cast(free + 1, tf.float32), tf.int32)
    return tf.minimum(offset, free)


@tf.autograph.experimental.do_not_convert
def pyramid_uint8(image, sizes):
    """The same image at several sizes, each resized from the given one.

    Args:
        image: uint8 [..., S, S, 3].
        sizes: ints, pixels; the image of size S itself is unchanged.

    Returns:
        tuple of uint8 [..., s, s, 3], in the order of `sizes`.
    """
    side = image.shape[-2]
    return tuple(image if size == side else resize(image, size, size) for size in sizes)


@tf.autograph.experimental.do_not_convert
def pyramid(image, sizes):
    """The images of one crop at the sizes of all stages.

    Args:
        image: uint8 [..., S, S, 3].
        sizes: ints, pixels, smallest first; the image of size S itself is unchanged.

    Returns:
        tuple of float32 [..., s, s, 3] in [-1, 1], in the order of `sizes`.
    """
    return tuple(to_float_in_pipeline(level) for level in pyramid_uint8(image, sizes))
