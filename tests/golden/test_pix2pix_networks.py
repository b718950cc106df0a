"""Golden parity of Pix2Pix's networks, loaded through the importer."""

import pytest
from keras import ops

from tests.golden.golden import Case, nchw, nhwc, tensor
from tests.golden.paired_images import (
    check_maps,
    check_official_weights,
    check_u_net,
    single_scale,
)
from zoo.importers import pix2pix as names
from zoo.importers.state_dict import conv, conv_transpose, load_state_dict
from zoo.layers.concat import concat_vector
from zoo.layers.padded_convolution import half_size
from zoo.networks.patch_discriminator import MultiScalePatchDiscriminator
from zoo.networks.u_net import DownBlock, UpBlock, skip_connection

U_NETS = [
    "unet_add_all_64_eval",
    "unet_add_all_64_train",
    "unet_add_all_64_bilinear_eval",
    "unet_add_all_128_lrelu_eval",
    "unet_add_all_256_eval",
    "unet_add_input_64_bn_eval",
    "unet_add_input_64_bn_train",
    "unet_add_input_64_noz_eval",
]


@pytest.mark.parametrize("name", U_NETS)
def test_u_net(precision, name):
    check_u_net(Case("pix2pix", name))


@pytest.mark.parametrize("name", U_NETS)
def test_a_model_is_made_of_a_generator_file(name):
    """Sizes and options are read from the arrays, except for the activation, which has none."""
    case = Case("pix2pix", name)
    config = case.meta["config"]
    model = names.from_arrays(case.param(), source_channels=config["input_nc"])
    check_official_weights(case, model.generator)
    assert model.latent_dim == config["nz"] and model.num_downs == config["num_downs"]
    assert model.source_channels == config["input_nc"]
    assert model.upsample == config.get("upsample", "basic")
    assert model.image_size == 2 ** config["num_downs"]  # the smallest: no array tells another
    size = case.inputs["x"].shape[2]
    larger = names.from_arrays(case.param(), source_channels=config["input_nc"], image_size=size)
    assert larger.image_size == size


@pytest.mark.parametrize("kind", ["unet_block_innermost", "unet_block_with_z_innermost"])
def test_innermost_block(precision, kind):
    case = Case("pix2pix", kind)
    config = case.meta["config"]
    x = tensor(nhwc(case.inputs["x"]))
    z = tensor(case.inputs["z"]) if "z" in case.inputs else None
    down = DownBlock(config["cout"], normalization="none")
    up = UpBlock(config["cin"], activation=config["nl"], normalization=config["norm"])

    def call():
        y = up(down(x if z is None else concat_vector(x, z)))
        return ops.concatenate([y, skip_connection(x, z)], axis=-1)

    call()
    first, second = ("model.1", "model.3") if z is None else ("down.1", "up.1")
    load_state_dict(conv(first, down.conv) | conv_transpose(second, up.conv), case.param())
    case.check("y", nchw(call()))
    case.check_all_seen()


def test_half_size(precision):
    case = Case("pix2pix", "avgpool_3_2_1")
    case.check("y", nchw(half_size(tensor(nhwc(case.inputs["x"])))))
    case.check_all_seen()


@pytest.mark.parametrize("name", ["disc_multi_eval", "disc_multi_bn_train"])
def test_multi_scale_discriminator(precision, name):
    case = Case("pix2pix", name)
    c = case.meta["config"]
    network = MultiScalePatchDiscriminator(c["ndf"], c["num_D"], c["n_layers"], c["norm"])
    check_maps(case, network, names.discriminator_targets)


def test_single_scale_discriminator(precision):
    case = Case("pix2pix", "disc_single_eval")
    check_maps(case, single_scale(case), names.patch_targets, single=True)
