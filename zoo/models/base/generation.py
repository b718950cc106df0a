"""The steps of `ConditionalGAN.generate` and `interpolate`, as functions of the model."""

import functools
import warnings

import numpy as np
import tensorflow as tf

from zoo.checks import check_finite
from zoo.errors import WordsLeftOut, ZooError, nearest
from zoo.images.convert import to_uint8
from zoo.models.base.arguments import check

COUNT_NAMES = ("images_per_caption", "samples_per_condition")  # of `images_per_condition`


def parse_conditions(model, call, conditions, options):
    """dict of arrays, one row per condition, of the conditions given to `call`.

    Raises:
        ZooError: the model does not have such an option, or does not read such conditions.
    """
    for option in options:
        if option not in model.parse_options:
            raise ZooError(f"{call} has no argument `{option}`.{_accepted(model, call, option)}")
    rows = model.parse(conditions, **options)
    if left_out := model.condition.unread(conditions, rows, **options):
        warnings.warn(left_out, WordsLeftOut, stacklevel=3)
    return rows


def _accepted(model, call, option):
    """A sentence with the argument nearest to `option`, or else all that `call` takes."""
    condition, method = model.condition, call.rpartition(".")[2]
    count = condition.count_argument if method == "generate" else "steps"
    more = ("return_details", *COUNT_NAMES) if method == "generate" else ()
    listed = (condition.argument, count, "seed", "batch_size", *more[:1], *model.parse_options)
    guess = nearest(option, ("conditions", *listed, *more))
    return guess or f" It takes {', '.join(dict.fromkeys(listed))}."


def draw_noise(model, seeds):
    """`noise_from_seeds` of int64 (n,), compiled: dict of float32 arrays (n, size)."""
    if not hasattr(model, "_noise_function"):
        model._noise_function = _traced(model.noise_from_seeds, tf.TensorSpec([None], tf.int64))
    return {name: value.numpy() for name, value in model._noise_function(seeds).items()}


def check_interpolates(model, steps):
    """Raises `ZooError` for a model without a latent, or fewer than two `steps`."""
    if not model.latent_dim:
        raise ZooError("This model has no latent to interpolate (latent_dim is 0).")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 2:
        raise ZooError(f"steps must be an integer of at least 2, got {steps!r}.")


def noise_between(model, seeds, steps):
    """The noise of images between the latents of each seed and the next, evenly spaced.

    Args:
        seeds: int64 (conditions,).
        steps: int.

    Returns:
        (int (conditions * steps,), the condition of each image; dict of float32 arrays
        (conditions * steps, size), the noise).
    """
    noise, after = draw_noise(model, seeds), draw_noise(model, seeds + 1)
    start, end = noise["latents"][:, None], after["latents"][:, None]
    t = np.linspace(0, 1, steps, dtype=np.float32)[None, :, None]
    noise = {name: value.repeat(steps, axis=0) for name, value in noise.items()}
    noise["latents"] = ((1 - t) * start + t * end).reshape(-1, model.latent_dim)
    return np.repeat(np.arange(len(seeds)), steps), noise


def _compiled(model):
    """`sample_batch`, compiled: the outputs with `images` in uint8, and whether all were finite."""

    def batch(inputs):
        outputs = model.sample_batch(inputs)
        images = outputs["images"]
        return {**outputs, "images": to_uint8(images)}, tf.reduce_all(tf.math.is_finite(images))

    return _traced(batch, model.input_signature)


def _traced(function, signature):
    """The `tf.function` of a model. TensorFlow counts the traces of all functions with the same
    code together, and warns of several models in one program: those of a partial are its own."""
    return tf.function(functools.partial(function), autograph=False, input_signature=[signature])


def run_batched(model, rows, row_of_image, noise, batch_size=None, details=False):
    """`sample_batch` of all images, in batches: dict of arrays, of which `images` are uint8.

    Args:
        model: a `ConditionalGAN`.
        rows: dict of arrays, one row per condition.
        row_of_image: int (images,), the row of each image's condition.
        noise: dict of arrays (images, size) as in `noise_sizes`.
        batch_size: int, or None for `default_batch_size`.
        details: bool. Whether to return all outputs, not `images` alone.

    Raises:
        ZooError: `batch_size` is not a positive integer, or the weights or images are not finite.
    """
    batch_size = model.default_batch_size if batch_size is None else batch_size
    name = type(model).__name__
    check(name, "batch_size", batch_size, default=16)
    refused = f"This {name} cannot generate"
    if not hasattr(model, "_batch_function"):  # large weights are checked once; images always
        check_finite(refused, model.preset_variables())
        model._batch_function = _compiled(model)
    batches = []
    for start in range(0, len(row_of_image), batch_size):
        part = slice(start, start + batch_size)
        inputs = model.condition.take(rows, row_of_image[part])
        inputs |= {name: value[part] for name, value in noise.items()}
        outputs, finite = model._batch_function(inputs)
        if not finite:
            check_finite(refused, model.preset_variables())
            raise ZooError(f"{refused}: an image is not finite, although all of its weights are.")
        batches.append({n: v.numpy() for n, v in outputs.items() if details or n == "images"})
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
