"""Golden parity of DRIT's blocks and networks."""

import numpy as np
import pytest

from tests.golden.golden import Case, built, nchw, nhwc, tensor
from zoo.importers import drit as names
from zoo.importers.state_dict import conv, load_state_dict
from zoo.models.drit import AttributeEncoder, ContentEncoder, DRITGenerator, blocks
from zoo.models.drit.discriminators import (
    ContentDiscriminator,
    MultiScaleDiscriminator,
    SingleScaleDiscriminator,
)

BLOCKS = {  # case: the block, from the case's configuration; its targets
    "block_basic": (
        lambda c: blocks.DownsampleBlock(c["cout"]),
        lambda block: names.downsample_targets("", block),
    ),
    "block_insres": (
        lambda c: blocks.DRITResidualBlock(),
        lambda block: names.residual_targets("", block),
    ),
    "block_layernorm": (
        lambda c: blocks.ImageLayerNorm(),
        lambda block: names.image_norm_targets("", block),
    ),
    "block_lrelu_conv": (
        lambda c: blocks.ReflectConvLeakyReLU(c["cout"], c["k"], c["s"], c["p"]),
        lambda block: names.leaky_targets("", block),
    ),
    "block_misinsres": (
        lambda c: blocks.ConditionalResidualBlock(),
        lambda block: names.conditional_residual_targets("", block),
    ),
    "block_relu_ins_conv": (
        lambda c: blocks.ConvInstanceNorm(c["cout"], c["s"]),
        lambda block: conv(".model.1", block.conv),
    ),
    "block_upconv_layernorm": (
        lambda c: blocks.UpsampleBlock(c["cout"]),
        lambda block: names.upsample_targets("", block),
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_block(precision, name):
    case = Case("drit", name)
    make, targets = BLOCKS[name]
    block = make(case.meta["config"])
    inputs = [tensor(nhwc(case.inputs["x"]))]
    if "z" in case.inputs:
        inputs.append(tensor(case.inputs["z"]))
    built(block, *inputs)
    found = {k.removeprefix("."): target for k, target in targets(block).items()}
    load_state_dict(found, case.params)
    case.check("y", nchw(block(*inputs)))
    case.check_all_seen()


def by_domain(case, name):
    return {d: tensor(nhwc(case.inputs[f"{name}{d}"])) for d in "ab"}


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_content_encoder(precision, mode):
    case = Case("drit", f"enc_content_{mode}")
    images = by_domain(case, "x")
    encoder = ContentEncoder(case.params["convA.0.model.1.weight"].shape[0])
    built(encoder, images)
    load_state_dict(names.content_encoder_targets(encoder), case.params)
    for domain, content in encoder(images).items():
        if mode == "train":  # as `forward.encode_content` adds it
            content = content + tensor(nhwc(case.inputs[f"noise_{domain}"]))
        case.check(f"content_{domain}", nchw(content))
    case.check_all_seen()


@pytest.mark.parametrize("name", ["enc_attr", "enc_attr_concat"])
def test_attribute_encoder(precision, name):
    case = Case("drit", name)
    concat, images = name.endswith("concat"), by_domain(case, "x")
    stem = case.params["conv_A.1.weight" if concat else "model_a.1.weight"]
    head = case.params["fc_A.0.bias" if concat else "model_a.16.bias"]
    encoder = AttributeEncoder(len(stem), len(head), concat)
    built(encoder, images)
    load_state_dict(names.attribute_encoder_targets(encoder), case.params)
    for domain, code in encoder(images).items():
        assert ("log_var" in code) == concat
        case.check(f"{'mu' if concat else 'attr'}_{domain}", code["mu"])
        if concat:
            case.check(f"logvar_{domain}", code["log_var"])
    case.check_all_seen()


@pytest.mark.parametrize("name", ["gen_concat", "gen_nonconcat"])
def test_generator(precision, name):
    case = Case("drit", name)
    inputs = {"content": tensor(nhwc(case.inputs["content"])), "attributes": case.inputs["z"]}
    inputs["attributes"] = tensor(inputs["attributes"])
    filters = inputs["content"].shape[-1] // 4
    generator = DRITGenerator(filters, case.inputs["z"].shape[1], name == "gen_concat")
    built(generator, {"a": inputs, "b": inputs})
    load_state_dict(names.generator_targets(generator), case.params)
    for domain in "ab":
        case.check(f"image_{domain}", nchw(generator({domain: inputs})[domain]))
    case.check_all_seen()


@pytest.mark.parametrize(
    "name",
    ["dis_multiscale", "dis_multiscale_norm_option", "dis_multiscale_sn_train", "dis_single",
     "dis_content"],
)  # fmt: skip
def test_discriminator(precision, name):
    """The official option of an instance norm has no effect, too."""
    case = Case("drit", name)
    training = case.meta["mode"] == "train"
    x = tensor(nhwc(case.inputs["content" if name == "dis_content" else "x"]))
    network = discriminator(case, name)
    built(network, x)
    targets = names.discriminator_targets(network)
    load_state_dict(targets, case.params)
    for i, logits in enumerate(network(x, training=training)):
        flat = case.outputs[f"logits{i}"].ndim == 1
        case.check(f"logits{i}", nchw(logits).reshape(-1) if flat else nchw(logits))
    if training:
        check_spectral(case, network, targets)
        first, second = network(x), network(x)  # outside training the vectors are unchanged
        for before, after in zip(first, second, strict=True):
            np.testing.assert_array_equal(before, after)
        case.checked.discard("logits0")
        case.check("logits0", nchw(first[0]))
    case.check_all_seen()


def discriminator(case, name):
    if name == "dis_content":
        layers = sum(".model.1.weight" in k for k in case.params) - 1
        return ContentDiscriminator(case.inputs["content"].shape[1], layers)
    sizes = names.discriminator_sizes(case.params)
    if name == "dis_single":
        assert sizes.pop("scales") == 1
        return SingleScaleDiscriminator(**sizes)
    return MultiScaleDiscriminator(**sizes)


def check_spectral(case, network, targets):
    """The new vectors u, and the kernels that the forward pass used."""
    for name, target in targets.items():
        if name.endswith("weight_u"):
            case.check(f"after/{name}", target.variable.numpy())
    layers = {}
    for i, scale in enumerate(network.scales):
        convs = [block.conv for block in scale.blocks]
        for j, layer in enumerate(convs):
            layers[f"after/Diss.{i}.{j}.model.1.weight"] = layer
        layers[f"after/Diss.{i}.{len(convs)}.weight"] = scale.logit
    for key, layer in layers.items():
        case.check(key, layer.divided_kernel().numpy().transpose(3, 2, 0, 1))
