"""MirrorGAN's official checkpoints (qiaott/MirrorGAN) by name.

Plain state dicts, as AttnGAN's (see `zoo.importers.attn_gan`), whose text encoder and
discriminators it uses: `netG_epoch_*.pth`, `netD0..2.pth`, `text_encoder.pth`, and of the
captioning network `cnn_encoder.ckpt` and `rnn_decoder.ckpt`.
"""

from zoo.importers.attn_gan import discriminator_targets, text_encoder_targets
from zoo.importers.resnet import resnet_targets
from zoo.importers.staged import doubling_targets, staged_targets
from zoo.importers.state_dict import Target, batch_norm, conv, linear

__all__ = [
    "attention_targets",
    "caption_decoder_targets",
    "caption_encoder_targets",
    "discriminator_targets",
    "generator_targets",
    "stage_targets",
    "text_encoder_targets",
]


def attention_targets(name, attention):
    """Official `GLAttentionGeneral`; `name` ends in a dot, or is empty."""
    return (
        conv(f"{name}conv_context", attention.words.keys, "conv1x1")
        | conv(f"{name}conv_sentence_vis", attention.gate, "conv1x1")
        | linear(f"{name}linear", attention.sentence)
    )


def stage_targets(name, stage):
    """Official `NEXT_STAGE_G`."""
    targets = attention_targets(f"{name}att.", stage.attention)
    return targets | conv(f"{name}conv", stage.join, "conv1x1") | doubling_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in a `MirrorGANGenerator`."""
    return staged_targets(generator, stage_targets)


def caption_encoder_targets(encoder):
    """Official `CAPTION_CNN` names -> targets in a `ResNetCaptionEncoder`.

    Its ResNet is a sequence without names: 0 and 1 are the stem, 4 to 7 the stages.
    """
    numbers = {"conv1": 0, "bn1": 1, **{f"layer{i}": i + 3 for i in range(1, 5)}}
    targets = {}
    for name, target in resnet_targets(encoder.trunk).items():
        first, rest = name.split(".", 1)
        targets[f"resnet.{numbers[first]}.{rest}"] = target
    return targets | linear("linear", encoder.linear) | batch_norm("bn", encoder.norm)


def caption_decoder_targets(decoder):
    """Official `CAPTION_RNN` names -> targets in a `CaptionDecoder`."""
    cell = decoder.rnn.cell
    return {
        "embed.weight": Target(decoder.embedding.embeddings),
        "lstm.weight_ih_l0": Target(cell.kernel, "linear"),
        "lstm.weight_hh_l0": Target(cell.recurrent_kernel, "linear"),
        "lstm.bias_ih_l0": Target(cell.bias),
        "lstm.bias_hh_l0": Target(cell.recurrent_bias),
    } | linear("linear", decoder.linear)
