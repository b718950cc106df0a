"""Parameter counts and official checkpoint names at the papers' sizes."""

import pytest

from tests.golden.scale import count, official_shapes, shapes_of
from zoo.importers import attn_gan as names
from zoo.models.attn_gan.generator import AttnGANGenerator
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.stage_discriminator import StageDiscriminator
from zoo.networks.text_encoder import RNNTextEncoder

# From the fact sheet: CUB and COCO.
SETTINGS = {
    "cub": {"filters": 32, "nd": 64, "residual_blocks": 2, "tokens": 5450},
    "coco": {"filters": 48, "nd": 96, "residual_blocks": 3, "tokens": 27297},
}
COUNTS = {
    ("cub", "generator"): 7_084_592,
    ("coco", "generator"): 13_811_456,
    ("cub", 64): 6_313_730,
    ("cub", 128): 19_424_002,
    ("cub", 256): 71_858_946,
    ("coco", 64): 13_304_450,
    ("coco", 128): 42_800_258,
    ("coco", 256): 160_774_274,
    ("cub", "text"): 2_075_320,
    ("coco", "text"): 8_629_420,
}
PARTS = {"augmentation": 102_800, "initial": 6_444_928, "refinement_1": 267_136, "image_64": 864}


pytestmark = pytest.mark.usefixtures("quick_weights")


def generator(data):
    s = SETTINGS[data]
    network = AttnGANGenerator(
        (64, 128, 256), s["filters"], s["residual_blocks"], 100, name="generator"
    )
    return build_on(
        network,
        {
            "words": symbolic_input(2, 18, 256),
            "sentence": symbolic_input(2, 256),
            "latents": symbolic_input(2, 100),
            "mask": symbolic_input(2, 18, dtype="bool"),
            "noise": symbolic_input(2, 100),
        },
    )


def discriminator(data, size):
    network = StageDiscriminator(size, SETTINGS[data]["nd"], name="discriminator")
    return build_on(network, symbolic_input(2, size, size, 3), symbolic_input(2, 256))


def text_encoder(data):
    network = RNNTextEncoder(SETTINGS[data]["tokens"], name="text_encoder")
    return build_on(network, symbolic_input(2, 18, dtype="int32"), symbolic_input(2, dtype="int32"))


@pytest.mark.parametrize(("data", "part"), COUNTS, ids=str)
def test_parameter_counts(data, part):
    makers = {"generator": generator, "text": text_encoder}
    network = makers[part](data) if part in makers else discriminator(data, part)
    assert count(network.trainable_variables) == COUNTS[data, part]


def test_parameter_counts_of_the_generators_parts():
    network = generator("cub")
    for name, expected in PARTS.items():
        own = [v for v in network.trainable_variables if v.path.split("/")[1] == name]
        assert count(own) == expected, name


@pytest.mark.parametrize("net", ["netG", "netD0", "netD1", "netD2", "text_encoder"])
def test_every_official_name_has_a_target_of_its_shape(net):
    """The image encoder's: test_image_encoder.py."""
    if net == "netG":
        targets = names.generator_targets(generator("cub"))
    elif net.startswith("netD"):
        targets = names.discriminator_targets(discriminator("cub", 64 * 2 ** int(net[-1])))
    else:
        targets = names.text_encoder_targets(text_encoder("coco"))
    official = official_shapes("attngan", net)
    assert shapes_of(targets) == official
