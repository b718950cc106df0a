"""Parameter counts of StackGAN-v2's generators at the paper's sizes."""

import pytest

from tests.golden.scale import count, shapes_of
from zoo.importers import stackgan_v2 as names
from zoo.models.stackgan_v2 import StackGANV2Generator
from zoo.networks.build import build_on, symbolic_input

# From the fact sheet, by the condition's size (0: no text), in the order of the network.
COUNTS = {128: 21_239_696, 0: 16_472_208}
PARTS = {
    "augmentation": 524_800,
    "initial": 20_074_240,
    "refinement_1": 480_384,
    "refinement_2": 157_248,
    "image_64": 1_728,
    "image_128": 864,
    "image_256": 432,
}

pytestmark = pytest.mark.usefixtures("quick_weights")


def generator(condition_dim):
    network = StackGANV2Generator((64, 128, 256), 64, 2, condition_dim, name="generator")
    inputs = {"latents": symbolic_input(2, 100)}
    if condition_dim:
        inputs |= {"sentence": symbolic_input(2, 1024), "noise": symbolic_input(2, condition_dim)}
    return build_on(network, inputs)


@pytest.mark.parametrize("condition_dim", COUNTS)
def test_parameter_counts(condition_dim):
    assert count(generator(condition_dim).trainable_variables) == COUNTS[condition_dim]


def test_parameter_counts_of_the_parts():
    network = generator(128)
    for name, expected in PARTS.items():
        own = [v for v in network.trainable_variables if v.path.split("/")[1] == name]
        assert count(own) == expected, name
    assert sum(PARTS.values()) == COUNTS[128]


@pytest.mark.parametrize("condition_dim", COUNTS)
def test_official_names_and_shapes(condition_dim):
    network = generator(condition_dim)
    targets = names.generator_targets(network)
    assert len(targets) == len(network.variables)
    shapes, code = shapes_of(targets), condition_dim or 100
    assert shapes["h_net1.fc.0.weight"] == [32768, 100 + condition_dim]
    assert shapes["h_net2.jointConv.0.weight"] == [128, 64 + code, 3, 3]
    assert shapes["h_net3.jointConv.0.weight"] == [64, 32 + code, 3, 3]
    assert shapes["h_net3.residual.1.block.3.weight"] == [32, 32, 3, 3]
    assert shapes["img_net3.img.0.weight"] == [3, 16, 3, 3]
    assert ("ca_net.fc.weight" in shapes) == bool(condition_dim)
