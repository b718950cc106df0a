"""Parameter counts and map sizes of Pix2Pix and BicycleGAN at the papers' sizes."""

import pytest

from tests.golden.scale import count, shapes_of
from zoo.importers import bicyclegan, pix2pix
from zoo.layers import initializers
from zoo.models.bicyclegan.encoder import ConvEncoder, ResNetEncoder
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.patch_discriminator import MultiScalePatchDiscriminator
from zoo.networks.u_net import UNet

# from the fact sheet: settings, source channels, latents, size, parameters
GENERATORS = {
    "add_all": ({}, 3, 8, 256, 54_794_627),
    "add_all, grey": ({}, 1, 8, 256, 54_792_579),
    "unet_128": ({"num_downs": 7}, 3, 8, 128, 42_145_155),
    "add_input": ({"where_add": "input"}, 3, 8, 256, 54_417_795),
    "no latent": ({"where_add": "input", "normalization": "batch"}, 3, 0, 256, 54_419_459),
}
DISCRIMINATORS = {6: (3_463_586, 2_767_809, 695_777), 3: (3_458_978, 2_764_737, 694_241)}
ENCODERS = {
    "resnet_256": (ResNetEncoder, 5, 2_590_032),
    "resnet_128": (ResNetEncoder, 4, 1_344_080),
    "conv_256": (ConvEncoder, 5, 2_760_656),
}


@pytest.fixture(autouse=True)
def quick_weights(monkeypatch):
    """Initializers of zeros: counts do not depend on initial values."""
    monkeypatch.setattr(initializers, "xavier_normal", lambda: "zeros")


def u_net(settings, channels, latents, size):
    inputs = {"source": symbolic_input(2, size, size, channels)}
    if latents:
        inputs["latents"] = symbolic_input(2, latents)
    return build_on(UNet(**settings, name="generator"), inputs)


@pytest.mark.parametrize("kind", GENERATORS)
def test_generators(kind):
    *arguments, expected = GENERATORS[kind]
    assert count(u_net(*arguments).trainable_variables) == expected


def test_official_names_and_shapes_of_the_generator():
    shapes = shapes_of(pix2pix.u_net_targets(u_net({}, 3, 8, 256)))
    deepest = "model" + ".submodule" * 7
    assert len(shapes) == 32
    assert shapes["model.down.0.weight"] == [64, 11, 4, 4]
    assert shapes["model.submodule.down.1.weight"] == [128, 72, 4, 4]
    assert shapes[f"{deepest}.down.1.weight"] == [512, 520, 4, 4]
    assert shapes[f"{deepest}.up.1.weight"] == [512, 512, 4, 4]
    assert shapes["model.submodule.submodule.submodule.up.1.weight"] == [1024, 256, 4, 4]
    assert shapes["model.up.1.weight"] == [128, 3, 4, 4]


@pytest.mark.parametrize("channels", DISCRIMINATORS)
def test_discriminators(channels):
    network = MultiScalePatchDiscriminator(name="discriminator")
    maps = network(symbolic_input(2, 256, 256, channels))
    assert [tuple(m.shape) for m in maps] == [(2, 30, 30, 1), (2, 14, 14, 1)]
    parts = [network, *network.parts]
    assert tuple(count(p.trainable_variables) for p in parts) == DISCRIMINATORS[channels]
    shapes = shapes_of(bicyclegan.discriminator_targets(network))
    assert shapes["model_1.8.weight"] == [256, 128, 4, 4]
    assert shapes["model_0.11.weight"] == [1, 512, 4, 4]


@pytest.mark.parametrize("kind", ENCODERS)
def test_encoders(kind):
    make, depth, expected = ENCODERS[kind]
    side = 8 * 2**depth
    network = build_on(make(depth, name="encoder"), symbolic_input(2, side, side, 3))
    assert count(network.trainable_variables) == expected
    shapes = shapes_of(bicyclegan.encoder_targets(network))
    assert shapes["fcVar.0.weight"] == [8, 256]
    assert count(network.variables) == expected
