"""The served functions of a model: conditions and seeds in, images out.

A service is a plain `tf.Module` that holds raw variables, tables and assets, and no Keras object:
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
    """What the SavedModel of a model contains.

    A row's image depends on its own condition and seed only.

    Args:
        model: a `ConditionalGAN`.
        folder: str. Where files are written that become assets of the SavedModel.

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
        # The functions' own lists: exactly the weights that generation reads, each once.
        weights = {id(variable): variable for graph in graphs for variable in graph.variables}
        self.weights = list(weights.values())


def served_condition(model):
    """The model's condition. Raises `ZooError` if the model makes no images."""
    if not isinstance(model, ConditionalGAN):
        raise ZooError(
            "Only models that make images can be exported; this preset is a "
            f"{type(model).__name__}."
        )
    return model.condition


def example_requests(model, sizes=(1, 4)):
    """Requests to warm a server up with, in batches of these sizes.

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
    """A graph of the model: fields of its condition and seeds -> images in [-1, 1]."""
    def sample(fields, seeds):
        images = model.sample(fields, seeds, **options)["images"]
        return images[-1] if isinstance(images, list) else images

    specs = [dict(model.condition.fields), tf.TensorSpec([None], tf.int64)]
    return tf.function(sample, input_signature=specs, autograph=False)


def serving_function(signature, sample):
    """The function of a signature.

    Its outputs are `image`, uint8 (batch, height, width, channels), and `image_bytes`, string
    (batch,), each the PNG file of that image (TensorFlow Serving sends outputs of this name as
    base64). A request of no rows, with unequal numbers of rows, with an input of another shape or
    with numbers that are not finite is an error (INVALID_ARGUMENT) that names the input.

    Args:
        signature: `zoo.conditions.records.Signature`. Nothing is computed from the inputs before
            its `check` holds.
        sample: function of fields and seeds to images in [-1, 1].
    """
    specs = [*signature.inputs, SEED]

    def serve(*inputs):
        for find in (_shape_checks, _row_checks, _finite_checks):
            inputs = _after(find(inputs, specs), inputs)
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
