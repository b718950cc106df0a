"""StackGAN-v2's official checkpoints (hanzhanggit/StackGAN-v2, HelenMao/MSGAN) by name.

`netG_<iteration>.pth`, `netD0..2.pth` are state dicts saved from a `DataParallel`: every name
starts with `module.`, which `zoo.importers.files.read_state_dict` removes.
"""

import numpy as np

from zoo.importers.files import read_state_dict
from zoo.importers.registry import Importer
from zoo.importers.staged import (
    conv_glu_targets,
    conv_leaky_targets,
    generator_settings,
    refinement_targets,
    staged_targets,
    trunk_targets,
)
from zoo.importers.state_dict import LAYOUTS, Target, conv, load_state_dict, make_model, size_of

IMPORTER = Importer(
    repository="hanzhanggit/StackGAN-v2",
    files=("generator",),
    marks=("h_net2.jointConv.0.weight",),
)


def condition_first(kernel):
    """Layout of the joint convolution, whose official input is [condition, features].

    Here it is [features, condition]. The number of output channels equals the number of features,
    so the remaining inputs are the condition.
    """
    inputs, features = kernel.shape[2:]
    from_official, to_official = LAYOUTS["conv"]
    return (
        lambda a: np.roll(from_official(a), features - inputs, axis=2),
        lambda a: to_official(np.roll(a, inputs - features, axis=2)),
    )


def discriminator_targets(discriminator):
    """Official `D_NET64`, `D_NET128`, `D_NET256` names -> targets in a `StageDiscriminator`.

    `logits` is the conditional head, or the unconditional head of a model without a condition.
    """
    targets = trunk_targets(discriminator)
    if not discriminator.conditional:
        return targets | conv("logits.0", discriminator.unconditional_head.logit)
    head = discriminator.conditional_head
    targets |= conv_leaky_targets("jointConv", head.joint) | conv("logits.0", head.logit)
    kernel = head.joint.conv.kernel
    targets["jointConv.0.weight"] = Target(kernel, condition_first(kernel))
    if discriminator.unconditional:
        targets |= conv("uncond_logits.0", discriminator.unconditional_head.logit)
    return targets


def concat_stage_targets(name, stage):
    """Official `NEXT_STAGE_G`; `name` ends in a dot, or is empty."""
    joint = conv_glu_targets(f"{name}jointConv", stage.joint, first=0)
    return joint | refinement_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` names -> targets in a `StackGANV2Generator`, with or without text."""
    return staged_targets(generator, concat_stage_targets)


def load(generator, **settings):
    """A `StackGANV2` that generates with released weights.

    Its condition is a pre-computed sentence embedding (the released ones are of a char-CNN-RNN that
    is not part of the checkpoint), or none if the generator was trained without text.

    Args:
        generator: str. A `netG_<iteration>.pth`, of StackGAN-v2 or of MSGAN.
        **settings: other arguments of `StackGANV2`.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """
    from zoo.models.stackgan_v2 import StackGANV2

    weights = read_state_dict(generator)
    text = {"kind": "none"}
    if "ca_net.fc.weight" in weights:
        text = {"kind": "embeddings", "features": size_of(weights, "ca_net.fc.weight", 1)}
    sizes = {
        "text_encoder": text,
        "generator_filters": size_of(weights, "img_net1.img.0.weight", 1),
        **generator_settings(weights),
    }
    model = make_model(StackGANV2, sizes, settings, weights)
    load_state_dict(generator_targets(model.generator), weights)
    model.ema.reset()
    return model
