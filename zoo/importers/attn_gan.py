"""AttnGAN's official checkpoints (taoxugit/AttnGAN): `bird_AttnGAN2.pth`, `netG_epoch_*.pth` ...

All are plain state dicts. The released weights of AttnGAN, DM-GAN and MirrorGAN were trained with
the mis-tiled word mask, `mask_tiling="official"`; the default keeps an image independent of its
neighbours in the batch.
"""

from zoo.importers.damsm import caption_settings, text_encoder_targets
from zoo.importers.files import read_state_dict
from zoo.importers.registry import Importer
from zoo.importers.staged import (
    conv_leaky_targets,
    generator_settings,
    load_weights,
    refinement_targets,
    staged_targets,
    trunk_targets,
)
from zoo.importers.state_dict import Target, conv, make_model, size_of

__all__ = [
    "IMPORTER",
    "attention_stage_targets",
    "discriminator_targets",
    "generator_targets",
    "load",
    "text_encoder_targets",
]
IMPORTER = Importer(
    repository="taoxugit/AttnGAN",
    files=("generator", "text_encoder", "captions"),
    options=("max_words",),
    marks=("h_net2.att.conv_context.weight",),
    without=("h_net2.att.conv_sentence_vis.weight",),  # MirrorGAN's
)


def attention_stage_targets(name, stage):
    """Official `NEXT_STAGE_G`."""
    keys = Target(stage.attention.keys.kernel, "conv1x1")
    return {f"{name}att.conv_context.weight": keys} | refinement_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in an `AttnGANGenerator`."""
    return staged_targets(generator, attention_stage_targets)


def discriminator_targets(discriminator):
    """Official `D_NET64`, `D_NET128`, `D_NET256` names -> targets in a `StageDiscriminator`.

    Batch norm has AttnGAN's names, spectral normalization DM-GAN's.
    """
    targets = trunk_targets(discriminator)
    if discriminator.conditional:
        head = discriminator.conditional_head
        targets |= conv_leaky_targets("COND_DNET.jointConv", head.joint)
        targets |= conv("COND_DNET.outlogits.0", head.logit)
    if discriminator.unconditional:
        targets |= conv("UNCOND_DNET.outlogits.0", discriminator.unconditional_head.logit)
    return targets


def load(generator, text_encoder, captions, max_words=None, **settings):
    """An `AttnGAN` that generates with released weights.

    Args:
        generator: str. `bird_AttnGAN2.pth`, `coco_AttnGAN2.pth`, `bird_AttnDCGAN2.pth` or a
            `netG_epoch_*.pth`.
        text_encoder: str. The `text_encoder*.pth` it was trained with.
        captions: str. The `captions.pickle` of that encoder: its word order is part of the weights.
        max_words: int or None. Words of a caption that are read, see `zoo.importers.damsm.load`.
        **settings: other arguments of `AttnGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.attn_gan import AttnGAN

    weights, text = read_state_dict(generator), read_state_dict(text_encoder)
    sizes = {
        **caption_settings(captions, text, max_words),
        **generator_settings(weights),
        "generator_filters": size_of(weights, "h_net2.att.conv_context.weight", 0),
        "single_image": "img_net.img.0.weight" in weights,
    }
    model = make_model(AttnGAN, sizes, settings, weights, text)
    return load_weights(model, generator_targets, weights, text)
