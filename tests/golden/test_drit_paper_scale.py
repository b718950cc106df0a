"""Parameter counts of DRIT's networks at the paper's sizes."""

import pytest

from tests.golden.scale import count
from zoo.models.drit import AttributeEncoder, ContentEncoder, DRITGenerator
from zoo.models.drit.discriminators import (
    ContentDiscriminator,
    MultiScaleDiscriminator,
    SingleScaleDiscriminator,
)
from zoo.networks.build import build_on, symbolic_input

SIZE = 216  # of a crop; content features are a quarter
IMAGES = {domain: symbolic_input(1, SIZE, SIZE, 3) for domain in "ab"}
CONTENT = symbolic_input(1, SIZE // 4, SIZE // 4, 256)
CODED = dict.fromkeys("ab", {"content": CONTENT, "attributes": symbolic_input(1, 8)})

COUNTS = {  # from the fact sheet
    "content encoder": (ContentEncoder, {}, IMAGES, 9_018_112),
    "attribute encoder, concat": (AttributeEncoder, {}, IMAGES, 2_688_160),
    "attribute encoder, feature-wise": (AttributeEncoder, {"concat": False}, IMAGES, 5_529_872),
    "generator, concat": (DRITGenerator, {}, CODED, 9_564_710),
    "generator, feature-wise": (DRITGenerator, {"concat": False}, CODED, 17_146_374),
    "discriminator": (MultiScaleDiscriminator, {}, IMAGES["a"], 8_271_171),
    "discriminator, one scale": (SingleScaleDiscriminator, {}, IMAGES["a"], 25_149_057),
    "content discriminator": (ContentDiscriminator, {}, CONTENT, 10_683_649),
}
SIDES = {  # of the logit maps
    "discriminator": [13, 6, 3],
    "discriminator, one scale": [4],
    "content discriminator": [1],
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameter_counts(name):
    make, settings, inputs, expected = COUNTS[name]
    network = make(**settings)
    outputs = network(inputs)
    assert count(network.trainable_variables) == expected
    if name in SIDES:
        assert [logits.shape[1] for logits in outputs] == SIDES[name]
        network.check_size(inputs.shape[1])


def test_spectral_normalization_adds_no_parameters():
    make, settings, inputs, expected = COUNTS["discriminator"]
    assert count(build_on(make(spectral=True), inputs).trainable_variables) == expected
