"""Spectrally normalized layers: the weight is divided by its estimated largest singular value.

Paper: Miyato et al., arXiv 1802.05957. The papers' codes differ in the update of the vectors:

- `SpectralConv2D`, MinfengZhu/DM-GAN code/spectral.py (`SpectralNorm`): vectors u and v, updated in
  every call, in training and in inference;
- `TorchSpectralConv2D`, HelenMao/MSGAN DRIT-Mode-Seeking (`torch.nn.utils.spectral_norm`): u and v,
  updated only in training;
- `SpectralLinear`, google-research/xmcgan_image_generation xmcgan/libml/layers.py (`SpectralDense`,
  `SpectralConv`): one vector u, updated if the caller says so; other guards against zero.

Known deviation: if a layer is called several times before the gradient is computed, the gradient of
each call uses the vectors of that call, as in the official code with PyTorch up to 1.0; with later
versions the same code silently uses the last vectors for all calls.
"""

import math

import keras
from keras import ops

from zoo.layers import initializers
from zoo.layers.padded_convolution import reflect_pad
from zoo.layers.upsampling import upsampled_conv3x3

EPSILON = 1e-12  # of the official l2normalize
LINEAR_EPSILON = 1e-10


@keras.saving.register_keras_serializable("zoo")
class SpectralConv2D(keras.layers.Layer):
    """2D convolution with the weight W / sigma, and a bias.

    Every call, in training and in inference, first performs one step of power iteration on W as a
    matrix (filters, rest): v <- unit(W'u), u <- unit(Wv), sigma = u.(Wv). The gradient flows
    through W and sigma, with u and v as constants. sigma, u and v are computed in the precision of
    the variables, so in float32 with a mixed policy.

    Args:
        filters: int. Output channels.
        kernel_size: int. Height and width of the kernel.
        strides: int.
        padding: "same" or "valid". For even sizes "same" is one pixel on every side for the kernels
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
        weight = {"autocast": False}  # sigma is never computed in half precision
        self.kernel = self.add_weight(shape, initializers.orthogonal(), name="kernel", **weight)
        bias = initializers.uniform(fan_in**-0.5)  # the framework's default, kept by the authors
        self.bias = self.add_weight((self.filters,), bias, name="bias", **weight)
        # replicas compute the same vectors from the same weights, and their mean is the same
        vector = {**weight, "trainable": False, "aggregation": "mean"}
        self.u = self.add_weight((self.filters,), UnitNormal(), name="u", **vector)
        self.v = self.add_weight((fan_in,), UnitNormal(), name="v", **vector)

    def normalized_kernel(self):
        """W / sigma (height, width, channels, filters) after one step of power iteration."""
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

    def compute_output_shape(self, input_shape):
        batch, *size, _ = input_shape
        lost = 0 if self.padding == "same" else self.kernel_size - 1
        size = (None if n is None else (n - lost - 1) // self.strides + 1 for n in size)
        return batch, *size, self.filters

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
        }


@keras.saving.register_keras_serializable("zoo")
class TorchSpectralConv2D(SpectralConv2D):
    """`SpectralConv2D` as in `torch.nn.utils.spectral_norm`.

    The same maths, but only a call in training performs a step of power iteration; others divide by
    the sigma of the current vectors. The input has reflection padding of `pad` pixels; the kernel
    is initialized with N(0, 0.02).

    Known deviation: outside training the official code uses the normalized weight of the last
    training call, which is one optimizer step older than the weight itself.
    """

    def __init__(self, filters, kernel_size, strides=1, pad=0, **kwargs):
        super().__init__(filters, kernel_size, strides, **{**kwargs, "padding": "valid"})
        self.pad = pad

    def build(self, input_shape):
        super().build(input_shape)
        self.kernel.assign(initializers.normal(0.02)(self.kernel.shape, self.kernel.dtype))

    def call(self, x, training=False):
        kernel = self.normalized_kernel() if training else self.divided_kernel()
        if self.pad:
            x = reflect_pad(x, self.pad)
        x = ops.conv(x, ops.cast(kernel, self.compute_dtype), self.strides, "valid")
        return x + ops.cast(self.bias, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        batch, *size, channels = input_shape
        size = (None if n is None else n + 2 * self.pad for n in size)
        return super().compute_output_shape((batch, *size, channels))

    def divided_kernel(self):
        """W / sigma of the vectors of the last training call."""
        kernel = ops.convert_to_tensor(self.kernel)
        transposed = ops.reshape(kernel, (-1, self.filters))
        sigma = ops.matmul(ops.matmul(ops.convert_to_tensor(self.v), transposed), self.u)
        return kernel / sigma

    def get_config(self):
        return {**super().get_config(), "pad": self.pad}


@keras.saving.register_keras_serializable("zoo")
class SpectralLinear(keras.layers.Layer):
    """Dense layer or convolution (stride 1, same padding), optionally spectrally normalized.

    The normalized kernel is W / sigma. Every call performs one step of power iteration on W as a
    matrix (rest, units): v <- unit(W u), u <- unit(v W), sigma = v W u'. The gradient flows through
    W and sigma, with u and v as constants; the new u is stored only if the caller says so. All of
    this is computed in the precision of the variables, so in float32 with a mixed policy.

    Args:
        units: int. Output channels.
        size: int or None. Height and width of a convolution's kernel; None for a dense layer.
        spectral: bool. Whether the kernel is normalized.
        use_bias: bool.
        upsampled: bool. Whether a 3x3 convolution's input is doubled in size first, by nearest
            neighbor.

    Weights: `kernel` (channels, units) or (size, size, channels, units), Glorot normal; `bias`
    (units,), zero; and, with normalization, not trainable, `u` (units,).

    Shapes: (batch, ..., channels) -> (batch, ..., units), of twice the height and width if
        `upsampled`.
    """

    def __init__(
        self, units, size=None, spectral=False, use_bias=True, upsampled=False, **kwargs
    ):
        super().__init__(**kwargs)
        self.units = units
        self.size = size
        self.spectral = spectral
        self.use_bias = use_bias
        self.upsampled = upsampled

    def build(self, input_shape):
        window = () if self.size is None else (self.size, self.size)
        shape, weight = (*window, input_shape[-1], self.units), {"autocast": False}
        self.kernel = self.add_weight(shape, "glorot_normal", name="kernel", **weight)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight((self.units,), "zeros", name="bias", **weight)
        if self.spectral:
            # replicas compute the same vector from the same weights, and their mean is the same
            self.u = self.add_weight(
                (self.units,),
                keras.initializers.RandomNormal(stddev=0.01),
                name="u",
                trainable=False,
                aggregation="mean",
                **weight,
            )

    def normalized_kernel(self, update=False):
        """W / sigma after one step of power iteration; `update` stores the new vector."""
        kernel = ops.convert_to_tensor(self.kernel)
        matrix = ops.reshape(kernel, (-1, self.units))
        v = ops.stop_gradient(_flax_unit(ops.matmul(matrix, ops.convert_to_tensor(self.u))))
        product = ops.matmul(v, matrix)
        u = ops.stop_gradient(_flax_unit(product))
        if update:
            self.u.assign(u)
        return kernel / (ops.sum(product * u) + LINEAR_EPSILON)

    def call(self, x, update=False):
        kernel = self.normalized_kernel(update) if self.spectral else self.kernel
        if self.upsampled:
            y = upsampled_conv3x3(x, ops.convert_to_tensor(kernel))
        elif self.size is None:
            y = ops.matmul(x, ops.cast(kernel, self.compute_dtype))
        else:
            y = ops.conv(x, ops.cast(kernel, self.compute_dtype), padding="same")
        return y if self.bias is None else y + ops.cast(self.bias, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        batch, *size = input_shape[:-1]
        if self.upsampled:
            size = (None if n is None else 2 * n for n in size)
        return batch, *size, self.units

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "size": self.size,
            "spectral": self.spectral,
            "use_bias": self.use_bias,
            "upsampled": self.upsampled,
        }


def unit(vector):
    """The vector scaled to length 1."""
    return vector / (ops.norm(vector) + EPSILON)


class UnitNormal(keras.initializers.RandomNormal):
    """A vector with a random direction and length 1."""

    def __init__(self, seed=None):
        super().__init__(stddev=1.0, seed=seed)

    def __call__(self, shape, dtype=None):
        return unit(super().__call__(shape, dtype))

    def get_config(self):
        return {"seed": self.seed}


def _flax_unit(vector):
    return vector * ops.rsqrt(ops.sum(ops.square(vector)) + LINEAR_EPSILON)
