"""Convolution whose weight is divided by an estimate of its largest singular value.

Spectral normalisation: Miyato et al., arXiv 1802.05957. Checked against MinfengZhu/DM-GAN
code/spectral.py (`SpectralNorm`).
Known deviation: when a layer is called several times before the gradient is taken, the gradient of
each call uses the vectors of that call, as the official code did under PyTorch up to 1.0; under
later versions the same code silently uses the last vectors for all calls.
"""

import math

import keras
from keras import ops

from zoo.layers import initializers

EPSILON = 1e-12  # of the official l2normalize


@keras.saving.register_keras_serializable("zoo")
class SpectralConv2D(keras.layers.Layer):
    """2D convolution with the weight W / sigma, and a bias.

    Every call, in training and in inference alike, first takes one step of power iteration on W,
    seen as a matrix (filters, rest): v <- unit(W'u), u <- unit(Wv), sigma = u.(Wv). The gradient
    flows through W and sigma, with u and v as constants. sigma, u and v are computed in the
    precision of the variables, so in float32 under a mixed policy.

    Args:
        filters: int. Output channels.
        kernel_size: int. Height and width of the kernel.
        strides: int.
        padding: "same" or "valid". On even sizes "same" is one pixel on every side for the kernels
            of the discriminators, 3x3 with stride 1 and 4x4 with stride 2.

    Weights: `kernel` (height, width, channels, filters), orthogonal; `bias` (filters,); and, not
    trainable, `u` (filters,) and `v` (height * width * channels,).

    Shapes: (batch, h, w, channels) -> (batch, new h, new w, filters).
    """

    def __init__(self, filters, kernel_size, strides=1, padding="same", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding

    def build(self, input_shape):
        shape = (self.kernel_size, self.kernel_size, input_shape[-1], self.filters)
        fan_in = math.prod(shape[:-1])
        weight = {"autocast": False}  # sigma is never a quotient of half-precision numbers
        self.kernel = self.add_weight(shape, initializers.orthogonal(), name="kernel", **weight)
        bias = initializers.uniform(fan_in**-0.5)  # the framework's default, kept by the authors
        self.bias = self.add_weight((self.filters,), bias, name="bias", **weight)
        # replicas compute the same vectors from the same weights; their mean keeps them the same
        vector = {**weight, "trainable": False, "aggregation": "mean"}
        self.u = self.add_weight((self.filters,), UnitNormal(), name="u", **vector)
        self.v = self.add_weight((fan_in,), UnitNormal(), name="v", **vector)

    def normalized_kernel(self):
        """One step of power iteration, and W / sigma (height, width, channels, filters) of it."""
        kernel = ops.convert_to_tensor(self.kernel)
        transposed = ops.reshape(kernel, (-1, self.filters))  # W'
        v = ops.stop_gradient(unit(ops.matmul(transposed, ops.convert_to_tensor(self.u))))
        product = ops.matmul(v, transposed)  # Wv
        u = ops.stop_gradient(unit(product))
        self.u.assign(u)
        self.v.assign(v)
        return kernel / ops.sum(u * product)

    def call(self, x):
        kernel = ops.cast(self.normalized_kernel(), self.compute_dtype)
        x = ops.conv(x, kernel, strides=self.strides, padding=self.padding)
        return x + ops.cast(self.bias, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
        }


def unit(vector):
    """The vector at length 1."""
    return vector / (ops.norm(vector) + EPSILON)


class UnitNormal(keras.initializers.RandomNormal):
    """A vector of a random direction and length 1."""

    def __init__(self, seed=None):
        super().__init__(stddev=1.0, seed=seed)

    def __call__(self, shape, dtype=None):
        return unit(super().__call__(shape, dtype))

    def get_config(self):
        return {"seed": self.seed}
