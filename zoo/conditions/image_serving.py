"""Serving signatures for images: as files, or as pixels under a separate signature.

`image_bytes` is string (batch,), the bytes of PNG or JPEG files, or of uncompressed BMP files of 24
bits. Other files, which TensorFlow alone cannot decode correctly (GIF, WebP, TIFF), are refused.
`images` is uint8 (batch, h, w, 3). Images of more than `Limits.max_pixels` are refused. Images are
decoded and scaled one after another, so that only one of full size is in memory.

A model with several `directions` has two signatures per direction, such as `a2b` and `a2b_pixels`;
`serving_default` is the first. A model that takes guides also has `guided`, or `a2b_guided` and
`b2a_guided`, with the files `guide_bytes`, one per image, whose style is used.
"""

import numpy as np
import tensorflow as tf

from zoo.conditions.assertions import require
from zoo.conditions.records import SERVING_DEFAULT, Signature
from zoo.images.convert import to_float
from zoo.images.decode import decode_image
from zoo.images.read import fit_image

PIXELS, GUIDED = "pixels", "guided"


def image_signatures(condition, limits):
    """dict of signature name -> `Signature` of an `Images` condition."""
    if not condition.directions:
        guided = {GUIDED: _of_guided_files(condition, limits, {})} if condition.guide else {}
        return {
            SERVING_DEFAULT: _of_files(condition, limits, {}),
            PIXELS: _of_pixels(condition, limits, {}), **guided,
        }
    signatures = {}
    for direction in condition.directions:
        options = {"direction": direction}
        signatures[direction] = _of_files(condition, limits, options)
        signatures[f"{direction}_{PIXELS}"] = _of_pixels(condition, limits, options)
        if condition.guide:
            guided = _of_guided_files(condition, limits, options)
            signatures[f"{direction}_{GUIDED}"] = guided
    return {SERVING_DEFAULT: signatures[condition.directions[0]], **signatures}


def image_requests(condition, size):
    """dict of signature name -> inputs of `size` white images."""
    white = np.full([condition.size, condition.size, 3], 255, np.uint8)
    file = {"image_bytes": [tf.io.encode_png(white).numpy()] * size}
    pixels = {"images": np.stack([white] * size)}
    guided = {**file, "guide_bytes": file["image_bytes"]}
    if not condition.directions:
        requests = {SERVING_DEFAULT: file, PIXELS: pixels}
        return {**requests, GUIDED: guided} if condition.guide else requests
    requests = {SERVING_DEFAULT: file}
    for direction in condition.directions:
        requests |= {direction: file, f"{direction}_{PIXELS}": pixels}
        if condition.guide:
            requests[f"{direction}_{GUIDED}"] = guided
    return requests


def _of_files(condition, limits, options):
    def to_fields(files):
        return {"source": _decoded(files, "image_bytes", condition.channels, condition, limits)}

    return Signature([_files("image_bytes")], to_fields, options=options)


def _of_guided_files(condition, limits, options):
    def to_fields(files, guides):
        return {
            "source": _decoded(files, "image_bytes", condition.channels, condition, limits),
            "guide": _decoded(guides, "guide_bytes", condition.guide_channels, condition, limits),
        }

    inputs = [_files("image_bytes"), _files("guide_bytes")]
    return Signature(inputs, to_fields, options=options, guided=True)


def _files(name):
    return tf.TensorSpec([None], tf.string, name=name)


def _decoded(files, name, channels, condition, limits):
    """Files of the input `name`, as a field."""
    return _field(
        files, lambda data: decode_image(data, name, limits.max_pixels), condition.size, channels
    )


def _of_pixels(condition, limits, options):
    inputs = [tf.TensorSpec([None, None, None, 3], tf.uint8, name="images")]

    def to_fields(images):
        return {"source": _field(images, lambda row: row, condition.size, condition.channels)}

    def check(images):
        sides = tf.shape(images, tf.int64)[1:3]
        filled = tf.reduce_all(sides > 0)
        small = sides[0] <= limits.max_pixels // tf.maximum(sides[1], 1)
        message = f"images must have at most {limits.max_pixels} pixels each; they have the sides"
        return [
            require(filled, "images must be of at least one pixel; they are empty"),
            require(small, message, sides),
        ]

    return Signature(inputs, to_fields, check, options)


def _field(rows, read, size, channels):
    """The images `read(row)`, one after another: float (batch, size, size, channels) in [-1, 1]."""
    fitted = tf.map_fn(
        lambda row: fit_image(read(row), size, channels), rows,
        fn_output_signature=tf.TensorSpec([size, size, channels], tf.uint8),
        parallel_iterations=1,
    )
    return to_float(fitted)
