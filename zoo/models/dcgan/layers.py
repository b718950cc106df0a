"""Layers that the generator and the discriminator of the label-conditional DCGAN share."""

import keras
from keras import ops

from zoo.errors import ZooError
from zoo.layers import initializers
from zoo.layers.batch_normalization import BatchNormalization
from zoo.layers.concat import concat_vector

GAMMAS = ("ones", "uniform")


def check_image_size(image_size):
    """The number of downsamplings from an image to 4x4.

    Raises:
        ZooError: the size is not a power of two of at least 16.
    """
    if image_size < 16 or image_size & (image_size - 1):
        raise ZooError(f"`image_size` must be a power of two of at least 16, got {image_size}.")
    return image_size.bit_length() - 3


def weights(inputs):
    """Initializers of a 4x4 convolution with so many input channels.

    The kernel is N(0, 0.02); the bias has the default of PyTorch 0.4, U(-b, b) with b = (16
    inputs)^-1/2, for transposed convolutions too.
    """
    return {
        "kernel_initializer": initializers.normal(0.02),
        "bias_initializer": initializers.uniform((16 * inputs) ** -0.5),
    }


def batch_norm(gamma_initialization, **kwargs):
    """Batch normalization whose scale starts at 1 ("ones") or at U(0, 1) ("uniform").

    U(0, 1) is the default of PyTorch before 1.2, and so of the official code.
    """
    gamma = "ones"
    if gamma_initialization == "uniform":
        gamma = keras.initializers.RandomUniform(0.0, 1.0)
    return BatchNormalization(gamma_initializer=gamma, **kwargs)


def concat_labels(x, labels, classes):
    """The one-hot label after the channels of every pixel.

    Shapes: (batch, h, w, c), labels int (batch,) -> (batch, h, w, c + classes).
    """
    return concat_vector(x, ops.one_hot(labels, classes, dtype=x.dtype))
