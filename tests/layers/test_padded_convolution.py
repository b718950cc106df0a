"""Padding, pooling and upsampling as in the papers' framework."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.graphs import convolution_paddings
from zoo.layers.padded_convolution import PaddedConv2D, double_size, half_size, reflect_pad


def make_images(height, width, channels=3, batch=2):
    rng = np.random.default_rng(height * 100 + width)
    return tf.constant(rng.normal(size=(batch, height, width, channels)), tf.float32)


@pytest.mark.parametrize("mode", ["zeros", "reflect"])
@pytest.mark.parametrize(("size", "stride"), [(3, 1), (3, 2), (4, 1), (4, 2)])
@pytest.mark.parametrize("shape", [(8, 6), (7, 9), (7, 6)])
def test_pads_every_side_alike(mode, size, stride, shape):
    layer, x = PaddedConv2D(5, size, stride, pad=1, mode=mode), make_images(*shape)
    y = layer(x)
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], "constant" if mode == "zeros" else mode)
    plain = keras.layers.Conv2D(5, size, strides=stride)
    plain.build(padded.shape)
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(y, plain(padded), atol=1e-5)
    assert layer.compute_output_shape(x.shape) == tuple(y.shape)


@pytest.mark.parametrize("size", [(None, None), (8, 8), (7, 9)])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (4, 1), (4, 2)])
def test_gradients_without_explicit_padding(size, kernel, stride):
    """Explicit padding would give the gradients to a CPU kernel many times slower."""
    layer = PaddedConv2D(5, kernel, stride, pad=1)
    layer.build((2, *size, 3))

    @tf.function(input_signature=[tf.TensorSpec((2, *size, 3))], autograph=False)
    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, [x, layer.kernel.value])

    convolutions = convolution_paddings(step.get_concrete_function())
    assert len(convolutions) == 3 and b"EXPLICIT" not in convolutions


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("pad", "shape"), [
    (1, (4, 7)), (1, (3, 5)), (1, (2, 2)), (3, (8, 9)), (3, (7, 9)), (3, (4, 4)),
])
def test_reflect_pad_and_its_gradients_are_those_of_tensorflow(pad, known, shape):
    x, edges = make_images(*shape), [[0, 0], [pad, pad], [pad, pad], [0, 0]]
    weights = make_images(*(n + 2 * pad for n in shape))

    @tf.function(input_signature=[tf.TensorSpec((2, *(shape if known else (None, None)), 3))])
    def derivatives(x):
        """Of both: the images, a gradient, and a gradient of that gradient."""
        found = []
        for pad_images in (reflect_pad, lambda x, _: tf.pad(x, edges, "REFLECT")):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = pad_images(x, pad)
                    cube = tf.reduce_sum(weights * y**3)
                first = tape.gradient(cube, x)
                total = tf.reduce_sum(first**2)
            found.append((y, first, outer.gradient(total, x)))
        return found

    for ours, theirs in zip(*derivatives(x), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_config_and_wrong_mode():
    layer = PaddedConv2D(5, 4, 2, pad=1, mode="reflect", name="c")
    clone = PaddedConv2D.from_config(layer.get_config())
    assert clone.get_config() == layer.get_config() and clone.pad == 1
    with pytest.raises(ValueError, match="'circular'"):
        PaddedConv2D(5, 4, mode="circular")


@pytest.mark.parametrize("shape", [(8, 6), (7, 5), (1, 4)])
def test_half_size_is_the_mean_of_what_lies_inside(shape):
    x = make_images(*shape)
    y = half_size(x).numpy()
    assert y.shape[1:3] == tuple((n + 1) // 2 for n in shape)
    for row, column in np.ndindex(*y.shape[1:3]):
        inside = [slice(max(0, 2 * i - 1), 2 * i + 2) for i in (row, column)]
        expected = x.numpy()[:, inside[0], inside[1]].mean((1, 2))
        np.testing.assert_allclose(y[:, row, column], expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 6), (1, 1), (5, 2)])
def test_double_size_is_bilinear(shape):
    x = make_images(*shape)
    expected = tf.image.resize(x, [2 * n for n in shape], "bilinear")
    np.testing.assert_allclose(double_size(x), expected, atol=1e-6)


def test_half_precision():
    x = tf.cast(make_images(8, 8), tf.bfloat16)
    assert half_size(x).dtype == double_size(x).dtype == tf.bfloat16
    assert PaddedConv2D(2, 4, pad=1, dtype="mixed_bfloat16")(x).dtype == tf.bfloat16
