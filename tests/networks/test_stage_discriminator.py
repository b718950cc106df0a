"""The options of the stage discriminator: heads, normalization, storage names, precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers import stackgan_blocks
from zoo.layers.spectral_normalization import SpectralConv2D
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.stage_discriminator import StageDiscriminator

RNG = np.random.default_rng(0)


def discriminator(size=32, sentence=6, **options):
    network = StageDiscriminator(size, 2, name="discriminator", **options)
    sentences = [symbolic_input(2, sentence)] * options.get("conditional", True)
    return build_on(network, symbolic_input(2, size, size, 3), *sentences)


def inputs(size=32, sentence=6, count=3):
    return [
        tf.constant(RNG.uniform(-1, 1, shape), "float32")
        for shape in ((count, size, size, 3), (count, sentence))
    ]


@pytest.mark.parametrize("normalization", ["batch", "spectral"])
@pytest.mark.parametrize(
    "heads", [("conditional", "unconditional"), ("conditional",), ("unconditional",)]
)
def test_heads(heads, normalization):
    options = {name: name in heads for name in ("conditional", "unconditional")}
    network, (images, sentence) = discriminator(normalization=normalization, **options), inputs()
    features = network(images, training=True)
    assert features.shape == (3, 4, 4, 8)
    logits = network.logits(features, sentence if "conditional" in heads else None, training=True)
    assert tuple(logits) == heads
    assert all(v.shape == (3,) for v in logits.values())
    stored = {v.path.split("/")[1] for v in network.variables}
    assert stored & {"conditional", "unconditional"} == set(heads)


def test_without_any_head_it_is_refused():
    with pytest.raises(ValueError, match="needs `unconditional`, `conditional` or both"):
        StageDiscriminator(32, 2, unconditional=False, conditional=False)


def test_an_unknown_normalization_is_refused():
    with pytest.raises(ValueError, match='"batch" or "spectral", got \'instance\''):
        StageDiscriminator(32, 2, normalization="instance")


def test_spectral_normalization_is_everywhere_but_in_the_logits():
    network = discriminator(size=128, normalization="spectral")
    names = {v.path.split("/", 1)[1] for v in network.variables}
    blocks = [*(f"down_{i}" for i in range(1, 6)), "reduce_1", "conditional/joint"]
    spectral = {f"{b}/conv/{w}" for b in blocks for w in ("kernel", "bias", "u", "v")}
    heads = ("conditional", "unconditional")
    assert names == spectral | {f"{h}/logit/{w}" for h in heads for w in ("kernel", "bias")}
    assert {v.name for v in network.non_trainable_variables} == {"u", "v"}


def test_batch_normalization_is_everywhere_but_in_the_first_block_and_the_logits():
    network = discriminator(size=128)
    names = {v.path.split("/", 1)[1] for v in network.variables}
    blocks = [*(f"down_{i}" for i in range(1, 6)), "reduce_1", "conditional/joint"]
    heads = ("conditional", "unconditional")
    expected = {f"{b}/conv/kernel" for b in blocks}
    expected |= {
        f"{b}/norm/{w}"
        for b in blocks[1:]
        for w in ("gamma", "beta", "moving_mean", "moving_variance")
    }
    assert names == expected | {f"{h}/logit/{w}" for h in heads for w in ("kernel", "bias")}


def test_building_does_not_move_the_singular_vectors_and_evaluation_does():
    keras.utils.set_random_seed(3)
    network, (images, sentence) = discriminator(normalization="spectral"), inputs()
    layers = [*(block.conv for block in network.blocks), network.conditional_head.joint.conv]
    assert all(isinstance(layer, SpectralConv2D) for layer in layers)
    before = [layer.u.numpy() for layer in layers]
    network.logits(network(images), sentence)
    assert all(np.any(b != layer.u.numpy()) for b, layer in zip(before, layers, strict=True))


def test_bfloat16_gives_float32_logits_near_the_exact_ones():
    exact, (images, sentence) = discriminator(normalization="spectral"), inputs()
    network = discriminator(normalization="spectral", dtype="mixed_bfloat16")
    for mine, other in zip(network.variables, exact.variables, strict=True):
        mine.assign(other)
    features = network(images)
    assert features.dtype == tf.bfloat16
    got, want = network.logits(features, sentence), exact.logits(exact(images), sentence)
    for name in want:
        assert got[name].dtype == tf.float32
        np.testing.assert_allclose(got[name], want[name], atol=0.05 * np.abs(want[name]).max())


@pytest.mark.parametrize(
    "options",
    [{}, {"normalization": "spectral", "unconditional": False}, {"conditional": False}],
)
def test_config_round_trip(options):
    network = discriminator(**options)
    clone = StageDiscriminator.from_config(network.get_config())
    sentences = [symbolic_input(2, 6)] if network.conditional else []
    build_on(clone, symbolic_input(2, 32, 32, 3), *sentences)
    assert clone.get_config() == network.get_config()
    assert [v.path for v in clone.variables] == [v.path for v in network.variables]


@pytest.mark.parametrize("normalization", ["batch", "spectral"])
@pytest.mark.parametrize("large", [1, 1 << 40])
def test_several_batches_together(normalization, large, monkeypatch):
    """The same logits, gradients and statistics, in the same order, as by separate calls."""
    monkeypatch.setattr(stackgan_blocks, "LARGE_KERNEL", large)
    rng = np.random.default_rng(0)
    batches = [tf.constant(rng.normal(size=(n, 32, 32, 3)), tf.float64) for n in (3, 3, 2)]
    sentences = [tf.constant(rng.normal(size=(n, 5)), tf.float64) for n in (3, 3, 2)]
    seen = []
    for together in (True, False):
        keras.utils.set_random_seed(0)
        network = StageDiscriminator(32, 4, normalization=normalization, dtype="float64")
        build_on(network, symbolic_input(2, 32, 32, 3), symbolic_input(2, 5))
        with tf.GradientTape() as tape:
            if together:
                features = network.features_of_each(batches, training=True)
                *logits, wrong = network.logits_of_each(
                    features, sentences, training=True,
                    mismatched=[(features[0][:-1], sentences[0][1:])],
                )
                assert wrong.keys() == {"conditional"}
                wrong = wrong["conditional"]
            else:
                features = [network(x, training=True) for x in batches]
                logits = [
                    network.logits(f, s, training=True)
                    for f, s in zip(features, sentences, strict=True)
                ]
                pair = features[0][:-1], sentences[0][1:]
                wrong = network.conditional_logits(*pair, training=True)
            values = [*tf.nest.flatten(logits), wrong]
            loss = tf.add_n([tf.reduce_sum(v**2) for v in values])
        gradients = tape.gradient(loss, network.trainable_variables)
        seen.append([*values, *gradients, *(v.numpy() for v in network.variables)])
    for ours, theirs in zip(*seen, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_the_biases_of_the_logits_start_as_in_the_papers_framework():
    network = StageDiscriminator(64, 2)
    build_on(network, symbolic_input(2, 64, 64, 3), symbolic_input(2, 5))
    for head in (network.conditional_head, network.unconditional_head):
        bias = abs(float(head.logit.bias[0]))
        assert 0 < bias <= (16 * 16) ** -0.5  # 8 x filters channels, 4 x 4 pixels
