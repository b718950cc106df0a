"""Pictures as the served condition of an image-to-image model."""

import numpy as np
import tensorflow as tf

from export.conditions import SIGNATURE, Condition, serving_function
from zoo.images.decode import decode_picture
from zoo.images.read import fit_picture, to_float

PIXELS = "pixels"


class Pictures(Condition):
    """Files, or pixels in a signature of their own, of any size, by the rules of
    `zoo.images.read`: what `generate` is given as the same file or array.

    `image_bytes` is string (batch,), the bytes of PNG or JPEG files, or of BMP of 24 bits without
    compression. Others, which TensorFlow alone cannot decode rightly (GIF, WebP, TIFF), and files
    of more pixels than `zoo.images.decode.pixel_limit` at the time of the export, are INVALID_ARGUMENT.
    `images` is uint8 (batch, h, w, 3).

    A model with several `directions` has a signature of each, such as `a2b` and `b2a`, with
    `a2b_pixels` and `b2a_pixels`; `serving_default` is the first.
    """

    def functions(self):
        if not self.model.directions:
            return dict(zip((SIGNATURE, PIXELS), self._pair(), strict=True))
        functions = {}
        for direction in self.model.directions:
            pair = self._pair(direction=direction)
            functions.update(zip((direction, f"{direction}_{PIXELS}"), pair, strict=True))
        return {SIGNATURE: functions[self.model.directions[0]], **functions}

    def _pair(self, **settings):
        """The function of files and that of pixels; both call one graph of the model."""
        model = self.model
        shape = [model.image_size, model.image_size, model.source_channels]
        source, seeds = tf.TensorSpec([None, *shape], tf.float32), tf.TensorSpec([None], tf.int64)
        sample = tf.function(
            lambda source, seeds: model.sample(source, seeds, **settings),
            input_signature=[source, seeds],
            autograph=False,
        )

        def read(picture):
            return fit_picture(picture, model.image_size, model.source_channels)

        def read_file(data):
            return read(decode_picture(data, served=True))

        def draw(rows, seeds, read):
            fitted = tf.map_fn(read, rows, fn_output_signature=tf.TensorSpec(shape, tf.uint8))
            return sample(to_float(fitted), seeds)

        return (
            serving_function(
                [tf.TensorSpec([None], tf.string, name="image_bytes")],
                lambda rows, seeds: draw(rows, seeds, read_file),
            ),
            serving_function(
                [tf.TensorSpec([None, None, None, 3], tf.uint8, name="images")],
                lambda rows, seeds: draw(rows, seeds, read),
                _not_empty,
            ),
        )

    def examples(self, size):
        white = np.full([self.model.image_size, self.model.image_size, 3], 255, np.uint8)
        file = {"image_bytes": [tf.io.encode_png(white).numpy()] * size}
        pixels = {"images": np.stack([white] * size)}
        if not self.model.directions:
            return {SIGNATURE: file, PIXELS: pixels}
        examples = {SIGNATURE: file}
        for direction in self.model.directions:
            examples |= {direction: file, f"{direction}_{PIXELS}": pixels}
        return examples


def _not_empty(images):
    sides = tf.shape(images)[1:3]
    return [tf.debugging.assert_positive(sides, "images must be of at least one pixel")]
