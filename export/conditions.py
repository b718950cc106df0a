"""What the served functions of every kind of model share; and labels, the simplest condition."""

import numpy as np
import tensorflow as tf

from zoo.models.conditional_gan import to_uint8

SIGNATURE = "serving_default"
SEED = tf.TensorSpec([None], tf.int64, name="seed")


class Condition:
    """How a server is told what to draw.

    A subclass has `functions()`, a dict of signature name -> `tf.function` made by
    `serving_function`, and `examples(size)`, a dict of signature name -> inputs without `seed`.

    Args:
        model: the system that is served.
    """

    def __init__(self, model):
        self.model = model

    def resources(self, folder):
        """Tables and assets that the functions read, whose files are first written to `folder`."""
        del folder
        return []


def serving_function(specs, draw, check=None):
    """The function of a signature.

    Its outputs are `image`, uint8 (batch, height, width, channels), and `image_bytes`, string
    (batch,), each the PNG file of that picture (TensorFlow Serving sends outputs of this name as
    base64). A request of no rows, or with unequal numbers of rows, is an error (INVALID_ARGUMENT).

    Args:
        specs: list of named `tf.TensorSpec`s of the condition, all (batch, ...).
        draw: function of the inputs and the seeds to pictures in [-1, 1].
        check: None, or a function of the inputs to a list of assertions. Nothing is computed of the
            inputs before they hold.
    """
    specs = [*specs, SEED]

    def serve(*inputs):
        checks = _row_checks(inputs, [spec.name for spec in specs])
        with tf.control_dependencies(checks):
            inputs = [tf.identity(value) for value in inputs]
        if check is not None:
            with tf.control_dependencies(check(*inputs[:-1])):
                inputs = [tf.identity(value) for value in inputs]
        image = to_uint8(tf.cast(draw(*inputs), tf.float32))
        image_bytes = tf.map_fn(
            tf.io.encode_png, image, fn_output_signature=tf.TensorSpec([], tf.string)
        )
        return {"image": image, "image_bytes": image_bytes}

    return tf.function(serve, input_signature=specs, autograph=False)


def _row_checks(inputs, names):
    rows = tf.shape(inputs[0])[0]
    checks = [tf.debugging.assert_positive(rows, f"{names[0]} must hold at least one row")]
    message = f"{' and '.join(names)} must have the same number of rows"
    return checks + [
        tf.debugging.assert_equal(rows, tf.shape(value)[0], message) for value in inputs[1:]
    ]


class Labels(Condition):
    """`labels`, int64 (batch,), each from 0 to `classes` - 1; others are INVALID_ARGUMENT."""

    def functions(self):
        def draw(labels, seeds):
            return self.model.sample({"labels": labels}, seeds)["images"]

        specs = [tf.TensorSpec([None], tf.int64, name="labels")]
        return {SIGNATURE: serving_function(specs, draw, self._in_range)}

    def _in_range(self, labels):
        last = tf.constant(self.model.classes - 1, tf.int64)
        message = f"labels must be from 0 to {self.model.classes - 1}"
        return [
            tf.debugging.assert_non_negative(labels, message),
            tf.debugging.assert_less_equal(labels, last, message),
        ]

    def examples(self, size):
        return {SIGNATURE: {"labels": np.arange(size, dtype=np.int64) % self.model.classes}}
