"""StackGAN-v2's official checkpoints (hanzhanggit/StackGAN-v2, HelenMao/MSGAN) by name.

`netG_<iteration>.pth`, `netD0..2.pth` are state dicts saved from a `DataParallel`: every name
starts with `module.`, which `zoo.importers.official.read_state_dict` takes off.
"""

import numpy as np

from zoo.importers.staged import (
    conv_glu_targets,
    conv_leaky_targets,
    doubling_targets,
    staged_targets,
    trunk_targets,
)
from zoo.importers.state_dict import LAYOUTS, Target, conv


def condition_first(kernel):
    """Layout of the joint convolution, whose official input is [condition, features].

    Ours is [features, condition]. It gives as many channels as there are features, so the rest of
    its inputs is the condition.
    """
    inputs, features = kernel.shape[2:]
    from_official, to_official = LAYOUTS["conv"]
    return (
        lambda a: np.roll(from_official(a), features - inputs, axis=2),
        lambda a: to_official(np.roll(a, inputs - features, axis=2)),
    )


def discriminator_targets(discriminator):
    """Official `D_NET64`, `D_NET128`, `D_NET256` names -> targets in a `StageDiscriminator`.

    `logits` is the conditional head, or that of the unconditional task where no condition exists.
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


def joining_stage_targets(name, stage):
    """Official `NEXT_STAGE_G`; `name` ends in a dot, or is empty."""
    joint = conv_glu_targets(f"{name}jointConv", stage.joint, first=0)
    return joint | doubling_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` names -> targets in a `StackGANV2Generator`, with or without text."""
    return staged_targets(generator, joining_stage_targets)
