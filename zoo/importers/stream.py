"""Checkpoints of STREAM, MirrorGAN's captioning network (qiaott/MirrorGAN).

`cnn_encoder.ckpt` and `rnn_decoder.ckpt` are plain state dicts. The authors released none.
"""

from zoo.importers.damsm import vocabulary
from zoo.importers.files import read_state_dict
from zoo.importers.registry import Importer
from zoo.importers.resnet import resnet_targets
from zoo.importers.state_dict import (
    Target,
    batch_norm,
    count_of,
    linear,
    load_state_dict,
    make_model,
    prefixed,
    size_of,
)

IMPORTER = Importer(
    repository="qiaott/MirrorGAN",
    files=("cnn_encoder", "rnn_decoder", "captions"),
    options=("max_words", "image_size"),
)


def caption_encoder_targets(encoder):
    """Official `CAPTION_CNN` names -> targets in a `ResNetCaptionEncoder`.

    Its ResNet is an unnamed sequence: 0 and 1 are the stem, 4 to 7 the stages.
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


def load(cnn_encoder, rnn_decoder, captions, max_words=18, **settings):
    """A `CaptionPretraining` with the weights of MirrorGAN's captioning network, for `load_stream`.

    Args:
        cnn_encoder, rnn_decoder: str. `cnn_encoder.ckpt` and `rnn_decoder.ckpt`.
        captions: str. The `captions.pickle` (or `bird_captions.pickle`) of the GAN.
        max_words: int. Maximum number of words of a generated caption.
        **settings: other arguments of `CaptionPretraining`, such as `image_size`, the GAN's (256).

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.mirror_gan import CaptionPretraining

    encoder, decoder = read_state_dict(cnn_encoder), read_state_dict(rnn_decoder)
    sizes = {
        "vocabulary": vocabulary(captions, decoder, "embed.weight").tokens,
        "max_words": max_words,
        "captioner": captioner_settings(encoder, decoder),
    }
    model = make_model(CaptionPretraining, sizes, settings, encoder, decoder)
    targets = prefixed("encoder.", caption_encoder_targets(model.captioner.encoder))
    targets |= prefixed("decoder.", caption_decoder_targets(model.captioner.decoder))
    load_state_dict(targets, prefixed("encoder.", encoder) | prefixed("decoder.", decoder))
    return model


def captioner_settings(encoder, decoder):
    """The arguments of a `Captioner` that follow from the arrays of its two files."""
    stages = []
    for number in range(4, 8):
        size_of(encoder, f"resnet.{number}.0.conv1.weight", 0)
        stages.append(count_of(encoder, rf"resnet\.{number}\.(\d+)\."))
    return {
        "kind": "resnet",
        "units": size_of(decoder, "lstm.weight_hh_l0", 1),
        "encoder": {
            "features": size_of(encoder, "linear.weight", 0),
            "blocks": stages,
            "filters": size_of(encoder, "resnet.0.weight", 0),
        },
    }
