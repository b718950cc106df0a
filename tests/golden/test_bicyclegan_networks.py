"""Golden parity of BicycleGAN's networks, loaded through the importer."""

import keras
import pytest
import tensorflow as tf
from keras import ops

from tests.golden.golden import Case, nchw, nhwc, tensor
from tests.golden.paired_images import (
    check_maps,
    check_statistics,
    check_u_net,
    official_biases,
    single_scale,
)
from zoo.importers import bicyclegan as names
from zoo.importers.pix2pix import patch_targets
from zoo.importers.state_dict import conv, load_state_dict
from zoo.layers.instance_normalization import InstanceNormalization
from zoo.models.bicyclegan.encoder import BasicBlock, ConvEncoder, ResNetEncoder
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.patch_discriminator import MultiScalePatchDiscriminator, PatchDiscriminator

ENCODERS = [
    "encoder_resnet_128_eval",
    "encoder_resnet_64_train",
    "encoder_resnet_64_bn_eval",
    "encoder_resnet_64_bn_train",
    "encoder_conv_64_eval",
]


@pytest.mark.parametrize("name", ["unet_add_all_64_eval", "unet_add_all_64_1ch_train"])
def test_u_net(precision, name):
    check_u_net(Case("bicyclegan", name))


@pytest.mark.parametrize("name", ENCODERS)
def test_encoder(precision, name):
    case = Case("bicyclegan", name)
    c = case.meta["config"]
    common = {"latent_dim": c["nz"], "filters": c["nef"], "normalization": c["norm"]}
    if c["kind"] == "resnet":
        network = ResNetEncoder(c["n_blocks"], **common)
    else:
        network = ConvEncoder(c["n_layers"], **common)
    x = tensor(nhwc(case.inputs["x"]))
    build_on(network, symbolic_input(*x.shape))
    targets = names.encoder_targets(network)
    load_state_dict(targets, case.param())
    code = network(x, training=c["mode"] == "train")
    case.check("mu", code["mu"])
    case.check("logvar", code["log_var"])
    check_statistics(case, targets)
    case.check_all_seen()


@pytest.mark.parametrize("name", ["basic_block", "basic_block_nonorm"])
def test_basic_block(precision, name):
    case = Case("bicyclegan", name)
    x = tensor(nhwc(case.inputs["x"]))
    block = BasicBlock(case.meta["config"]["cout"], case.meta["config"]["norm"])
    build_on(block, symbolic_input(*x.shape))
    load_state_dict(names.basic_block_targets("", block), case.param())
    case.check("y", nchw(block(x)))
    case.check_all_seen()


def test_upsampling_block(precision):
    """No network uses `BasicBlockUp`, so it is composed here of the zoo's layers."""
    case = Case("bicyclegan", "basic_block_up")
    x, filters = tensor(nhwc(case.inputs["x"])), case.meta["config"]["cout"]
    conv_1, conv_2 = (keras.layers.Conv2D(filters, 3, padding="same") for _ in range(2))
    shortcut = keras.layers.Conv2D(filters, 1)
    norm = InstanceNormalization()

    def doubled(x):
        return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)

    def call():
        y = norm(conv_1(doubled(ops.relu(norm(x)))))
        return conv_2(y) + shortcut(doubled(x))

    call()
    targets = conv("conv.2.1", conv_1) | conv("conv.4", conv_2) | conv("shortcut.1", shortcut)
    load_state_dict(targets, case.param())
    case.check("y", nchw(call()))
    case.check_all_seen()


def test_multi_scale_discriminator(precision):
    case = Case("bicyclegan", "disc_multi_eval")
    c = case.meta["config"]
    network = MultiScalePatchDiscriminator(c["ndf"], c["num_D"], c["n_layers"], c["norm"])
    check_maps(case, network, names.discriminator_targets)


def test_single_scale_discriminator(precision):
    case = Case("bicyclegan", "disc_single_eval")
    check_maps(case, single_scale(case), patch_targets, single=True)


def gradient_penalty(critic, real, fake, alpha, target_norm=1.0, weight=10.0):
    """The official `cal_gradient_penalty` of WGAN-GP (arXiv 1704.00028), which no system uses.

    weight * mean over the batch of (|gradient of critic's sum at x| - target_norm)^2.

    x = alpha * real + (1 - alpha) * fake, so alpha 1 means the real images, 0 the generated ones.
    Its gradient needs the second derivative of the critic.

    Args:
        critic: function of images to logits of any shape.
        real, fake: float (batch, ...), the same shape.
        alpha: float (batch, 1), or a scalar.
    """
    real, fake = tf.convert_to_tensor(real), tf.convert_to_tensor(fake)
    alpha = tf.cast(alpha, real.dtype)
    if alpha.shape.rank:
        alpha = tf.reshape(alpha, [-1] + [1] * (real.shape.rank - 1))
    x = alpha * real + (1 - alpha) * fake
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = critic(x)
    gradient = tf.reshape(tape.gradient(logits, x), [tf.shape(x)[0], -1])
    norm = tf.norm(gradient + 1e-16, axis=1)
    return weight * tf.reduce_mean(tf.square(norm - target_norm))


def test_gradient_penalty(precision):
    case = Case("bicyclegan", "gradient_penalty")
    real, fake = (tensor(nhwc(case.inputs[k])) for k in ("real", "fake"))
    logits = max(int(k.split(".")[1]) for k in case.params)
    norm = "batch" if any(k.endswith("running_var") for k in case.params) else "instance"
    critic = PatchDiscriminator(case.meta["config"]["ndf"], (logits - 2) // 3, norm)
    build_on(official_biases(case, critic), symbolic_input(*real.shape))
    load_state_dict(patch_targets(critic), case.param())
    for kind, alpha in (("real", 1.0), ("fake", 0.0), ("mixed", tensor(case.inputs["alpha"]))):
        case.check(f"gp_{kind}", gradient_penalty(critic, real, fake, alpha))
    case.check_all_seen()


def test_a_model_is_made_of_released_files():
    """The sizes are read from the arrays of an iteration's generator and encoder."""
    case = Case("bicyclegan", "iteration")
    c = case.meta["config"]
    model = names.from_arrays(case.param("G."), case.param("E."))
    assert model.image_size == c["size"] and model.encoder_filters == c["nef"]
    assert model.latent_dim == c["nz"] and model.num_downs == c["num_downs"]
    residual = any("shortcut" in k for k in case.param("E."))
    assert model.encoder_config == ("resnet" if residual else "conv")
    for name, target in names.encoder_targets(model.encoder).items():
        got = target.to_official(target.variable.numpy())
        assert (got == case.params[f"E.{name}"]).all(), name
