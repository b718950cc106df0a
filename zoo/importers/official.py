"""Models of the zoo from the files that the authors of the papers released.

    model = official.attn_gan(
        generator="bird_AttnGAN2.pth", text_encoder="text_encoder200.pth",
        captions="captions.pickle")
    model.save_to_preset("attn_gan_birds")

Every size is read from the files. The released weights were trained with the mis-tiled padding
mask, `mask_tiling="official"`; the default keeps a picture independent of its neighbours in the
batch.
"""

import os
import re

import numpy as np

from zoo.errors import ZooError
from zoo.importers import attn_gan as names
from zoo.importers.inception import image_encoder_targets
from zoo.importers.state_dict import load_state_dict, prefixed

FORMS = "a PyTorch file (.pth, .pt), or its arrays as .npz"
FIRST_SIZE = 64  # the official generators start with four doublings of 4x4


def read_state_dict(path):
    """The arrays of a checkpoint by official name, without running what the file may contain.

    Args:
        path: str. `.npz`, or `.pth` / `.pt` (needs PyTorch; read with `weights_only=True`).

    Returns:
        dict of str -> NumPy array.

    Raises:
        ZooError: a missing or unreadable file, an unknown form, or PyTorch is not installed.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise ZooError(f"Checkpoint {path} does not exist; expected {FORMS}.")
    extension = os.path.splitext(path)[1]
    if extension not in (".npz", ".pth", ".pt"):
        raise ZooError(f"Checkpoint {path} has an unknown form; expected {FORMS}.")
    try:
        if extension == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                arrays = {name: arrays[name] for name in arrays.files}
        else:
            arrays = _read_pytorch(path)
    except ZooError:
        raise
    except Exception as error:  # a broken file can fail in any way
        raise ZooError(f"Checkpoint {path} cannot be read as {FORMS}: {error}") from None
    # of a network that was trained on several devices
    return {name.removeprefix("module."): array for name, array in arrays.items()}


def _read_pytorch(path):
    try:
        import torch
    except ImportError:
        raise ZooError(
            f"Reading {path} needs PyTorch: pip install torch. Or save its arrays elsewhere with "
            "numpy.savez(path, **{name: tensor.numpy() for name, tensor in state_dict.items()})."
        ) from None
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    return {name: tensor.numpy() for name, tensor in tensors.items()}


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
    model = AttnGAN(
        **_caption_settings(captions, text, max_words),
        **_generator_settings(weights),
        generator_filters=_size(weights, "h_net2.att.conv_context.weight", 0),
        single_image="img_net.img.0.weight" in weights,
        **settings,
    )
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
    model = DMGAN(
        **_caption_settings(captions, text, max_words),
        **_generator_settings(weights),
        generator_filters=_size(weights, "h_net2.B.weight", 1),
        **settings,
    )
    return _with_weights(model, generator_targets, weights, text)


_MARKS = {  # a weight of the generator that no other system has
    "h_net2.att.conv_context.weight": "attn_gan",
    "h_net2.A.weight": "dm_gan",
    "h_net2.jointConv.0.weight": "stackgan_v2",
}


def system_of(generator):
    """Which function of this module imports a generator's file: such as "attn_gan".

    Raises:
        ZooError: the file cannot be read, or is no generator of a known system.
    """
    weights = read_state_dict(generator)
    for mark, system in _MARKS.items():
        if mark in weights:
            return system
    raise ZooError(
        f"{generator} is no generator of {', '.join(_MARKS.values())}: it has none of "
        f"{', '.join(_MARKS)}, but starts with {', '.join(list(weights)[:3])}."
    )


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
        text = {"kind": "embeddings", "features": _size(weights, "ca_net.fc.weight", 1)}
    model = StackGANV2(
        text_encoder=text,
        generator_filters=_size(weights, "img_net1.img.0.weight", 1),
        **_generator_settings(weights),
        **settings,
    )
    load_state_dict(generator_targets(model.generator), weights)
    model.reset_average()
    return model


def damsm(text_encoder, image_encoder, captions, max_words=18, **settings):
    """A `DAMSM` of released encoders (`text_encoder*.pth`, `image_encoder*.pth`,
    `captions.pickle`).

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.damsm import DAMSM

    text, image = read_state_dict(text_encoder), read_state_dict(image_encoder)
    stem = _size(image, "Conv2d_1a_3x3.conv.weight", 0)
    model = DAMSM(
        vocabulary=_vocabulary(captions, text).tokens,
        max_words=max_words,
        text_encoder=_text_settings(text),
        image_encoder={
            "kind": "inception_v3",
            "features": _size(image, "emb_features.weight", 0),
            "width_divisor": 32 // stem,
        },
        **settings,
    )
    targets = prefixed("text.", names.text_encoder_targets(model.text_encoder))
    targets |= prefixed("image.", image_encoder_targets(model.image_encoder))
    image = {k: v for k, v in image.items() if not _UNUSED.match(k)}
    load_state_dict(targets, prefixed("text.", text) | prefixed("image.", image))
    return model


_UNUSED = re.compile(r"(AuxLogits|fc)\.")  # parts of torchvision's file that no encoder runs


def load_inception_trunk(encoder, path):
    """Gives an `InceptionImageEncoder` torchvision's ImageNet weights
    (`inception_v3_google-*.pth`)."""
    trunk = {k: t for k, t in image_encoder_targets(encoder).items() if not k.startswith("emb_")}
    given = {k: v for k, v in read_state_dict(path).items() if not _UNUSED.match(k)}
    load_state_dict(trunk, given)


def _caption_settings(captions, text, max_words):
    """The arguments of a system that reads captions with a released text encoder."""
    return {
        "vocabulary": _vocabulary(captions, text).tokens,
        "max_words": max_words,
        "text_encoder": _text_settings(text),
    }


def _generator_settings(weights):
    """The arguments that every generator in stages has, but for its filters."""
    condition = _size(weights, "ca_net.fc.weight", 0) // 4 if "ca_net.fc.weight" in weights else 0
    return {
        "stage_sizes": [FIRST_SIZE * 2**i for i in range(_count(weights, r"h_net(\d+)\."))],
        "residual_blocks": _count(weights, r"h_net2\.residual\.(\d+)\."),
        "condition_dim": condition,
        "latent_dim": _size(weights, "h_net1.fc.0.weight", 1) - condition,
    }


def _with_weights(model, generator_targets, weights, text):
    """The model, with released weights in its text encoder, generator and moving average."""
    load_state_dict(names.text_encoder_targets(model.text_encoder), text)
    load_state_dict(generator_targets(model.generator), weights)
    model.reset_average()
    return model


def _size(state_dict, name, axis):
    if name not in state_dict:
        raise ZooError(
            f"The checkpoint has no {name}, so it is not of this kind of network. It starts with "
            f"{', '.join(list(state_dict)[:3])}."
        )
    return int(state_dict[name].shape[axis])


def _count(state_dict, pattern):
    return len({found.group(1) for name in state_dict if (found := re.match(pattern, name))})


def _text_settings(text):
    units = _size(text, "rnn.weight_hh_l0", 1)
    gates = _size(text, "rnn.weight_hh_l0", 0) // units
    return {
        "features": 2 * units,
        "embedding_dim": _size(text, "encoder.weight", 1),
        "cell": {3: "gru", 4: "lstm"}[gates],
    }


def _vocabulary(captions, text):
    from zoo.data.pickles import load_official_vocabulary

    vocabulary, rows = load_official_vocabulary(captions), _size(text, "encoder.weight", 0)
    if len(vocabulary) != rows:
        raise ZooError(
            f"{captions} holds {len(vocabulary)} words, the text encoder was trained with {rows}: "
            "they do not belong together (a rebuilt captions.pickle, or CUB's with COCO's encoder)."
        )
    return vocabulary
