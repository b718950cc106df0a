"""The U-Net: shapes, options, initial weights."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.layers.normalization import make_normalization
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.u_net import UNet


def make(latents=4, size=32, **settings):
    arguments = {"filters": 2, "num_downs": 5, "name": "generator", **settings}
    inputs = {"source": symbolic_input(2, size, size, 3)}
    if latents:
        inputs["latents"] = symbolic_input(2, latents)
    return build_on(UNet(**arguments), inputs)


def inputs(height=32, width=32, latents=4):
    rng = np.random.default_rng(0)
    source = tf.constant(rng.uniform(-1, 1, (2, height, width, 3)), tf.float32)
    return {"source": source, "latents": tf.constant(rng.normal(size=(2, latents)), tf.float32)}


def test_other_sizes_and_wide_images():
    network = make()
    assert network(inputs(64, 32))["images"].shape == (2, 64, 32, 3)
    with pytest.raises(ValueError, match="multiples of 32.*48 x 32"):
        network(inputs(48, 32))


def test_widths_and_names():
    network = make(num_downs=6, size=64)
    assert network.widths == [2, 4, 8, 16, 16, 16]
    names = {v.path.split("/", 1)[1] for v in network.variables}
    ends = {
        f"{way}_{i}/conv/{kind}"
        for way in ("down", "up")
        for i in range(6)
        for kind in ("kernel", "bias")
    }
    assert names == ends
    shapes = {v.path.split("/", 1)[1]: tuple(v.shape) for v in network.variables}
    assert shapes["down_1/conv/kernel"] == (4, 4, 2 + 4, 4)
    assert shapes["up_1/conv/kernel"] == (4, 4, 2, 2 * 4)


def test_latents_enter_every_level_or_the_first():
    def joined(network):
        return [d.conv.kernel.shape[2] for d in network.downs]

    assert joined(make(where_add="all")) == [3 + 4, 2 + 4, 4 + 4, 8 + 4, 16 + 4]
    assert joined(make(where_add="input")) == [3 + 4, 2, 4, 8, 16]
    assert joined(make(latents=0, where_add="all")) == [3, 2, 4, 8, 16]


def test_both_ways_see_the_latents():
    for where in ("all", "input"):
        network, given = make(where_add=where), inputs()
        first = network(given)["images"]
        second = network({**given, "latents": given["latents"] + 1})["images"]
        assert np.abs(first - second).max() > 0, where


def test_the_levels_that_drop():
    assert make(dropout=0.5).dropout_shapes(2, 32, 32) == []
    network = make(num_downs=7, size=128, dropout=0.5)
    assert network.dropout_shapes(3, 128, 64) == [(3, 4, 2, 16), (3, 8, 4, 16)]
    assert make(num_downs=7, size=128).dropout_shapes(3, 128, 128) == []


def test_dropout_takes_its_factors_in_training_only():
    network, given = make(num_downs=6, size=64, dropout=0.5), inputs(64, 64)
    factors = [tf.zeros(shape) for shape in network.dropout_shapes(2, 64, 64)]
    ones = [tf.ones_like(f) for f in factors]
    dropped = network({**given, "dropout": factors}, training=True)["images"]
    kept = network({**given, "dropout": ones}, training=True)["images"]
    plain = network(given)["images"]
    np.testing.assert_allclose(kept, plain, atol=1e-6)
    assert np.abs(dropped - plain).max() > 0
    with pytest.raises(ValueError, match="needs the input `dropout`"):
        network(given, training=True)


def test_initial_weights_are_xavier_with_gain_a_fiftieth():
    network = make(filters=16)
    for level in (network.downs[3], network.ups[3]):
        kernel = level.conv.kernel.numpy()
        expected = 0.02 * np.sqrt(2 / (16 * (kernel.shape[2] + kernel.shape[3])))
        assert kernel.std() == pytest.approx(expected, rel=0.05)
        assert abs(kernel.mean()) < expected / 10
        assert not level.conv.bias.numpy().any()
    assert np.abs(network(inputs())["images"]).max() < 0.1


def test_bilinear_upsampling_and_batch_norm():
    network = make(upsample="bilinear", normalization="batch")
    assert network(inputs())["images"].shape == (2, 32, 32, 3)
    assert network.ups[0].conv.kernel.shape == (3, 3, 4, 3)
    assert any("moving_mean" in v.path for v in network.variables)


def test_half_precision_ends_in_float32_images():
    network = UNet(filters=2, num_downs=5, dtype="mixed_bfloat16", name="generator")
    images = network(inputs())["images"]
    assert images.dtype == tf.float32
    assert {v.dtype for v in network.variables} == {"float32"}


def test_config_round_trip():
    settings = {
        "output_channels": 1,
        "where_add": "input",
        "upsample": "bilinear",
        "activation": "lrelu",
        "normalization": "batch",
        "dropout": 0.3,
    }
    config = make(**settings).get_config()
    assert UNet.from_config(config).get_config() == config
    assert {name: config[name] for name in settings} == settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"where_add": "output"}, "`where_add`"),
        ({"upsample": "nearest"}, "`upsample`"),
        ({"activation": "gelu"}, "`activation`"),
        ({"normalization": "layer"}, "`normalization`"),
        ({"num_downs": 1}, "`num_downs`"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        UNet(**settings)


def test_normalizations_by_name():
    assert make_normalization("none") is None
    assert make_normalization("instance", "n").name == "n"
    with pytest.raises(ValueError, match="'layer'"):
        make_normalization("layer")
