"""MirrorGAN's official checkpoints (qiaott/MirrorGAN) by name.

Plain state dicts, as AttnGAN's (see `zoo.importers.attn_gan`), whose text encoder and
discriminators it uses: `netG_epoch_*.pth`, `netD0..2.pth`, `text_encoder.pth`, and of the
captioning network `cnn_encoder.ckpt` and `rnn_decoder.ckpt`.
"""

from zoo.errors import ZooError
from zoo.importers import stream
from zoo.importers.attn_gan import discriminator_targets, text_encoder_targets
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
from zoo.importers.stream import caption_decoder_targets, caption_encoder_targets

__all__ = [
    "IMPORTER",
    "attention_targets",
    "caption_decoder_targets",
    "caption_encoder_targets",
    "discriminator_targets",
    "generator_targets",
    "load",
    "stage_targets",
    "text_encoder_targets",
]
IMPORTER = Importer(
    repository="qiaott/MirrorGAN",
    files=("generator", "text_encoder", "captions"),
    options=("cnn_encoder", "rnn_decoder", "max_words"),
    marks=("h_net2.att.conv_sentence_vis.weight",),
)


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
    return targets | conv(f"{name}conv", stage.join, "conv1x1") | refinement_targets(name, stage)


def generator_targets(generator):
    """Official `G_NET` (or `G_DCGAN`) names -> targets in a `MirrorGANGenerator`."""
    return staged_targets(generator, stage_targets)


def load(
    generator,
    text_encoder,
    captions,
    max_words=None,
    cnn_encoder=None,
    rnn_decoder=None,
    **settings,
):
    """A `MirrorGAN` that generates with released weights.

    Args:
        generator: str. A `netG_epoch_*.pth`.
        text_encoder, captions, max_words: see `zoo.importers.attn_gan.load`; the encoder's
            cell is an LSTM.
        cnn_encoder, rnn_decoder: str or None, both or neither. `cnn_encoder.ckpt` and
            `rnn_decoder.ckpt`, the captioning network that it was trained with, for `describe`.
        **settings: other arguments of `MirrorGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.mirror_gan import MirrorGAN

    weights, text = read_state_dict(generator), read_state_dict(text_encoder)
    sizes, captioning, captioner_weights = generator_settings(weights), None, {}
    if cnn_encoder or rnn_decoder:
        if not (cnn_encoder and rnn_decoder):
            raise ZooError(
                "A captioning network needs two files, cnn_encoder and rnn_decoder: give both or "
                "neither."
            )
        captioning = stream.load(
            cnn_encoder, rnn_decoder, captions, image_size=sizes["stage_sizes"][-1]
        )
        sizes["captioner"] = captioning.captioner_config
        captioner_weights = captioning.network_variables()
    sizes |= {
        **caption_settings(captions, text, max_words),
        "generator_filters": size_of(weights, "h_net2.att.conv_context.weight", 0),
    }
    model = make_model(MirrorGAN, sizes, settings, weights, text, captioner_weights)
    if captioning is not None:
        model.load_stream(captioning)
    return load_weights(model, generator_targets, weights, text)
