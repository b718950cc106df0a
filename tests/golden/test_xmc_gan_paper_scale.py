"""XMC-GAN at the paper's sizes: numbers of parameters of the official code."""

import keras
import pytest

from tests.golden.scale import count
from tests.golden.xmc_gan import text_specs
from zoo.models.xmc_gan import XMCGANDiscriminator, XMCGANGenerator
from zoo.models.xmc_gan.perceptual_network import ResNetLogits
from zoo.networks.build import build_on, symbolic_input

GENERATORS = {128: (78_507_779, 14_976), 256: (92_865_539, 18_048)}
DISCRIMINATORS = {128: (87_911_713, 14_305), 256: (99_415_585, 16_609)}


@pytest.fixture(autouse=True)
def without_values(monkeypatch):
    """A scope in which Keras creates no arrays: counts need only shapes."""
    with keras.StatelessScope():
        yield


def numbers(network, kept):
    """(parameters, numbers of the variables whose paths end so)."""
    statistics = [v for v in network.variables if v.path.endswith(kept)]
    return count(network.variables) - count(statistics), count(statistics)


@pytest.mark.parametrize("size", GENERATORS)
def test_generator(size):
    inputs = {**text_specs(17, 768), "latents": symbolic_input(2, 128)}
    network = build_on(XMCGANGenerator(size, 96, 128, 768, name="generator"), inputs)
    assert numbers(network, ("/moving_mean", "/moving_variance")) == GENERATORS[size]
    parts = [network.project, network.start, network.query, network.norm, network.image]
    counts = [count(part.trainable_variables) for part in parts]
    assert counts == [98_432, 3_170_304, 590_592, 196_800, 2_595]
    blocks = [46_410_240, 18_291_456, 6_638_976, 2_250_432, 857_952]
    if size == 256:
        blocks.insert(2, 14_357_760)
    assert [count(block.trainable_variables) for block in network.blocks] == blocks


@pytest.mark.parametrize("size", DISCRIMINATORS)
def test_discriminator(size):
    inputs = {"images": symbolic_input(4, size, size, 3), "sentence": symbolic_input(2, 768)}
    network = build_on(XMCGANDiscriminator(size, 96, 768, name="discriminator"), inputs)
    assert numbers(network, "/u") == DISCRIMINATORS[size]
    parts = [network.region, network.logit, network.sentence]
    region = 295_680 if size == 128 else 590_592
    assert [count(p.trainable_variables) for p in parts] == [region, 1_537, 1_181_184]
    blocks = [86_112, 516_672, 2_065_536, 8_259_840, 33_034_752, 42_470_400]
    if size == 256:
        blocks.insert(4, 11_208_960)
    assert [count(block.trainable_variables) for block in network.blocks] == blocks


def test_image_network():
    network = build_on(ResNetLogits(name="resnet"), symbolic_input(2, 128, 128, 3))
    statistics = ("/moving_mean", "/moving_variance")
    assert numbers(network, statistics) == (25_557_032, 53_120)
