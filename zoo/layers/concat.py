"""Concatenation of a vector at every pixel."""

from keras import ops


def tile_vector(vector, x):
    """A vector at every pixel of an image, in the image's precision.

    Shapes: vector (batch, n), x (batch, h, w, any) -> (batch, h, w, n).
    """
    vector = ops.cast(vector, x.dtype)[:, None, None, :]
    return ops.broadcast_to(vector, (*ops.shape(x)[:3], ops.shape(vector)[-1]))


def concat_vector(x, vector):
    """The vector after the channels: (batch, h, w, c), (batch, n) -> (batch, h, w, c + n)."""
    return ops.concatenate([x, tile_vector(vector, x)], axis=-1)
