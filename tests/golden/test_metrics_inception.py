"""Golden parity of FID's and the Inception score's preprocessing and network of 2015."""

import pytest

from tests.golden import procedural
from tests.golden.golden import Case, description, tensor
from zoo.importers.fid_inception import inception_targets
from zoo.metrics.inception_input import inception_input
from zoo.networks.backbones.fid_inception import FidInception
from zoo.networks.build import build_on, symbolic_input

OURS = {
    "pytorch_fid": "pytorch_fid",
    "dmgan_fid": "dm_gan_fid",
    "is_uint8_299": "openai_score",
    "is_bird": "bird_score",
    "xmc_gan": "xmc_gan",
    "tf_image_resize": "pytorch_fid",  # XMC-GAN's TensorFlow code: the same without anti-aliasing
}


CHANNELS_FIRST = ("pytorch_fid", "dmgan_fid")  # what PyTorch code made


@pytest.fixture(scope="module")
def network():
    return build_on(FidInception(name="inception"), symbolic_input(None, 299, 299, 3))


def test_layers(network):
    targets = inception_targets(network)
    shapes = {name: t.to_official(t.variable).shape for name, t in targets.items()}
    layers = description("metrics", "inception_fid_layers")["layers"]
    official = {f"{name}.conv.weight": (out, of, *kernel) for name, of, out, kernel, *_ in layers}
    assert official == {name: s for name, s in shapes.items() if name.endswith("conv.weight")}


def test_preprocessing():
    case = Case("metrics", "inception_preprocess")
    step = case.meta["stride"]
    for key in case.outputs:
        image, official = key.split("/")
        (got,) = inception_input(case.inputs[image][None], OURS[official])[:, ::step, ::step]
        case.check(key, got.transpose(2, 0, 1) if official in CHANNELS_FIRST else got)
    case.check_all_seen()


def test_features(network):
    case = Case("metrics", "inception_fid_procedural")
    targets = inception_targets(network)
    procedural.load(targets)
    outputs = network(tensor(inception_input(case.inputs["images_u8"], "pytorch_fid")))
    for channels, values in outputs["taps"].items():
        case.check(f"feature{channels}", values)
    case.check("feature2048", outputs["features"])
    case.check_all_seen()
