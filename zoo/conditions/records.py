"""Records that conditions pass to programs and servers."""

import dataclasses

import numpy as np

SERVING_DEFAULT = "serving_default"


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds of a served request, all checked inside the graph.

    Attributes:
        max_batch: int. Rows of a request, or of requests that a server joins.
        max_pixels: int. Pixels of each image of the request, read from the file's header before it
            is decoded.
        max_caption_bytes: int. Bytes of each caption.
    """

    max_batch: int = 64
    max_pixels: int = 2**25
    max_caption_bytes: int = 2**14


LIMITS = Limits()


@dataclasses.dataclass(frozen=True)
class Signature:
    """One signature of a server.

    Attributes:
        inputs: list of named `tf.TensorSpec`s, all (batch, ...); the seeds are not among them.
        to_fields: function of the inputs to a dict of the condition's `fields`.
        check: None, or a function of the inputs to a list of assertions, see
            `zoo.conditions.assertions`.
        options: dict, further arguments of the model's `sample`.
        guided: bool. Whether the fields have a `guide`, whose style is used: an image of the target
            domain, float (batch, size, size, channels) in [-1, 1]; see the models' method
            `latents_of_guides`.
    """

    inputs: list
    to_fields: object
    check: object = None
    options: dict = dataclasses.field(default_factory=dict)
    guided: bool = False


@dataclasses.dataclass
class Given:
    """Conditions given to a program on the command line.

    Attributes:
        values: the conditions, as the model's `generate` takes them.
        names: list of str, one per condition.
        options: dict, further arguments of `generate` and `interpolate`.
        sources: uint8 (conditions, h, w, channels), the images to translate, or None.
        examples: path of the images that `generate_like` takes the latent from, or None.
        files: list of str, the images to describe, or None where images are generated.
        single: why each condition has only one image, whatever the seed; "" if it can have many.
        unread: a sentence about the words that the model left out; "" if it reads all.
    """

    values: object
    names: list
    options: dict = dataclasses.field(default_factory=dict)
    sources: np.ndarray | None = None
    examples: str | None = None
    files: list | None = None
    single: str = ""
    unread: str = ""


def row_count(rows):
    """The number of rows of `parse`; 1 for a model without conditions."""
    return max(map(len, rows.values()), default=1)


def shown(value):
    """A value as shown in a message: an array by its shape."""
    shape = getattr(value, "shape", None)
    return repr(value)[:80] if shape is None else f"an array of shape {tuple(shape)}"


def parts(text):
    """The parts of a text between semicolons."""
    return [part.strip() for part in text.split(";")]
