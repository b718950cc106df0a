"""Official names of the stage discriminators: there and back, and what does not fit."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import ZooError
from zoo.importers import attn_gan, dm_gan, stackgan_v2
from zoo.importers.state_dict import load_state_dict
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.stage_discriminator import StageDiscriminator

FAMILIES = [(attn_gan, "batch"), (dm_gan, "spectral"), (stackgan_v2, "batch")]


def discriminator(normalization, sentence=5):
    network = StageDiscriminator(64, 2, normalization=normalization)
    return build_on(network, symbolic_input(2, 64, 64, 3), symbolic_input(2, sentence))


def state_dict_of(names, network):
    targets = names.discriminator_targets(network)
    return {name: t.to_official(t.variable) for name, t in targets.items()}


@pytest.mark.parametrize(("names", "normalization"), FAMILIES)
def test_every_weight_goes_out_and_comes_back(names, normalization):
    one, other = discriminator(normalization), discriminator(normalization)
    arrays = state_dict_of(names, one)
    assert len(arrays) == len(one.variables)
    load_state_dict(names.discriminator_targets(other), arrays)
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_stackgan_has_the_condition_before_the_features():
    network = discriminator("batch")
    ours = network.conditional_head.joint.conv.kernel.numpy()  # (3, 3, [features, condition], out)
    features = ours.shape[3]
    official = state_dict_of(stackgan_v2, network)["jointConv.0.weight"]
    assert official.shape == (features, features + 5, 3, 3)
    np.testing.assert_array_equal(official[:, 5:], ours[:, :, :features].transpose(3, 2, 0, 1))
    np.testing.assert_array_equal(official[:, :5], ours[:, :, features:].transpose(3, 2, 0, 1))


def test_a_singular_vector_lies_like_the_rows_of_the_official_matrix():
    network = discriminator("spectral")
    layer = network.blocks[1].conv
    arrays = state_dict_of(dm_gan, network)
    name = "img_code_s16.2.module.weight_"
    rows = arrays[f"{name}bar"].reshape(layer.filters, -1)
    ours = np.reshape(layer.kernel, (-1, layer.filters)).T @ np.asarray(layer.v)
    np.testing.assert_allclose(rows @ arrays[f"{name}v"], ours, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("value", [np.ones(7), np.ones((48, 1, 1))])
def test_arrays_of_another_size_are_refused_and_nothing_is_loaded(value):
    network = discriminator("spectral")
    arrays = {name: a + 1 for name, a in state_dict_of(dm_gan, network).items()}
    name = "img_code_s16.2.module.weight_v"
    before = [tf.identity(v) for v in network.variables]
    with pytest.raises(ZooError, match=f"{name} has the official shape .*{len(value)}"):
        load_state_dict(dm_gan.discriminator_targets(network), {**arrays, name: value})
    for a, b in zip(before, network.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
