"""What a training batch holds, and the check of one before a step reads it."""

import contextlib
import dataclasses
import functools
import re

import tensorflow as tf

from zoo.errors import ZooError

KINDS = {
    "float": lambda dtype: dtype.is_floating,
    "int": lambda dtype: dtype.is_integer,
}
OVERSHOOT = 0.25  # beyond [-1, 1], which a bicubic resize may add
ASSERTED = re.compile(r"\[A batch of [^\]]*\](?: \[[^\]]*\])+")


@dataclasses.dataclass(frozen=True)
class Field:
    """One tensor of a batch.

    Attributes:
        shape: tuple of int or None, for any size.
        kind: "float" or "int".
        least, greatest: numbers that its values lie between, or None.
    """

    shape: tuple
    kind: str = "float"
    least: float | None = None
    greatest: float | None = None

    @classmethod
    def of_spec(cls, spec):
        """The field of a `tf.TensorSpec`, for values of any size."""
        kind = next(name for name, fits in KINDS.items() if fits(spec.dtype))
        return cls(tuple(spec.shape), kind)

    @property
    def values(self):
        """The range, as words; "" without one."""
        return "" if self.least is None else f" from {self.least} to {self.greatest}"

    def __str__(self):
        sizes = ["batch" if i == 0 else "any" if n is None else str(n)
                 for i, n in enumerate(self.shape)]
        return f"{self.kind} ({', '.join(sizes)}{',' if len(sizes) == 1 else ''}){self.values}"

    def fits(self, value):
        """Whether a tensor has the shape, as far as it is known, and the kind."""
        shape = tf.TensorShape(value.shape)
        return KINDS[self.kind](tf.as_dtype(value.dtype)) and shape.is_compatible_with(self.shape)


def image_field(size, channels=3):
    """The `Field` of images in [-1, 1]."""
    return Field((None, size, size, channels), "float", -1, 1)


def label_field(classes):
    """The `Field` of the numbers of classes."""
    return Field((None,), "int", 0, classes - 1)


def token_field(model):
    """The `Field` of the words of a model's captions."""
    return Field((None, model.max_words), "int", 0, len(model.vocabulary) - 1)


def captioned_images(model):
    """`batch_fields` of a text-to-image model: an image of each size, `labels` and its condition's
    fields."""
    fields = {
        "images": tuple(map(image_field, model.image_sizes)),
        "labels": Field((None,), "int"),
        **{name: Field.of_spec(spec) for name, spec in model.condition.fields.items()},
    }
    if "tokens" in fields:
        fields["tokens"] = token_field(model)
    return fields


def check_fields(system, batch, fields):
    """Raises `ZooError` for the first tensor of a batch that has another shape or type.

    Args:
        system: str, for the message.
        batch: dict of tensors or arrays, or of tuples of them. What it lacks is not checked here.
        fields: dict of name -> `Field`, or a tuple of them: the last ones of the batch's tuple.
    """
    for name, field, value in _pairs(system, batch, fields):
        if not field.fits(value):
            shape = ", ".join("?" if n is None else str(n) for n in tf.TensorShape(value.shape))
            raise ZooError(
                f"A batch of {system}: `{name}` must be {field}, got "
                f"{tf.as_dtype(value.dtype).name} ({shape})."
            )


def checked_values(system, batch, fields, first, parts=1, least=1):
    """The same batch, with its rows and the range of its values checked; in a graph when it runs.

    Args:
        system, fields: see `check_fields`.
        first: bool, whether to print a word on images that seem to be in [0, 1]; later batches may
            by chance have bright images only.
        parts, least: ints. The number of rows must be a multiple of `parts`, and at least `least`.

    Raises:
        ZooError: the rows are too few, or a value is out of its range. From a graph it comes as an
            `InvalidArgumentError`, see `values_explained`.
    """
    pairs = list(_pairs(system, batch, fields))
    checks = [_check_rows(system, value, parts, least) for _, _, value in pairs[:1]]
    for name, field, value in pairs:
        if field.least is None:
            continue
        if field.kind == "int":  # `greatest` may be more than a uint8
            value = tf.cast(value, tf.int64)
        low, high = tf.reduce_min(value), tf.reduce_max(value)
        slack = 0 if field.kind == "int" else OVERSHOOT
        fits = (low >= tf.cast(field.least - slack, low.dtype)) & (
            high <= tf.cast(field.greatest + slack, high.dtype))
        message = f"A batch of {system}: the values of `{name}` must be{field.values}, got"
        if field.kind == "float":
            bright = tf.logical_and(first, (low >= 0) & (high <= 1))
            word = f"{message} none below 0. Are they in [0, 1]? 2 * x - 1 is in [-1, 1]."
            checks += [tf.cond(bright, functools.partial(tf.print, word), tf.no_op)]
        checks.append(_required(fits, message, low, "to", high))
    with tf.control_dependencies([check for check in checks if check is not None]):
        return tf.nest.map_structure(tf.identity, batch)


def _check_rows(system, value, parts, least):
    if parts == least == 1:
        return None
    rows = tf.shape(value)[0]
    wanted = f"at least {least}" if parts == 1 else f"a multiple of {parts}"
    return _required(
        (rows % parts == 0) & (rows >= least),
        f"A batch of {system}: the number of rows must be {wanted}, in the last batch too "
        "(drop_remainder=True leaves an incomplete one out), got", rows,
    )


def _required(fits, message, *found):
    """Raises a `ZooError` of these words unless `fits`; in a graph, an operation that does."""
    if not tf.executing_eagerly():
        return tf.debugging.Assert(fits, [message, *found])
    if not fits:
        words = [one if isinstance(one, str) else f"{one.numpy():g}" for one in found]
        raise ZooError(f"{message} {' '.join(words)}.")


@contextlib.contextmanager
def values_explained():
    """A block in which an error of `checked_values` in a graph becomes a `ZooError`."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        found = ASSERTED.search(error.message)
        if found is None:
            raise
        raise ZooError(f"{found[0][1:-1].replace('] [', ' ')}.") from error


def _pairs(system, batch, fields):
    """(name, `Field`, value) of each tensor that both know."""
    for name, field in fields.items():
        value = batch.get(name)
        if value is None:
            continue
        if not isinstance(field, tuple):
            yield name, field, value
        elif not isinstance(value, tuple | list) or len(value) < len(field):
            raise ZooError(
                f"A batch of {system}: `{name}` must be a tuple of {len(field)}, one per size, got "
                f"{f'one of {len(value)}' if isinstance(value, tuple | list) else 'no tuple'}."
            )
        else:
            last = value[len(value) - len(field):]
            yield from ((name, part, one) for part, one in zip(field, last, strict=True))
