"""Color consistency between the images of neighboring stages.

Paper: StackGAN++, arXiv 1710.10916, section 4.3. Checked against hanzhanggit/StackGAN-v2
    code/trainer.py (`compute_mean_covariance`, `train_Gnet`).
"""

from keras import ops

from zoo.precision import at_least_float32


def color_statistics(images):
    """Mean color and color covariance of each image.

    The covariance is biased: the divisor is the number of pixels.

    Shapes: images (batch, h, w, c) -> (batch, c), (batch, c, c), at least float32.
    """
    batch, height, width, channels = ops.shape(images)
    pixels = ops.reshape(at_least_float32(images), (batch, height * width, channels))
    mean = ops.mean(pixels, axis=1, keepdims=True)
    centered = pixels - mean
    covariance = ops.matmul(ops.transpose(centered, (0, 2, 1)), centered) / (height * width)
    return mean[:, 0], covariance


def color_differences(images, others):
    """Mean squared differences of two batches' mean colors and color covariances, two scalars.

    The image sizes may differ.
    """
    pairs = zip(color_statistics(images), color_statistics(others), strict=True)
    return tuple(ops.mean(ops.square(a - b)) for a, b in pairs)


def color_consistency_loss(images):
    """Sum over neighboring stages of (difference of means) + 5 (difference of covariances).

    The gradient flows to the larger image of each pair only. A single stage gives 0.

    Args:
        images: list of float (batch, size, size, 3) of the same samples, lowest resolution first.

    Returns:
        A scalar, at least float32.
    """
    total = 0.0
    for smaller, larger in zip(images, images[1:], strict=False):
        means, covariances = color_differences(larger, ops.stop_gradient(smaller))
        total = total + means + 5 * covariances
    return ops.convert_to_tensor(total)
