"""Served functions of a model: conditions and seeds to images.

A service is a plain `tf.Module` with raw variables, tables and assets, and without Keras objects:
Keras variables are copied when they are saved, and then only Python's loader finds their values,
not the session loader of TensorFlow Serving.
"""

import numpy as np
import tensorflow as tf

from zoo.conditions.assertions import require
from zoo.errors import ZooError
from zoo.images.convert import to_uint8
from zoo.models.base.conditional_gan import ConditionalGAN

SEED = tf.TensorSpec([None], tf.int64, name="seed")


class Service(tf.Module):
    """The module that is saved as the SavedModel of a model.

    The image of each row depends on its own condition and seed only.

    Args:
        model: a `ConditionalGAN`.
        folder: str. The folder for files that become assets of the SavedModel.

    Attributes:
        functions: dict of signature name -> `tf.function`, see `serving_function`.
    """

    def __init__(self, model, folder):
        super().__init__(name="service")
        signatures, self.resources = served_condition(model).serve(folder)
        samplers, functions = {}, {}  # signatures with the same options share a graph of the model
        for signature in signatures.values():
            options = tuple(sorted(signature.options.items()))
            if options not in samplers:
                samplers[options] = _sampler(model, signature.options)
            if id(signature) not in functions:
                functions[id(signature)] = serving_function(signature, samplers[options])
        self.functions = {name: functions[id(value)] for name, value in signatures.items()}
        graphs = [function.get_concrete_function().graph for function in self.functions.values()]
        # From the functions' own lists: exactly the weights that generation reads, each once.
        weights = {id(variable): variable for graph in graphs for variable in graph.variables}
        self.weights = list(weights.values())


def served_condition(model):
    """The model's condition. Raises `ZooError` if the model generates no images."""
    if not isinstance(model, ConditionalGAN):
        raise ZooError(
            "Only models that generate images can be exported, got a preset of "
            f"{type(model).__name__}."
        )
    return model.condition


def example_requests(model, sizes=(1, 4)):
    """Warm-up requests for a server, in batches of these sizes.

    Returns:
        list of (signature name, dict of inputs).
    """
    condition = served_condition(model)
    return [
        (signature, {**inputs, "seed": np.arange(size, dtype=np.int64)})
        for size in sizes
        for signature, inputs in condition.requests(size).items()
    ]


def _sampler(model, options):
    """The model as a graph: fields of its condition and seeds -> images in [-1, 1]."""
    def sample(fields, seeds):
        images = model.sample(fields, seeds, **options)["images"]
        return images[-1] if isinstance(images, list) else images

    specs = [dict(model.condition.fields), tf.TensorSpec([None], tf.int64)]
    return tf.function(sample, input_signature=specs, autograph=False)


def serving_function(signature, sample):
    """The function of a signature.

    Its outputs are `image`, uint8 (batch, height, width, channels), and `image_bytes`, string
    (batch,), the PNG file of each image (TensorFlow Serving sends outputs with this suffix as
    base64). A request without rows, with unequal numbers of rows, with an input of another shape or
    with numbers that are not finite raises an error (INVALID_ARGUMENT) that names the input.

    Args:
        signature: `zoo.conditions.records.Signature`. Nothing is computed from the inputs before
            its `check` passes.
        sample: function of fields and seeds to images in [-1, 1].
    """
    specs = [*signature.inputs, SEED]

    def serve(*inputs):
        for make_checks in (_shape_checks, _row_checks, _finite_checks):
            inputs = _after(make_checks(inputs, specs), inputs)
        if signature.check is not None:
            inputs = _after(signature.check(*inputs[:-1]), inputs)
        *condition, seeds = inputs
        image = to_uint8(tf.cast(sample(signature.to_fields(*condition), seeds), tf.float32))
        image_bytes = tf.map_fn(
            tf.io.encode_png, image, fn_output_signature=tf.TensorSpec([], tf.string)
        )
        return {"image": image, "image_bytes": image_bytes}

    return tf.function(serve, input_signature=specs, autograph=False)


def _after(checks, inputs):
    """The inputs, with nothing computed from them before the checks pass."""
    with tf.control_dependencies(checks):
        return [tf.identity(value) for value in inputs]


def _shape_checks(inputs, specs):
    return [_shape_check(value, spec) for value, spec in zip(inputs, specs, strict=True)]


def _shape_check(value, spec):
    """Needed because a server does not compare a request's shapes with the signature's."""
    unknown = tf.raw_ops.PlaceholderWithDefault(input=value, shape=tf.TensorShape(None))
    shape = tf.shape(unknown)  # of the request; the shape of `value` is the signature's
    rank = spec.shape.rank
    expected = tf.constant([-1 if size is None else size for size in spec.shape])
    actual = tf.concat([shape, tf.zeros([rank], tf.int32)], 0)[:rank]
    fits = tf.reduce_all((expected < 0) | (expected == actual)) & (tf.size(shape) == rank)
    sides = ["batch", *("any" if size is None else str(size) for size in spec.shape[1:])]
    form = f"({', '.join(sides)}{',' if rank == 1 else ''})"
    message = f"{spec.name} must have the shape {form}, one row per image; it has the shape"
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
