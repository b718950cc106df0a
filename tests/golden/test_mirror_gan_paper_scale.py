"""MirrorGAN at the paper's sizes: numbers of parameters of the official code."""

import pytest

from tests.golden.scale import count
from zoo.models.mirror_gan.captioner import Captioner, ResNetCaptionEncoder
from zoo.models.mirror_gan.generator import MirrorGANGenerator
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.image_encoder import make_image_encoder
from zoo.networks.stage_discriminator import StageDiscriminator
from zoo.networks.text_encoder import RNNTextEncoder

WORDS = 5450  # of the birds
INPUTS = {
    "words": (2, 18, 256),
    "sentence": (2, 256),
    "mask": (2, 18),
    "latents": (2, 100),
    "noise": (2, 100),
}


@pytest.fixture
def light_trunk(monkeypatch):
    """No random numbers for the millions of weights of the ResNet and of Inception."""
    monkeypatch.setattr("keras.initializers.VarianceScaling", lambda *args, **kwargs: "zeros")


def parameters(network):
    """Frozen ones too, without the running statistics."""
    statistics = ("/moving_mean", "/moving_variance")
    return count([v for v in network.variables if not v.path.endswith(statistics)])


def generator(**options):
    inputs = {
        name: symbolic_input(*shape, dtype="bool" if name == "mask" else None)
        for name, shape in INPUTS.items()
    }
    return build_on(MirrorGANGenerator((64, 128, 256), 32, 2, 100, **options, name="g"), inputs)


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


@pytest.mark.parametrize(
    ("size", "expected"), [(64, 6_313_730), (128, 19_424_002), (256, 71_858_946)]
)
def test_discriminators(size, expected, quick_weights):
    network = build_on(
        StageDiscriminator(size, 64, name="d"),
        symbolic_input(2, size, size, 3),
        symbolic_input(2, 256),
    )
    assert count(network.trainable_variables) == expected
    assert count(network.unconditional_head.trainable_variables) == 8_193


def test_encoders_of_pre_training(light_trunk, quick_weights):
    text = RNNTextEncoder(WORDS, name="text")
    build_on(text, symbolic_input(2, 18, dtype="int32"), symbolic_input(2, dtype="int32"))
    assert count(text.trainable_variables) == 2_075_320
    images = make_image_encoder({"kind": "inception_v3", "features": 256}, name="images")
    build_on(images, symbolic_input(2, 64, 64, 3))
    assert parameters(images) == 22_506_720
    assert count(images.trainable_variables) == 721_152


def test_captioner(light_trunk):
    network = Captioner(WORDS, name="captioner")
    build_on(network, symbolic_input(2, 256, 256, 3), symbolic_input(2, 18, dtype="int32"))
    encoder = network.encoder
    assert isinstance(encoder, ResNetCaptionEncoder)
    assert parameters(encoder) == 58_668_864
    assert count(encoder.trainable_variables) == 525_056
    assert count(network.decoder.weights) == 5_768_010
