"""The smaller blocks compared with plain NumPy or Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.conditioning_augmentation import ConditioningAugmentation
from zoo.layers.lstm_cell import LSTMCell
from zoo.layers.pointwise_dense import PointwiseDense
from zoo.layers.stackgan_blocks import ConvGLU, ConvLeakyReLU, ResidualBlock, UpsampledConv3x3, glu
from zoo.layers.upsampling import upsample_nearest
from zoo.layers.word_attention import WordAttention, attend_words
from zoo.networks.text_encoder import RNNTextEncoder

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(3, 6), (2, 3, 6), (2, 4, 5, 6)])
@pytest.mark.parametrize("known", [0, 1, 9], ids=["no size known", "one unknown", "all known"])
def test_a_pointwise_dense_layer_is_a_dense_layer(shape, known):
    layer, dense = (kind(4, activation="tanh") for kind in (PointwiseDense, keras.layers.Dense))
    x, limits = normal(*shape), [None if known < 2 else shape[0], *shape[1:]]
    if not known:
        limits[1:-1] = [None] * (len(shape) - 2)
    dense.build(shape)
    layer.build(shape)
    layer.set_weights([normal(*w.shape) for w in layer.get_weights()])
    dense.set_weights(layer.get_weights())
    traced = tf.function(layer, input_signature=[tf.TensorSpec(limits)])
    np.testing.assert_array_equal(traced(x), dense(x))
    kinds = [op.type for op in traced.get_concrete_function().graph.get_operations()]
    assert "GatherV2" not in kinds  # shapes that are computed in the graph
    if known:
        assert "Shape" not in kinds and kinds.count("Reshape") <= 2


def test_glu():
    x = normal(2, 3, 6)
    want = x[..., :3] / (1 + np.exp(-x[..., 3:]))
    np.testing.assert_allclose(glu(x), want, atol=1e-6)


@pytest.mark.parametrize("size", [(3, 5), (16, 17)])
def test_upsampled_convolution_is_upsampling_and_convolution(size):
    layer, x = UpsampledConv3x3(4, dtype="float64"), normal(2, *size, 6).astype("float64")
    got = layer(x)
    doubled = x.repeat(2, axis=1).repeat(2, axis=2)
    want = tf.nn.conv2d(doubled, layer.kernel.numpy(), 1, "SAME")
    np.testing.assert_allclose(got, want, atol=1e-12)
    assert layer.kernel.shape == (3, 3, 6, 4)


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_the_gradient_of_upsampling_is_the_sum_of_the_copies(factor):
    x, weights = tf.constant(normal(2, 3, 5, 4)), normal(2, 3 * factor, 5 * factor, 4)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = upsample_nearest(x, factor)
        total = tf.reduce_sum(weights * y)
    np.testing.assert_array_equal(y, x.numpy().repeat(factor, axis=1).repeat(factor, axis=2))
    copies = weights.reshape(2, 3, factor, 5, factor, 4).sum((2, 4))
    np.testing.assert_allclose(tape.gradient(total, x), copies, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (ConvGLU(5), (2, 4, 6, 5)),
        (ConvGLU(5, upsample=True), (2, 8, 12, 5)),
        (ResidualBlock(), (2, 4, 6, 3)),
        (ConvLeakyReLU(5), (2, 4, 6, 5)),
        (ConvLeakyReLU(5, stride=2), (2, 2, 3, 5)),
        (ConvLeakyReLU(5, normalize=False), (2, 4, 6, 5)),
    ],
)
def test_block_shapes_and_configs(layer, shape):
    x = normal(2, 4, 6, 3)
    assert layer(x, training=True).shape == shape
    config = layer.get_config()
    clone = type(layer).from_config(config)
    clone(x)
    assert clone.get_config() == config
    assert [v.shape for v in clone.variables] == [v.shape for v in layer.variables]


def test_a_residual_block_without_its_branch_is_the_identity():
    block, x = ResidualBlock(), normal(2, 4, 4, 3)
    block(x)
    block.norm.gamma.assign(tf.zeros(3))
    np.testing.assert_array_equal(block(x, training=True), x)


def test_conditioning_augmentation_samples_its_gaussian():
    layer = ConditioningAugmentation(4)
    sentence, noise = normal(3, 6), normal(3, 4)
    condition, mu, log_var = (np.array(v) for v in layer(sentence, noise))
    np.testing.assert_allclose(condition, mu + noise * np.exp(log_var / 2), rtol=1e-5)
    np.testing.assert_allclose(layer(sentence, np.zeros((3, 4)))[0], mu, rtol=1e-6)


def test_word_attention_by_hand_and_mask():
    layer = WordAttention(4)
    pixels, words = normal(2, 3, 2, 4), normal(2, 5, 6)
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
    context, attention = (np.array(v) for v in layer(pixels, words, mask))
    keys = words @ layer.keys.kernel.numpy()
    scores = np.einsum("bhwf,btf->bhwt", pixels, keys)
    scores[0, ..., 3:] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(attention, weights, atol=1e-6)
    np.testing.assert_allclose(context, np.einsum("bhwt,btf->bhwf", weights, keys), atol=1e-5)


def test_official_mask_tiling_mixes_samples_and_per_sample_does_not():
    pixels, words = normal(2, 2, 2, 4), normal(2, 3, 4)
    mask = np.array([[1, 1, 0], [1, 1, 1]], bool)
    for tiling, mixes in (("official", True), ("per_sample", False)):
        layer = WordAttention(4, tiling)
        both = np.array(layer(pixels, words, mask)[1])
        alone = np.array(layer(pixels[1:], words[1:], mask[1:])[1])
        assert np.allclose(both[1:], alone) != mixes
    with pytest.raises(ValueError, match="mask_tiling"):
        WordAttention(4, "other")


def test_lstm_cell_is_keras_with_the_sum_of_both_biases():
    ours, keras_cell = LSTMCell(4), keras.layers.LSTMCell(4)
    x, state = normal(2, 3), [normal(2, 4), normal(2, 4)]
    ours(x, state), keras_cell(x, state)
    for name in ("kernel", "recurrent_kernel", "bias"):
        getattr(keras_cell, name).assign(getattr(ours, name))
    ours.recurrent_bias.assign(normal(16))
    keras_cell.bias.assign_add(ours.recurrent_bias)
    np.testing.assert_allclose(ours(x, state)[0], keras_cell(x, state)[0], atol=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_text_encoder_does_not_see_padding(cell):
    encoder = RNNTextEncoder(9, features=8, embedding_dim=5, cell=cell)
    tokens = np.array([[3, 4, 5, 0, 0, 0], [6, 7, 8, 2, 1, 3]])
    lengths = np.array([3, 6])
    outputs = encoder(tokens, lengths)
    alone = encoder(tokens[:1, :3], lengths[:1])
    np.testing.assert_allclose(outputs["sentence"][0], alone["sentence"][0], atol=1e-6)
    np.testing.assert_allclose(outputs["words"][0, :3], alone["words"][0], atol=1e-6)
    assert not np.array(outputs["words"])[0, 3:].any()
    forward, backward = np.split(np.array(outputs["words"])[0], 2, axis=-1)
    np.testing.assert_allclose(outputs["sentence"][0, :4], forward[2], atol=1e-6)
    np.testing.assert_allclose(outputs["sentence"][0, 4:], backward[0], atol=1e-6)
    assert np.array(outputs["mask"])[0].tolist() == [True] * 3 + [False] * 3
    with pytest.raises(ValueError, match="cell"):
        RNNTextEncoder(9, cell="rnn")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_a_caption_without_words_gets_equal_attention(dtype):
    pixels, words = tf.ones([2, 2, 2, 3], dtype), tf.ones([2, 4, 3], dtype)
    mask = tf.constant([[True, True, False, False], [False] * 4])
    _, attention = attend_words(pixels, words, words, mask)
    np.testing.assert_array_equal(attention[0, 0, 0], [0.5, 0.5, 0, 0])
    np.testing.assert_array_equal(attention[1, 0, 0], [0.25] * 4)
