"""DM-GAN's official checkpoints (MinfengZhu/DM-GAN) by name.

Plain state dicts, as AttnGAN's (see `zoo.importers.attn_gan`), whose text and image encoders it
uses. The discriminators differ by spectral normalisation: `<layer>.module.{weight_bar, bias,
weight_u, weight_v}` instead of batch norm.
"""

from zoo.importers.attn_gan import discriminator_targets
from zoo.importers.staged import doubling_targets, staged_targets
from zoo.importers.state_dict import conv, linear

__all__ = ["discriminator_targets", "generator_targets", "memory_stage_targets", "memory_targets"]


def memory_targets(name, memory):
    """The memory's part of an official `NEXT_STAGE_G`; `name` ends in a dot, or is empty."""
    targets = linear(f"{name}A", memory.word_gate) | linear(f"{name}B", memory.image_gate)
    for official, layer in (
        ("M_w", memory.word_memory),
        ("M_r", memory.image_memory),
        ("key", memory.key),
        ("value", memory.value),
    ):
        targets |= conv(f"{name}{official}.0", layer, "conv1d")
    return targets | conv(f"{name}response_gate.0", memory.response, "conv1x1")


def memory_stage_targets(name, stage):
    """Official `NEXT_STAGE_G`."""
    return memory_targets(name, stage.memory) | doubling_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` names -> targets in a `DMGANGenerator`."""
    return staged_targets(generator, memory_stage_targets)
