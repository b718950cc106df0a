"""Golden parity of StackGAN-v2's generator and its parts, loaded through the importer."""

import re

import pytest
import tensorflow as tf

from tests.golden.golden import (
    Case,
    built,
    check_after,
    check_views,
    nchw,
    nhwc,
    stage_sizes,
    tensor,
)
from zoo.importers import stackgan_v2 as names
from zoo.importers.staged import (
    augmentation_targets,
    conv_glu_targets,
    initial_stage_targets,
    residual_targets,
)
from zoo.importers.state_dict import conv, load_state_dict, prefixed
from zoo.layers.conditioning_augmentation import ConditioningAugmentation
from zoo.layers.stackgan_blocks import ConvGLU, ResidualBlock, conv3x3
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.stackgan_v2.generator import ConcatStage, StackGANV2Generator
from zoo.networks.staged_generator import InitialStage

MODES = (("eval", False), ("train", True))


def test_conditioning_augmentation(precision):
    case = Case("stackgan_v2", "ca_net")
    text, eps = tensor(case.inputs["text"]), tensor(case.inputs["eps"])
    layer = ConditioningAugmentation(eps.shape[1])
    built(layer, text, eps)
    load_state_dict(augmentation_targets("ca", layer), prefixed("ca.", case.param()))
    condition, mu, log_var = layer(text, eps)
    case.check("c_code", condition)
    case.check("mu", mu)
    case.check("logvar", log_var)
    case.check("kl", kl_to_standard_normal(mu, log_var)[None])
    case.check_all_seen()


@pytest.mark.parametrize("name", ["upBlock", "Block3x3_relu", "ResBlock", "GET_IMAGE_G"])
def test_blocks(precision, name):
    case = Case("stackgan_v2", "blocks")
    x, p = tensor(nhwc(case.inputs[name])), case.param(f"{name}/")
    if name == "upBlock":
        block = ConvGLU(p["1.weight"].shape[0] // 2, upsample=True)
        make_targets = conv_glu_targets
    elif name == "Block3x3_relu":
        block = ConvGLU(p["0.weight"].shape[0] // 2)
        make_targets = lambda name, block: conv_glu_targets(name, block, first=0)  # noqa: E731
    elif name == "ResBlock":
        block, make_targets = ResidualBlock(), residual_targets
    else:
        block = conv3x3(3, activation="tanh")
        make_targets = lambda name, block: conv(f"{name}.img.0", block)  # noqa: E731
    built(block, x)
    targets = make_targets(name, block)
    load_state_dict(targets, prefixed(f"{name}.", p))
    for mode, training in MODES:
        y = block(x) if name == "GET_IMAGE_G" else block(x, training=training)
        case.check(f"{name}/{mode}/y", nchw(y))
    own = {k.removeprefix(f"{name}."): t for k, t in targets.items()}
    check_after(case, own, f"{name}/train/after/")
    case.check_all_seen(ignore=rf"num_batches_tracked$|^(?!{name}/)")


def test_initial_stage(precision):
    case = Case("stackgan_v2", "init_stage_g")
    p = case.param()
    code = tf.concat([tensor(case.inputs["c_code"]), tensor(case.inputs["z_code"])], axis=1)
    doublings = sum(bool(re.fullmatch(r"upsample\d+\.1\.weight", k)) for k in p)
    width = p["fc.0.weight"].shape[0] // 32
    stage = InitialStage(4 * 2**doublings, width // 2**doublings)
    built(stage, code)
    targets = initial_stage_targets("h", stage)
    load_state_dict(targets, prefixed("h.", p))
    for mode, training in MODES:
        check_views(case, f"{mode}/h_code", nchw(stage(code, training=training)))
    check_after(case, {k[2:]: t for k, t in targets.items()}, "train/after/")
    case.check_all_seen()


def test_joining_stage(precision):
    case = Case("stackgan_v2", "next_stage_g")
    features = tensor(nhwc(case.inputs["h_code"]))
    condition = tensor(case.inputs["c_code"])
    blocks = {k.split(".")[1] for k in case.params if k.startswith("residual.")}
    stage = ConcatStage(features.shape[-1] // 2, len(blocks))
    built(stage, features, condition)
    targets = names.concat_stage_targets("", stage)
    load_state_dict(targets, case.param())
    for mode, training in MODES:
        case.check(f"{mode}/h_code", nchw(stage(features, condition, training=training)))
    check_after(case, targets, "train/after/")
    case.check_all_seen()


@pytest.mark.parametrize("version", ["cond", "uncond"])
def test_generator(precision, version):
    case = Case("stackgan_v2", f"g_net_{version}")
    config, i, p = case.meta["config"], case.inputs, case.param()
    inputs = {"latents": tensor(i["z_code"])}
    if version == "cond":
        inputs |= {"sentence": tensor(i["text"]), "noise": tensor(i["eps"])}
    blocks = {k.split(".")[2] for k in p if k.startswith("h_net2.residual.")}
    generator = StackGANV2Generator(
        stage_sizes(p),
        config["GF_DIM"],
        len(blocks),
        condition_dim=config["EMBEDDING_DIM"] if version == "cond" else 0,
    )
    built(generator, inputs)
    targets = names.generator_targets(generator)
    load_state_dict(targets, p)
    for mode, training in MODES:
        outputs = generator(inputs, training=training)
        for stage, images in enumerate(outputs["images"]):
            check_views(case, f"{mode}/fake_img{stage + 1}", nchw(images))
        if version == "cond":
            case.check(f"{mode}/mu", outputs["mu"])
            case.check(f"{mode}/logvar", outputs["log_var"])
        else:
            assert set(outputs) == {"images"}
    check_after(case, targets, "train/after/")
    case.check_all_seen()
