"""Networks whose variables are made without running their layers, or without initial values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.precision import computing_in
from zoo.layers import spectral_normalization as spectral
from zoo.layers.batch_normalization import BatchNormalization, FlaxBatchNorm
from zoo.layers.initializers import orthogonal
from zoo.layers.instance_normalization import InstanceNormalization
from zoo.layers.lstm_cell import LSTMCell
from zoo.layers.padded_convolution import PaddedConv2D
from zoo.layers.stackgan_blocks import ConvGLU, ResidualBlock, UpsampledConv3x3
from zoo.models.drit.blocks import ImageLayerNorm
from zoo.networks.build import build_on, symbolic_input, without_values

LAYERS = {
    "batch_norm": (BatchNormalization, (2, 5, 7, 4)),
    "batch_norm_of_vectors": (BatchNormalization, (2, 4)),
    "flax_batch_norm": (FlaxBatchNorm, (2, 5, 7, 4)),
    "instance_norm": (InstanceNormalization, (2, 5, 7, 4)),
    "image_layer_norm": (ImageLayerNorm, (2, 5, 7, 4)),
    "upsampled": (lambda: UpsampledConv3x3(6), (2, 5, 7, 4)),
    "upsampled_large": (lambda: UpsampledConv3x3(6), (2, 17, 16, 4)),
    "padded": (lambda: PaddedConv2D(6, 4, 2, 1), (2, 8, 7, 4)),
    "reflected": (lambda: PaddedConv2D(6, 7, 1, 3, "reflect"), (2, 8, 7, 4)),
    "spectral": (lambda: spectral.SpectralConv2D(6, 3), (2, 8, 7, 4)),
    "spectral_strided": (lambda: spectral.SpectralConv2D(6, 4, 2), (2, 8, 7, 4)),
    "spectral_valid": (lambda: spectral.SpectralConv2D(6, 4, 2, "valid"), (2, 9, 8, 4)),
    "spectral_reflected": (lambda: spectral.TorchSpectralConv2D(6, 3, 2, 1), (2, 9, 8, 4)),
    "linear": (lambda: spectral.SpectralLinear(6, spectral=True), (2, 4)),
    "linear_at_positions": (lambda: spectral.SpectralLinear(6, 1), (2, 5, 7, 4)),
    "linear_convolution": (lambda: spectral.SpectralLinear(6, 3), (2, 5, 7, 4)),
}


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_knows_the_shape_and_type_of_its_result(name, dtype):
    make, shape = LAYERS[name]
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        layer = make()
        result = layer(tf.random.stateless_normal(shape, [1, 2]))
        known = layer.compute_output_spec(symbolic_input(*shape))
    finally:
        keras.config.set_dtype_policy(before)
    assert tuple(known.shape) == tuple(result.shape)
    assert known.dtype == keras.backend.standardize_dtype(result.dtype)
    if len(shape) == 4:
        unknown = layer.compute_output_shape((None, None, None, shape[-1]))
        assert tuple(unknown) == (None, None, None, result.shape[-1])


class Network(keras.layers.Layer):
    """Parts made in `__init__` and in `build`, at two depths, and a recurrent one."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.conv = ConvGLU(4, upsample=True, name="up")
        self.block = ResidualBlock(name="block")
        self.down = spectral.SpectralConv2D(3, 4, 2, name="down")
        self.words = keras.layers.RNN(LSTMCell(5, name="cell"), return_state=True, name="words")

    def build(self, images_shape, words_shape):
        self.late = keras.layers.Dense(images_shape[-1], name="late")

    def call(self, images, words, training=False):
        x = self.block(self.conv(images, training=training), training=training)
        last, *state = self.words(words)
        assert len(state) == 2 and last.shape == state[0].shape
        return self.late(tf.concat([tf.reduce_mean(self.down(x), [1, 2]), last], -1))


INPUTS = (2, 8, 8, 3), (2, 6, 4)


def called(network):
    network(*(tf.zeros(shape, keras.config.floatx()) for shape in INPUTS))


def built(network):
    build_on(network, *(symbolic_input(*shape) for shape in INPUTS))


def made(make):
    """(network, dict of path -> first value), where `make(network)` creates the variables."""
    keras.utils.set_random_seed(5)
    network = Network(name="network")
    make(network)
    variables = (v for v in network.variables if not v.path.startswith("seed_generator"))
    return network, {v.path: v.numpy() for v in variables}


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_variables_are_those_of_a_first_call(precision):
    with computing_in(precision):
        (other, want), (network, got) = made(called), made(built)
        assert list(got) == list(want) and len(got) == 25
        moved = {"network/down/u", "network/down/v"}  # by the call, also outside training
        for path in set(want) - moved:
            assert got[path].dtype == want[path].dtype
            np.testing.assert_array_equal(got[path], want[path], err_msg=path)
        for mine, theirs in zip(network.variables, other.variables, strict=True):
            theirs.assign(mine)
        rng = np.random.default_rng(1)
        inputs = [tf.constant(rng.normal(size=shape), precision) for shape in INPUTS]
        np.testing.assert_array_equal(network(*inputs), other(*inputs))


def test_layers_are_left_as_they_were():
    network, _ = made(built)
    layers = list(network._flatten_layers())
    names = {"up", "block", "gated", "norm", "down", "words", "cell", "late"}
    assert names <= {layer.name for layer in layers}
    assert all(layer.built for layer in layers)
    assert not [layer.name for layer in layers if "call" in vars(layer)]


class Failing(Network):
    def call(self, images, words):
        self.block(self.conv(images))
        raise ValueError("Words are missing.")


def test_layers_are_left_as_they_were_after_an_error():
    network = Failing(name="network")
    with pytest.raises(ValueError, match="Words are missing"):
        built(network)
    assert not [layer.name for layer in network._flatten_layers() if "call" in vars(layer)]


def test_random_values_are_zeros_inside_only():
    def values():
        layer = keras.layers.Dense(64, kernel_initializer=orthogonal(), bias_initializer="ones")
        layer.build((None, 256))
        return [np.asarray(v) for v in layer.weights]

    with without_values():
        assert not any(value.any() for value in values())
    kernel, bias = values()
    assert kernel.any() and bias.all()
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(64), atol=1e-5)
