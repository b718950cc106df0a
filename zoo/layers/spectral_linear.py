"""Dense layers and convolutions that may be divided by an estimate of their largest singular value.

Spectral normalisation: Miyato et al., arXiv 1802.05957. Checked against
google-research/xmcgan_image_generation xmcgan/libml/layers.py (`SpectralDense`, `SpectralConv`).
It differs from `zoo.layers.spectral_normalization`, where other authors' rule is: one vector is
kept, it moves in training only, and the guards against zero stand elsewhere.
"""

import keras
from keras import ops

EPSILON = 1e-10


@keras.saving.register_keras_serializable("zoo")
class SpectralLinear(keras.layers.Layer):
    """Dense layer or convolution (stride 1, same padding), with spectral normalisation or without.

    With it the kernel is W / sigma. Every call takes one step of power iteration on W, seen as a
    matrix (rest, units): v <- unit(W u), u <- unit(v W), sigma = v W u'. The gradient flows through
    W and sigma, with u and v as constants; the new u is kept only where the caller says so. All of
    it is computed in the precision of the variables, so in float32 under a mixed policy.

    Args:
        units: int. Output channels.
        size: int or None. Height and width of a convolution's kernel; None for a dense layer.
        spectral: bool. Whether there is a normalisation.
        use_bias: bool.

    Weights: `kernel` (channels, units) or (size, size, channels, units), Glorot normal; `bias`
    (units,), zero; and, with normalisation, not trainable, `u` (units,).

    Shapes: (batch, ..., channels) -> (batch, ..., units).
    """

    def __init__(self, units, size=None, spectral=False, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.size = size
        self.spectral = spectral
        self.use_bias = use_bias

    def build(self, input_shape):
        window = () if self.size is None else (self.size, self.size)
        shape, weight = (*window, input_shape[-1], self.units), {"autocast": False}
        self.kernel = self.add_weight(shape, "glorot_normal", name="kernel", **weight)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight((self.units,), "zeros", name="bias", **weight)
        if self.spectral:
            # replicas compute the same vector from the same weights; their mean keeps it the same
            self.u = self.add_weight(
                (self.units,),
                keras.initializers.RandomNormal(stddev=0.01),
                name="u",
                trainable=False,
                aggregation="mean",
                **weight,
            )

    def normalized_kernel(self, update=False):
        """One step of power iteration, and W / sigma of it; `update` keeps the new vector."""
        kernel = ops.convert_to_tensor(self.kernel)
        matrix = ops.reshape(kernel, (-1, self.units))
        v = ops.stop_gradient(_unit(ops.matmul(matrix, ops.convert_to_tensor(self.u))))
        product = ops.matmul(v, matrix)
        u = ops.stop_gradient(_unit(product))
        if update:
            self.u.assign(u)
        return kernel / (ops.sum(product * u) + EPSILON)

    def call(self, x, update=False):
        kernel = self.normalized_kernel(update) if self.spectral else self.kernel
        kernel = ops.cast(kernel, self.compute_dtype)
        y = ops.matmul(x, kernel) if self.size is None else ops.conv(x, kernel, padding="same")
        return y if self.bias is None else y + ops.cast(self.bias, self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "size": self.size,
            "spectral": self.spectral,
            "use_bias": self.use_bias,
        }


def _unit(vector):
    return vector * ops.rsqrt(ops.sum(ops.square(vector)) + EPSILON)
