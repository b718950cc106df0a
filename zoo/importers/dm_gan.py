"""DM-GAN's official checkpoints (MinfengZhu/DM-GAN) by name.

Plain state dicts, as AttnGAN's (see `zoo.importers.attn_gan`), whose text and image encoders it
uses. The discriminators differ by spectral normalization: `<layer>.module.{weight_bar, bias,
weight_u, weight_v}` instead of batch norm.
"""

from zoo.importers.attn_gan import discriminator_targets
from zoo.importers.damsm import caption_settings
from zoo.importers.files import read_state_dict
from zoo.importers.registry import Importer
from zoo.importers.staged import (
    generator_settings,
    load_weights,
    refinement_targets,
    staged_targets,
)
from zoo.importers.state_dict import conv, linear, make_model, size_of

__all__ = [
    "IMPORTER",
    "discriminator_targets",
    "generator_targets",
    "load",
    "memory_stage_targets",
    "memory_targets",
]
IMPORTER = Importer(
    repository="MinfengZhu/DM-GAN",
    files=("generator", "text_encoder", "captions"),
    options=("max_words",),
    marks=("h_net2.A.weight",),
)


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
    return memory_targets(name, stage.memory) | refinement_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` names -> targets in a `DMGANGenerator`."""
    return staged_targets(generator, memory_stage_targets)


def load(generator, text_encoder, captions, max_words=None, **settings):
    """A `DMGAN` that generates with released weights.

    Args:
        generator: str. `bird_DMGAN.pth`, `coco_DMGAN.pth` or a `netG_epoch_*.pth`.
        text_encoder, captions, max_words: see `zoo.importers.attn_gan.load`; the encoders are
            AttnGAN's files.
        **settings: other arguments of `DMGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.dm_gan import DMGAN

    weights, text = read_state_dict(generator), read_state_dict(text_encoder)
    sizes = {
        **caption_settings(captions, text, max_words),
        **generator_settings(weights),
        "generator_filters": size_of(weights, "h_net2.B.weight", 1),
    }
    model = make_model(DMGAN, sizes, settings, weights, text)
    return load_weights(model, generator_targets, weights, text)
