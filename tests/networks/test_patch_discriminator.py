"""Patch discriminators: maps, widths, padding, scales."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.networks.build import build_on, symbolic_input
from zoo.networks.patch_discriminator import (
    MultiScalePatchDiscriminator,
    PatchDiscriminator,
    map_size,
)


def make_images(size=64, channels=6):
    rng = np.random.default_rng(0)
    return tf.constant(rng.normal(size=(2, size, size, channels)), tf.float32)


@pytest.mark.parametrize(
    ("layers", "size", "side"), [(3, 256, 30), (2, 128, 30), (3, 64, 6)]
)
def test_map_size(layers, size, side):
    assert map_size(size, layers) == side
    network = PatchDiscriminator(2, layers)
    assert network(symbolic_input(2, size, size, 3)).shape == (2, side, side, 1)


def test_widths():
    network = build_on(PatchDiscriminator(4, layers=5, name="d"), symbolic_input(2, 256, 256, 6))
    widths = [c.kernel.shape[-1] for c in network.convs]
    assert widths == [4, 8, 16, 32, 32, 32] and network.logit.kernel.shape[-1] == 1
    assert network.norms[0] is None and None not in network.norms[1:]


def test_scales_have_half_the_filters_and_half_the_image():
    network = MultiScalePatchDiscriminator(6, scales=3, layers=2, name="d")
    maps = network(make_images())
    assert [m.shape for m in maps] == [(2, 14, 14, 1), (2, 6, 6, 1), (2, 2, 2, 1)]
    assert [p.filters for p in network.parts] == [6, 3, 2]  # round(1.5)
    names = {v.path.split("/")[1] for v in network.variables}
    assert names == {"scale_0", "scale_1", "scale_2"}


def test_one_scale_is_a_list_too():
    maps = MultiScalePatchDiscriminator(2, scales=1)(make_images())
    assert isinstance(maps, list) and len(maps) == 1


def test_a_logit_sees_a_patch():
    """70 pixels for three downsamplings: one changed pixel changes a part of the map."""
    network, x = PatchDiscriminator(2, normalization="none"), make_images(256, 3)
    network(x)
    for variable in network.trainable_variables:
        variable.assign(variable * 50)  # new weights are small
    changed = x.numpy()
    changed[:, 128, 128] += 1
    moved = np.abs(network(changed) - network(x))[0, :, :, 0] > 0
    rows = np.flatnonzero(moved.any(1))
    assert 1 < len(rows) <= 9 and rows[-1] - rows[0] < 9


def test_half_precision_gives_float32_logits():
    maps = MultiScalePatchDiscriminator(2, dtype="mixed_bfloat16")(make_images())
    assert {m.dtype for m in maps} == {tf.float32}


@pytest.mark.parametrize(
    "network",
    [
        PatchDiscriminator(4, 2, "batch"),
        MultiScalePatchDiscriminator(4, 3, 2, "batch"),
    ],
)
def test_config_round_trip(network):
    config = network.get_config()
    assert type(network).from_config(config).get_config() == config
