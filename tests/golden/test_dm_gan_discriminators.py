"""Golden parity of DM-GAN's spectral normalization and discriminators."""

import pytest
import tensorflow as tf

from tests.golden import discriminators
from tests.golden.golden import Case, nhwc, tensor
from tests.golden.iteration import record
from tests.golden.scale import count, official_shapes, shapes_of
from zoo.importers import dm_gan as names
from zoo.importers.state_dict import load_state_dict, spectral_conv
from zoo.layers.spectral_normalization import SpectralConv2D
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.stage_discriminator import StageDiscriminator

# From the fact sheet: trainable parameters, and with the vectors u and v.
COUNTS = {
    64: (1_878_242, 1_887_218),
    128: (5_155_810, 5_174_258),
    256: (18_264_546, 18_301_938),
}


def test_spectral_conv(precision, monkeypatch):
    """Three calls in a row; the gradient of each uses the vectors of that call."""
    case = Case("dm_gan", "spectral_norm_conv")
    _, filters, size, stride, padding = case.meta["conv"]
    layer = SpectralConv2D(filters, size, stride, "valid")  # padded here by any official number
    calls = [k for k in case.inputs if k.startswith("x")]
    images = [
        tf.pad(tensor(nhwc(case.inputs[k])), [(0, 0), (padding,) * 2, (padding,) * 2, (0, 0)])
        for k in calls
    ]
    layer.build(images[0].shape)
    targets = spectral_conv("conv", layer)
    load_state_dict(targets, {f"conv.{k}": v for k, v in case.param().items()})
    bar, bias, u, v = targets.values()
    weights, outputs = record(layer, "normalized_kernel", monkeypatch), []
    with tf.GradientTape() as tape:
        for i, x in enumerate(images, 1):
            outputs.append(tf.transpose(layer(x), (0, 3, 1, 2)))
            case.check(f"y{i}", outputs[-1])
            case.check(f"u{i}", u.to_official(u.variable))
            case.check(f"v{i}", v.to_official(v.variable))
            case.check(f"weight_sn{i}", bar.to_official(weights[-1]))
        # the objective whose gradients are stored
        first, second, third = outputs
        probe = tf.cos(tf.range(tf.size(third), dtype=third.dtype))
        loss = tf.reduce_sum(first**2) + tf.reduce_sum(second**3)
        loss += tf.reduce_sum(probe * tf.reshape(third, [-1]))
    to_bar, to_bias = tape.gradient(loss, [bar.variable.value, bias.variable.value])
    case.check("grad_weight_bar", bar.to_official(to_bar))
    case.check("grad_bias", bias.to_official(to_bias))
    case.check_all_seen()


@pytest.mark.parametrize("size", [64, 128, 256])
def test_discriminator(precision, size):
    discriminators.check_network(Case("dm_gan", f"d_net{size}"), names)


def test_discriminator_loss(precision):
    discriminators.check_loss(Case("dm_gan", "discriminator_loss"), names, "joint")


# --- the paper's sizes --------------------------------------------------------------------------


def paper_scale(size):
    network = StageDiscriminator(size, 32, normalization="spectral", name="discriminator")
    return build_on(network, symbolic_input(2, size, size, 3), symbolic_input(2, 256))


@pytest.mark.parametrize("size", COUNTS)
def test_parameter_counts(quick_weights, size):
    network = paper_scale(size)
    assert (count(network.trainable_variables), count(network.variables)) == COUNTS[size]


@pytest.mark.parametrize("size", COUNTS)
def test_every_official_name_has_a_target_of_its_shape(quick_weights, size):
    targets = names.discriminator_targets(paper_scale(size))
    stage = size.bit_length() - 7
    assert shapes_of(targets) == official_shapes("dm_gan", f"netD{stage}")
