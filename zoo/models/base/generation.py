"""The steps of `ConditionalGAN.generate` and `interpolate`, as functions of the model."""

import warnings

import numpy as np
import tensorflow as tf

from zoo.checks import check_finite
from zoo.errors import WordsLeftOut, ZooError, nearest
from zoo.models.base.arguments import check

COUNT_NAMES = ("images_per_caption", "samples_per_condition")  # of `images_per_condition`


def parse_conditions(model, call, conditions, options):
    """dict of arrays, one row per condition, of the conditions given to `call`.

    Raises:
        ZooError: the model does not have such an option, or does not read such conditions.
    """
    for option in options:
        if option not in model.parse_options:
            known = ("conditions", "seed", "batch_size", *COUNT_NAMES, *model.parse_options)
            raise ZooError(f"{call} has no argument `{option}`.{nearest(option, known)}")
    rows = model.parse(conditions, **options)
    if left_out := model.condition.unread(conditions, rows, **options):
        warnings.warn(left_out, WordsLeftOut, stacklevel=3)
    return rows


def draw_noise(model, seeds):
    """`noise_from_seeds` of int64 (n,), compiled: dict of float32 arrays (n, size)."""
    if not hasattr(model, "_noise_function"):
        signature = [tf.TensorSpec([None], tf.int64)]
        model._noise_function = tf.function(model.noise_from_seeds, signature, autograph=False)
    return {name: value.numpy() for name, value in model._noise_function(seeds).items()}


def run_batched(model, rows, row_of_image, noise, batch_size=None, details=False):
    """`sample_batch` of all images, in batches: dict of arrays.

    Args:
        model: a `ConditionalGAN`.
        rows: dict of arrays, one row per condition.
        row_of_image: int (images,), the row of each image's condition.
        noise: dict of arrays (images, size) as in `noise_sizes`.
        batch_size: int, or None for `default_batch_size`.
        details: bool. Whether to return all outputs, not `images` alone.

    Raises:
        ZooError: `batch_size` is not a positive integer, or the weights are not finite.
    """
    batch_size = model.default_batch_size if batch_size is None else batch_size
    name = type(model).__name__
    check(name, "batch_size", batch_size, default=16)
    check_finite(f"This {name} cannot generate", model.preset_variables())
    if not hasattr(model, "_batch_function"):
        model._batch_function = tf.function(
            model.sample_batch, autograph=False, input_signature=[model.input_signature]
        )
    batches = []
    for start in range(0, len(row_of_image), batch_size):
        part = slice(start, start + batch_size)
        inputs = model.condition.take(rows, row_of_image[part])
        inputs |= {name: value[part] for name, value in noise.items()}
        outputs = model._batch_function(inputs)
        batches.append({n: v.numpy() for n, v in outputs.items() if details or n == "images"})
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
