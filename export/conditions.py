"""What the served functions of every kind of model share; and labels, the simplest condition."""

import numpy as np
import tensorflow as tf

from zoo.models.base.conditional_gan import to_uint8

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
    base64). A request of no rows, with unequal numbers of rows, with an input of another shape or
    with numbers that are not finite is an error (INVALID_ARGUMENT) that names the input.

    Args:
        specs: list of named `tf.TensorSpec`s of the condition, all (batch, ...).
        draw: function of the inputs and the seeds to pictures in [-1, 1].
        check: None, or a function of the inputs to a list of assertions. Nothing is computed of the
            inputs before they hold.
    """
    specs = [*specs, SEED]

    def serve(*inputs):
        for find in (_shape_checks, _row_checks, _finite_checks):
            inputs = _after(find(inputs, specs), inputs)
        if check is not None:
            inputs = _after(check(*inputs[:-1]), inputs)
        image = to_uint8(tf.cast(draw(*inputs), tf.float32))
        image_bytes = tf.map_fn(
            tf.io.encode_png, image, fn_output_signature=tf.TensorSpec([], tf.string)
        )
        return {"image": image, "image_bytes": image_bytes}

    return tf.function(serve, input_signature=specs, autograph=False)


def require(condition, *message):
    """An assertion whose error is `message` alone: words, and tensors shown as numbers."""
    return tf.debugging.Assert(condition, list(message), summarize=8)


def _after(checks, inputs):
    """The inputs, of which nothing is computed before the checks hold."""
    with tf.control_dependencies(checks):
        return [tf.identity(value) for value in inputs]


def _shape_checks(inputs, specs):
    return [_shape_check(value, spec) for value, spec in zip(inputs, specs, strict=True)]


def _shape_check(value, spec):
    """A server does not compare the shapes of a request with those of the signature."""
    unknown = tf.raw_ops.PlaceholderWithDefault(input=value, shape=tf.TensorShape(None))
    shape = tf.shape(unknown)  # of the request; that of `value` would be taken from the signature
    rank = spec.shape.rank
    wanted = tf.constant([-1 if size is None else size for size in spec.shape])
    given = tf.concat([shape, tf.zeros([rank], tf.int32)], 0)[:rank]
    fits = tf.reduce_all((wanted < 0) | (wanted == given)) & (tf.size(shape) == rank)
    sides = ["batch", *("any" if size is None else str(size) for size in spec.shape[1:])]
    form = f"({', '.join(sides)}{',' if rank == 1 else ''})"
    message = f"{spec.name} must have the shape {form}, one row for each image; it has the shape"
    return require(fits, message, shape)


def _row_checks(inputs, specs):
    names = [spec.name for spec in specs]
    rows = [tf.shape(value)[0] for value in inputs]
    checks = [require(rows[0] > 0, f"{names[0]} must hold at least one row; it is empty")]
    message = f"{' and '.join(names)} must have the same number of rows; they have"
    return checks + [
        require(tf.reduce_all(tf.equal(rows, rows[0])), message, tf.stack(rows))
    ]


def _finite_checks(inputs, specs):
    return [
        require(
            tf.reduce_all(tf.math.is_finite(value)),
            f"{spec.name} must be finite numbers; there is a NaN or an infinity in it",
        )
        for value, spec in zip(inputs, specs, strict=True) if spec.dtype.is_floating
    ]


def range_check(name, values, low, high):
    """All of `values`, whole numbers, are from `low` to `high`."""
    fits = (values >= low) & (values <= high)
    first = tf.boolean_mask(values, ~fits)[:1]
    message = f"{name} must be from {low} to {high}; there is"
    return require(tf.reduce_all(fits), message, first)


class Labels(Condition):
    """`labels`, int64 (batch,), each from 0 to `classes` - 1; others are INVALID_ARGUMENT."""

    def functions(self):
        def draw(labels, seeds):
            return self.model.sample({"labels": labels}, seeds)["images"]

        specs = [tf.TensorSpec([None], tf.int64, name="labels")]
        return {SIGNATURE: serving_function(specs, draw, self._in_range)}

    def _in_range(self, labels):
        return [range_check("labels", labels, 0, self.model.classes - 1)]

    def examples(self, size):
        return {SIGNATURE: {"labels": np.arange(size, dtype=np.int64) % self.model.classes}}
