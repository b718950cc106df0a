"""The systems that read text: AttnGAN, DM-GAN, MirrorGAN, StackGAN++, XMC-GAN.

The released weights of the first three were trained with the mis-tiled padding mask,
`mask_tiling="official"`; the default keeps a picture independent of its neighbours in the batch.
"""

from zoo.errors import ZooError
from zoo.importers import attn_gan as names
from zoo.importers.official.captions import text_settings, vocabulary
from zoo.importers.official.files import read_state_dict
from zoo.importers.official.pretraining import stream
from zoo.importers.state_dict import count_of, load_state_dict, make_model, size_of

FIRST_SIZE = 64  # the official generators start with four doublings of 4x4


def attn_gan(generator, text_encoder, captions, max_words=18, **settings):
    """An `AttnGAN` that generates with released weights.

    Args:
        generator: str. `bird_AttnGAN2.pth`, `coco_AttnGAN2.pth`, `bird_AttnDCGAN2.pth` or a
            `netG_epoch_*.pth`.
        text_encoder: str. The `text_encoder*.pth` it was trained with.
        captions: str. The `captions.pickle` of that encoder: its word order is part of the weights.
        max_words: int. Words of a caption that are read.
        **settings: other arguments of `AttnGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.attn_gan import AttnGAN

    weights, text = read_state_dict(generator), read_state_dict(text_encoder)
    sizes = {
        **_caption_settings(captions, text, max_words),
        **_generator_settings(weights),
        "generator_filters": size_of(weights, "h_net2.att.conv_context.weight", 0),
        "single_image": "img_net.img.0.weight" in weights,
    }
    model = make_model(AttnGAN, sizes, settings, weights, text)
    return _with_weights(model, names.generator_targets, weights, text)


def dm_gan(generator, text_encoder, captions, max_words=18, **settings):
    """A `DMGAN` that generates with released weights.

    Args:
        generator: str. `bird_DMGAN.pth`, `coco_DMGAN.pth` or a `netG_epoch_*.pth`.
        text_encoder, captions, max_words: see `attn_gan`; the encoders are AttnGAN's files.
        **settings: other arguments of `DMGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.importers.dm_gan import generator_targets
    from zoo.models.dm_gan import DMGAN

    weights, text = read_state_dict(generator), read_state_dict(text_encoder)
    sizes = {
        **_caption_settings(captions, text, max_words),
        **_generator_settings(weights),
        "generator_filters": size_of(weights, "h_net2.B.weight", 1),
    }
    model = make_model(DMGAN, sizes, settings, weights, text)
    return _with_weights(model, generator_targets, weights, text)


def mirror_gan(
    generator,
    text_encoder,
    captions,
    max_words=18,
    cnn_encoder=None,
    rnn_decoder=None,
    **settings,
):
    """A `MirrorGAN` that generates with released weights.

    Args:
        generator: str. A `netG_epoch_*.pth`.
        text_encoder, captions, max_words: see `attn_gan`; the encoder's cell is an LSTM.
        cnn_encoder, rnn_decoder: str or None, both or neither. `cnn_encoder.ckpt` and
            `rnn_decoder.ckpt`, the captioning network that trained it, for `describe`.
        **settings: other arguments of `MirrorGAN`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.importers.mirror_gan import generator_targets
    from zoo.models.mirror_gan import MirrorGAN

    weights, text = read_state_dict(generator), read_state_dict(text_encoder)
    sizes, reader, told = _generator_settings(weights), None, {}
    if cnn_encoder or rnn_decoder:
        if not (cnn_encoder and rnn_decoder):
            raise ZooError("A captioning network is two files: cnn_encoder and rnn_decoder.")
        image_size = sizes["stage_sizes"][-1]
        reader = stream(cnn_encoder, rnn_decoder, captions, max_words, image_size=image_size)
        sizes["captioner"] = reader.captioner_config
        told = reader.network_variables()
    sizes |= {
        **_caption_settings(captions, text, max_words),
        "generator_filters": size_of(weights, "h_net2.att.conv_context.weight", 0),
    }
    model = make_model(MirrorGAN, sizes, settings, weights, text, told)
    if reader is not None:
        model.load_stream(reader)
    return _with_weights(model, generator_targets, weights, text)


def stackgan_v2(generator, **settings):
    """A `StackGANV2` that generates with released weights.

    It reads pre-computed sentence embeddings (the released ones are of a char-CNN-RNN that is not
    part of the checkpoint), or nothing if the generator was trained without text.

    Args:
        generator: str. A `netG_<iteration>.pth`, of StackGAN-v2 or of MSGAN.
        **settings: other arguments of `StackGANV2`.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """
    from zoo.importers.stackgan_v2 import generator_targets
    from zoo.models.stackgan_v2 import StackGANV2

    weights = read_state_dict(generator)
    text = {"kind": "none"}
    if "ca_net.fc.weight" in weights:
        text = {"kind": "embeddings", "features": size_of(weights, "ca_net.fc.weight", 1)}
    sizes = {
        "text_encoder": text,
        "generator_filters": size_of(weights, "img_net1.img.0.weight", 1),
        **_generator_settings(weights),
    }
    model = make_model(StackGANV2, sizes, settings, weights)
    load_state_dict(generator_targets(model.generator), weights)
    model.ema.reset()
    return model


def xmc_gan(checkpoint, text_encoder=None, training=False, **settings):
    """An `XMCGAN` with the networks of a run of the official code; its authors released none.

    Args:
        checkpoint: str. `checkpoints-<host>/ckpt-<n>.flax`.
        text_encoder: dict or None. `{"kind": "hub", ...}`, the modules whose vectors it was trained
            on (see `zoo.conditions.hub_captions`): BERT base, if it names none. Without it the
            model reads vectors that were computed elsewhere.
        training: bool. Whether to load the discriminator too, to train on; the optimizers' states
            are not taken over.
        **settings: other arguments of `XMCGAN`, such as `max_words` (17).

    Raises:
        ZooError: the file cannot be read or is of another network, or the text encoder's vectors
            have another size.
    """
    from zoo.importers import xmc_gan as xmc_names

    arrays = read_state_dict(checkpoint)
    return xmc_names.xmc_gan(arrays, text_encoder, training, **settings)


def _caption_settings(captions, text, max_words):
    """The arguments of a system that reads captions with a released text encoder."""
    return {
        "vocabulary": vocabulary(captions, text).tokens,
        "max_words": max_words,
        "text_encoder": text_settings(text),
    }


def _generator_settings(weights):
    """The arguments that every generator in stages has, but for its filters."""
    condition = 0
    if "ca_net.fc.weight" in weights:
        condition = size_of(weights, "ca_net.fc.weight", 0) // 4
    return {
        "stage_sizes": [FIRST_SIZE * 2**i for i in range(count_of(weights, r"h_net(\d+)\."))],
        "residual_blocks": count_of(weights, r"h_net2\.residual\.(\d+)\."),
        "condition_dim": condition,
        "latent_dim": size_of(weights, "h_net1.fc.0.weight", 1) - condition,
    }


def _with_weights(model, generator_targets, weights, text):
    """The model, with released weights in its text encoder, generator and moving average."""
    load_state_dict(names.text_encoder_targets(model.text_encoder), text)
    load_state_dict(generator_targets(model.generator), weights)
    model.ema.reset()
    return model
