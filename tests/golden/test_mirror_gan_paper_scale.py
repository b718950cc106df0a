"""MirrorGAN at the paper's sizes: numbers of parameters of the official code."""

import pytest

from tests.golden.scale import count
from zoo.models.mirror_gan.captioner import Captioner, ResNetCaptionEncoder
from zoo.models.mirror_gan.generator import MirrorGANGenerator
from zoo.networks.build import build, spec

WORDS = 5450  # of the birds
INPUTS = {
    "words": (2, 18, 256),
    "sentence": (2, 256),
    "padding": (2, 18),
    "latents": (2, 100),
    "noise": (2, 100),
}


@pytest.fixture
def light_trunk(monkeypatch):
    """No random numbers for the sixty million weights of the ResNet."""
    monkeypatch.setattr("keras.initializers.VarianceScaling", lambda *args, **kwargs: "zeros")


def generator(**options):
    inputs = {
        name: spec(*shape, dtype="bool" if name == "padding" else None)
        for name, shape in INPUTS.items()
    }
    return build(MirrorGANGenerator((64, 128, 256), 32, 2, 100, **options, name="g"), inputs)


def test_generator(quick_weights):
    network = generator()
    assert count(network.trainable_variables) == 7_105_392
    for layers, expected in (
        ([network.augmentation], 102_800),
        ([network.initial], 6_444_928),
        (network.refinements, 277_536),
        ([stage.attention for stage in network.refinements], 12_448),
        ([stage.join for stage in network.refinements], 6_144),
        ([stage.up for stage in network.refinements], 36_992),
        (network.heads, 864),
    ):
        assert {count(layer.trainable_variables) for layer in layers} == {expected}
    residual = sum(count(r.trainable_variables) for r in network.refinements[0].residuals)
    assert residual == 221_952


def test_generator_with_a_single_image(quick_weights):
    assert count(generator(single_image=True).trainable_variables) == 7_103_664


def test_captioner(light_trunk):
    network = Captioner(WORDS, name="captioner")
    build(network, spec(2, 256, 256, 3), spec(2, 18, dtype="int32"))
    encoder, statistics = network.encoder, ("/moving_mean", "/moving_variance")
    assert isinstance(encoder, ResNetCaptionEncoder)
    parameters = [v for v in encoder.variables if not v.path.endswith(statistics)]
    assert count(parameters) == 58_668_864
    assert count(encoder.trainable_variables) == 525_056
    assert count(network.decoder.weights) == 5_768_010
