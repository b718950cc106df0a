"""Networks that are trained before a GAN and judge it: DAMSM, STREAM, ImageNet's Inception."""

import re

from zoo.importers import attn_gan, mirror_gan
from zoo.importers.inception import image_encoder_targets
from zoo.importers.official.captions import text_settings, vocabulary
from zoo.importers.official.files import read_state_dict
from zoo.importers.state_dict import (
    count_of,
    load_state_dict,
    make_model,
    prefixed,
    size_of,
)

_UNUSED = re.compile(r"(AuxLogits|fc)\.")  # parts of torchvision's file that no encoder runs


def damsm(text_encoder, image_encoder, captions, max_words=18, **settings):
    """A `DAMSM` of released encoders (`text_encoder*.pth`, `image_encoder*.pth`,
    `captions.pickle`).

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.damsm import DAMSM

    text, image = read_state_dict(text_encoder), read_state_dict(image_encoder)
    stem = size_of(image, "Conv2d_1a_3x3.conv.weight", 0)
    sizes = {
        "vocabulary": vocabulary(captions, text).tokens,
        "max_words": max_words,
        "text_encoder": text_settings(text),
        "image_encoder": {
            "kind": "inception_v3",
            "features": size_of(image, "emb_features.weight", 0),
            "width_divisor": 32 // stem,
        },
    }
    model = make_model(DAMSM, sizes, settings, text, image)
    targets = prefixed("text.", attn_gan.text_encoder_targets(model.text_encoder))
    targets |= prefixed("image.", image_encoder_targets(model.image_encoder))
    image = {k: v for k, v in image.items() if not _UNUSED.match(k)}
    load_state_dict(targets, prefixed("text.", text) | prefixed("image.", image))
    return model


def load_inception_trunk(encoder, path):
    """Gives an `InceptionImageEncoder` torchvision's ImageNet weights
    (`inception_v3_google-*.pth`)."""
    trunk = {k: t for k, t in image_encoder_targets(encoder).items() if not k.startswith("emb_")}
    given = {k: v for k, v in read_state_dict(path).items() if not _UNUSED.match(k)}
    load_state_dict(trunk, given)


def stream(cnn_encoder, rnn_decoder, captions, max_words=18, **settings):
    """A `Stream` of MirrorGAN's captioning network, for `MirrorGAN.load_stream`.

    Args:
        cnn_encoder, rnn_decoder: str. `cnn_encoder.ckpt` and `rnn_decoder.ckpt`. The authors
            released none.
        captions: str. The `captions.pickle` (or `bird_captions.pickle`) of the GAN.
        max_words: int. Words that are told of a picture, at most.
        **settings: other arguments of `Stream`, such as `image_size`, the GAN's (256).

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.mirror_gan import Stream

    encoder, decoder = read_state_dict(cnn_encoder), read_state_dict(rnn_decoder)
    sizes = {
        "vocabulary": vocabulary(captions, decoder, "embed.weight").tokens,
        "max_words": max_words,
        "captioner": captioner_settings(encoder, decoder),
    }
    model = make_model(Stream, sizes, settings, encoder, decoder)
    targets = prefixed("encoder.", mirror_gan.caption_encoder_targets(model.captioner.encoder))
    targets |= prefixed("decoder.", mirror_gan.caption_decoder_targets(model.captioner.decoder))
    load_state_dict(targets, prefixed("encoder.", encoder) | prefixed("decoder.", decoder))
    return model


def captioner_settings(encoder, decoder):
    """The arguments of a `Captioner` that the arrays of its two files tell."""
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
