"""Served functions of a model: conditions and seeds to images.

A service is a plain `tf.Module` with raw variables, tables and assets, and without Keras objects:
Keras variables are copied when they are saved, and then only Python's loader finds their values,
not the session loader of TensorFlow Serving.
"""

import numpy as np
import tensorflow as tf

from zoo.conditions.assertions import require
from zoo.conditions.image_serving import GUIDED, PIXELS
from zoo.conditions.records import LIMITS, SERVING_DEFAULT
from zoo.errors import ZooError
from zoo.images.convert import to_uint8
from zoo.models.base.conditional_gan import ConditionalGAN

SEED = tf.TensorSpec([None], tf.int64, name="seed")


SEVERAL = "generate_n"


class Service(tf.Module):
    """The module that is saved as the SavedModel of a model.

    The image of each row depends on its own condition and seed only. `serving_default` gives PNG
    files and `pixels` arrays, see `serving_function`; `generate_n` gives several files per
    condition. A model with directions also has `<direction>`, `<direction>_pixels` and
    `<direction>_generate_n`; the names without a direction are those of the first. A model that
    takes guides also has `guided`, or `<direction>_guided`, which gives files.

    Args:
        model: a `ConditionalGAN`.
        folder: str. The folder for files that become assets of the SavedModel.
        limits: `zoo.conditions.records.Limits` of a request.
        samples: int from 1 to 64. Images per condition of `generate_n`; 1 leaves it out.

    Attributes:
        functions: dict of signature name -> `tf.function`.
    """

    def __init__(self, model, folder, limits=LIMITS, samples=1):
        super().__init__(name="service")
        signatures, self.resources = served_condition(model).serve(folder, limits)
        samplers, functions = {}, {}  # signatures with the same options share a graph of the model
        self.functions = {}
        for name, (source, output) in signature_sources(signatures, samples).items():
            signature = signatures[source]
            options = tuple(sorted(signature.options.items()))
            if options not in samplers:
                samplers[options] = _Sampler(model, signature.options)
            key = id(signature), output
            if key not in functions:
                count = samples if output == SEVERAL else 1
                sample = samplers[options].guided if signature.guided else samplers[options].plain
                answer = _ANSWERS[output](sample, count)
                functions[key] = serving_function(signature, answer, limits.max_batch, count)
            self.functions[name] = functions[key]
        self.weights = _captured_variables(self.functions.values())


def signature_sources(signatures, samples=1):
    """dict of exported name -> (name in `signatures` with the same inputs, output: "image_bytes",
    "image" or "generate_n").

    Args:
        signatures: names of the condition's signatures (a dict or a list).
        samples: int. Images per condition of `generate_n`; 1 leaves it out.

    """
    names = list(signatures)
    pixels = [name for name in names if name.endswith(PIXELS)]
    sources = {n: (n, "image" if n in pixels else "image_bytes") for n in names}
    sources.setdefault(PIXELS, (pixels[0] if pixels else SERVING_DEFAULT, "image"))
    if samples > 1:
        for name in names:
            if name not in pixels and not name.endswith(GUIDED):
                prefix = "" if name == SERVING_DEFAULT else f"{name}_"
                sources[prefix + SEVERAL] = (name, SEVERAL)
    return sources


def _captured_variables(functions):
    """Exactly the variables that generation reads, each once, in the order of the graphs' inputs.

    `graph.variables` has no fixed order.
    """
    found = {}
    for function in functions:
        graph = function.get_concrete_function().graph
        by_handle = {id(variable.handle): variable for variable in graph.variables}
        for handle, _ in graph.captures:
            if id(handle) in by_handle:
                found.setdefault(id(handle), by_handle[id(handle)])
    return list(found.values())


def served_condition(model):
    """The model's condition. Raises `ZooError` if the model generates no images."""
    if not isinstance(model, ConditionalGAN):
        raise ZooError(
            "Only models that generate images can be exported, got a preset of "
            f"{type(model).__name__}."
        )
    return model.condition


def example_requests(model, sizes=(1, 4), samples=1):
    """Warm-up requests for a server, in batches of these sizes.

    Args:
        model: a `ConditionalGAN`.
        sizes: ints, rows of the requests.
        samples: see `Service`.

    Returns:
        list of (signature name, dict of inputs).
    """
    condition, requests = served_condition(model), []
    for size in sizes:
        inputs, seeds = condition.requests(size), np.arange(size, dtype=np.int64)
        for name, (source, _) in signature_sources(inputs, samples).items():
            requests.append((name, {**inputs[source], "seed": seeds}))
    return requests


class _Sampler:
    """The model as one graph, which all signatures with the same options share.

    Args:
        model: a `ConditionalGAN`.
        options: dict, further arguments of its `sample`.
    """

    def __init__(self, model, options):
        self.model, self.options = model, options
        noise = {n: tf.TensorSpec([None, k], tf.float32) for n, k in model.noise_sizes.items()}
        specs = [dict(model.condition.fields), noise]
        self.graph = tf.function(self._sample, input_signature=specs, autograph=False)

    def _sample(self, fields, noise):
        images = self.model.sample(fields, None, **self.options, **noise)["images"]
        return images[-1] if isinstance(images, list) else images

    def plain(self, fields, seeds):
        """Fields of the condition and seeds -> images in [-1, 1]."""
        return self.graph(fields, self.model.noise_from_seeds(seeds))

    def guided(self, fields, seeds):
        """The same with the style of the field `guide`."""
        latents = self.model.latents_from_seeds(seeds)
        latents = self.model.latents_of_guides(fields["guide"], latents, **self.options)
        return self.graph({"source": fields["source"]}, {"latents": latents})


def serving_function(signature, answer, max_batch, samples=1):
    """The function of a signature.

    A request without rows or with too many, with unequal numbers of rows, with an input of another
    shape or with numbers that are not finite raises an error (INVALID_ARGUMENT) that names the
    input.

    Args:
        signature: `zoo.conditions.records.Signature`. Nothing is computed from the inputs before
            its `check` passes.
        answer: function of fields and seeds to the dict of outputs: `image`, uint8 (batch, height,
            width, channels), or `image_bytes`, string (batch,) or (batch, samples), PNG files
            (TensorFlow Serving sends outputs with this suffix as base64).
        max_batch: int, rows of a request.
        samples: int. The seeds `seed` to `seed + samples - 1` are used.
    """
    specs = [*signature.inputs, SEED]

    def serve(*inputs):
        inputs = _after(_shape_checks(inputs, specs), inputs)
        inputs = _after(_row_checks(inputs, specs, max_batch), inputs)
        inputs = _after(_finite_checks(inputs, specs), inputs)
        if samples > 1:
            inputs = _after(_seed_checks(inputs[-1], samples), inputs)
        if signature.check is not None:
            inputs = _after(signature.check(*inputs[:-1]), inputs)
        *condition, seeds = inputs
        return answer(signature.to_fields(*condition), seeds)

    return tf.function(serve, input_signature=specs, autograph=False)


def _pixels(sample, samples=1):
    return lambda fields, seeds: {"image": _image(sample, fields, seeds)}


def _files(sample, samples=1):
    return lambda fields, seeds: {"image_bytes": encode_files(_image(sample, fields, seeds))}


def _several(sample, samples):
    """PNG files (batch, samples); image k of a row has the seed `seed + k`, as in `generate`. One
    batch after another, so that it needs little more memory than one image per condition."""
    def answer(fields, seeds):
        files = tf.map_fn(
            lambda k: encode_files(_image(sample, fields, seeds + k)),
            tf.range(samples, dtype=tf.int64),
            fn_output_signature=tf.TensorSpec([None], tf.string), parallel_iterations=1,
        )
        return {"image_bytes": tf.ensure_shape(tf.transpose(files), [None, samples])}

    return answer


_ANSWERS = {"image": _pixels, "image_bytes": _files, SEVERAL: _several}


def _image(sample, fields, seeds):
    return to_uint8(tf.cast(sample(fields, seeds), tf.float32))


def encode_files(images):
    """uint8 (batch, h, w, channels) -> string (batch,), the PNG file of each image."""
    return tf.map_fn(tf.io.encode_png, images, fn_output_signature=tf.TensorSpec([], tf.string))


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


def _row_checks(inputs, specs, max_batch):
    names = [spec.name for spec in specs]
    rows = [tf.shape(value)[0] for value in inputs]
    most = f"{names[0]} must have at most {max_batch} rows, the max_batch of this export; it has"
    checks = [
        require(rows[0] > 0, f"{names[0]} must hold at least one row; it is empty"),
        require(rows[0] <= max_batch, most, rows[0]),
    ]
    message = f"{' and '.join(names)} must have the same number of rows; they have"
    return checks + [
        require(tf.reduce_all(tf.equal(rows, rows[0])), message, tf.stack(rows))
    ]


def _seed_checks(seeds, samples):
    last = tf.int64.max - (samples - 1)
    message = f"seed must be at most {last}, since the {samples - 1} after it are used too; it is"
    return [require(tf.reduce_all(seeds <= last), message, tf.reduce_max(seeds))]


def _finite_checks(inputs, specs):
    return [
        require(
            tf.reduce_all(tf.math.is_finite(value)),
            f"{spec.name} must be finite numbers; there is a NaN or an infinity in it",
        )
        for value, spec in zip(inputs, specs, strict=True) if spec.dtype.is_floating
    ]
