"""Differentiable bilinear resizing of batches, as two matrix products.

Exact in the dtype of the images (`tf.image.resize` computes in float32 only), for static and
dynamic shapes. For Pillow's integer arithmetic see `zoo.images.resample`, for float64 arrays
`zoo.metrics.bilinear`.
"""

from keras import ops


def resize_bilinear(images, height, width, align_corners=False, antialias=False):
    """Bilinear resizing of a batch.

    Args:
        images: float (batch, h, w, c).
        height, width: ints, the new size in pixels.
        align_corners: bool. True aligns the centers of the corner pixels; False aligns the corners
            of the image frames (pixel centers at half-integers).
        antialias: bool. Widens the triangle kernel along an axis that shrinks, as
            `jax.image.resize` does.

    Returns:
        float (batch, height, width, c), the same dtype.
    """
    if tuple(images.shape[1:3]) == (height, width):
        return images
    rows, columns = (
        ops.cast(_weights(old, new, align_corners, antialias), images.dtype)
        for old, new in zip(ops.shape(images)[1:3], (height, width), strict=True)
    )
    return ops.einsum("yh,bhwc,xw->byxc", rows, images, columns)


def _weights(old, new, align_corners, antialias):
    """Weight of old pixel j in new pixel i, float64 (new, old): a hat around the sampling point."""
    i, j = ops.arange(new, dtype="float64"), ops.arange(old, dtype="float64")
    length = ops.cast(old, "float64")
    if align_corners:
        points = i * ((length - 1) / max(new - 1, 1))
    else:
        points = (i + 0.5) * (length / new) - 0.5
    if not antialias:
        points = ops.clip(points, 0, length - 1)
        return ops.relu(1 - ops.abs(points[:, None] - j))
    reach = ops.maximum(length / new, 1.0)
    hats = ops.relu(1 - ops.abs(points[:, None] - j) / reach)
    return hats / ops.sum(hats, axis=1, keepdims=True)
