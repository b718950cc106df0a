"""Golden parity of StackGAN-v2's discriminators and their blocks."""

import pytest
import tensorflow as tf

from tests.golden import discriminators
from tests.golden.golden import Case, check_after, nchw, nhwc, tensor
from tests.golden.scale import count
from zoo.importers import stackgan_v2 as names
from zoo.importers.staged import conv_leaky_targets
from zoo.importers.state_dict import load_state_dict, prefixed
from zoo.layers.stackgan_blocks import ConvLeakyReLU
from zoo.networks.build import build_on, symbolic_input
from zoo.networks.stage_discriminator import StageDiscriminator

# From the fact sheet: with and without a condition.
COUNTS = {
    (64, True): 5_723_906,
    (128, True): 18_834_178,
    (256, True): 71_269_122,
    (64, False): 2_765_569,
    (128, False): 15_875_841,
    (256, False): 68_310_785,
}


class Blocks:
    """The blocks of discriminators in the case `blocks`, each a list of `ConvLeakyReLU`."""

    def __init__(self, case):
        joint = case.params["Block3x3_leakRelu/0.weight"].shape[0]
        down = case.params["downBlock/0.weight"].shape[0]
        first = case.params["encode_image_by_16times/0.weight"].shape[0]
        self.blocks = {
            "Block3x3_leakRelu": [ConvLeakyReLU(joint)],
            "downBlock": [ConvLeakyReLU(down, stride=2)],
            "encode_image_by_16times": StageDiscriminator(64, first).blocks,
        }

    def run(self, name, x, training):
        for block in self.blocks[name]:
            x = block(x, training=training)
        return x


@pytest.mark.parametrize("name", ["Block3x3_leakRelu", "downBlock", "encode_image_by_16times"])
def test_blocks(precision, name):
    case = Case("stackgan_v2", "blocks")
    blocks, x = Blocks(case), tensor(nhwc(case.inputs[name]))
    blocks.run(name, x, training=False)
    targets = conv_leaky_targets(name, *blocks.blocks[name])
    load_state_dict(targets, prefixed(f"{name}.", case.param(f"{name}/")))
    for mode, training in (("eval", False), ("train", True)):
        case.check(f"{name}/{mode}/y", nchw(blocks.run(name, x, training)))
    own = {k.removeprefix(f"{name}."): t for k, t in targets.items()}
    check_after(case, own, f"{name}/train/after/")
    case.check_all_seen(ignore=rf"num_batches_tracked$|^(?!{name}/)")


@pytest.mark.parametrize("version", ["64_cond", "128_cond", "256_cond", "64_uncond"])
def test_discriminator(precision, version):
    case = Case("stackgan_v2", f"d_net{version}")
    images, sentence = tensor(nhwc(case.inputs["x"])), case.inputs.get("c_code")
    heads = {"logit": "unconditional"}
    if sentence is not None:
        sentence, heads = tensor(sentence), {"cond": "conditional", "uncond": "unconditional"}
    network, targets = discriminators.load(
        names, case.param(), images, sentence, conditional=sentence is not None
    )
    for mode, training in (("eval", False), ("train", True)):
        features = network(images, training=training)
        logits = network.logits(features, sentence, training=training)
        for official, ours in heads.items():
            case.check(f"{mode}/{official}", tf.sigmoid(logits[ours]))
    check_after(case, targets, "train/after/")
    case.check_all_seen()


@pytest.mark.parametrize(("size", "conditional"), COUNTS)
def test_parameter_counts(quick_weights, size, conditional):
    network = StageDiscriminator(size, 64, conditional=conditional, name="discriminator")
    inputs = [symbolic_input(2, size, size, 3)] + [symbolic_input(2, 128)] * conditional
    assert count(build_on(network, *inputs).trainable_variables) == COUNTS[size, conditional]
