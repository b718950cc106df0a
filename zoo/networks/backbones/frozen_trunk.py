"""Encoders on top of a network that somebody else trained, which stays as it is."""

import keras
from keras import ops


class FrozenTrunk:
    """A mixin of layers with a `trunk` that is never trained and reads pictures of one `size`.

    `trainable_variables` are those of the layer's other parts alone, whatever `trainable` a parent
    sets. The trunk's batch norms still use and update batch statistics when `training=True`. The
    layer sets `trunk` and `align_corners`, which says how pictures are resized (see
    `resize_bilinear`).
    """

    size = None

    @property
    def trainable(self):
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        keras.layers.Layer.trainable.fset(self, value)
        self.trunk.trainable = False

    def resize(self, images):
        """Pictures of any size -> (batch, size, size, 3)."""
        if tuple(images.shape[1:3]) == (self.size, self.size):
            return images
        return resize_bilinear(images, self.size, self.size, self.align_corners)

    def get_config(self):
        return {**super().get_config(), "align_corners": self.align_corners}


def resize_bilinear(images, height, width, align_corners):
    """Bilinear resize without anti-aliasing, exact in the dtype of `images`, as matrix products.

    Args:
        images: float (batch, h, w, c).
        height, width: ints, the new size.
        align_corners: bool. True maps corner pixels onto corner pixels; False maps the corners of
            the picture's frame onto each other (pixel centers at half-integers).

    Returns float (batch, height, width, c).
    """
    rows, columns = (
        ops.cast(_interpolation(old, new, align_corners), images.dtype)
        for old, new in zip(ops.shape(images)[1:3], (height, width), strict=True)
    )
    return ops.einsum("yh,bhwc,xw->byxc", rows, images, columns)


def _interpolation(old, new, align_corners):
    """Weight of old pixel j in new pixel i, float64 (new, old): a hat around the sampling point."""
    i, last = ops.arange(new, dtype="float64"), ops.cast(old - 1, "float64")
    if align_corners:
        points = i * (last / max(new - 1, 1))
    else:
        points = (i + 0.5) * ((last + 1) / new) - 0.5
    points = ops.clip(points, 0, last)
    return ops.relu(1 - ops.abs(points[:, None] - ops.arange(old, dtype="float64")))
