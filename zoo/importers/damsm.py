"""DAMSM's released encoders (taoxugit/AttnGAN, `text_encoder*.pth`, `image_encoder*.pth`)."""

import re

from zoo.errors import ZooError
from zoo.importers.fid_inception import CLASSES as FID_CLASSES
from zoo.importers.files import read_state_dict
from zoo.importers.registry import Importer
from zoo.importers.state_dict import (
    Target,
    batch_norm,
    conv,
    linear,
    load_state_dict,
    make_model,
    prefixed,
    size_of,
)

IMPORTER = Importer(
    repository="taoxugit/AttnGAN",
    files=("image_encoder", "text_encoder", "captions"),
    options=("max_words",),
)
# Words of a caption that the authors' evaluations read, by the tokens of a released vocabulary.
EVALUATED_WORDS = {5450: 25, 27297: 20}  # CUB, COCO
_UNUSED = re.compile(r"(AuxLogits|fc)\.")  # parts of torchvision's file that encoders do not use


# --- names ----------------------------------------------------------------------------------------


def text_encoder_targets(encoder):
    """Official `RNN_ENCODER` names -> targets in an `RNNTextEncoder`."""
    targets = {"encoder.weight": Target(encoder.embedding.embeddings)}
    for rnn, suffix in ((encoder.forward_rnn, "l0"), (encoder.backward_rnn, "l0_reverse")):
        cell = rnn.cell
        if encoder.cell == "gru":
            layout, biases = "gru", [Target(cell.bias, "gru_bias", row) for row in (0, 1)]
        else:
            layout, biases = "linear", [Target(cell.bias), Target(cell.recurrent_bias)]
        targets |= {
            f"rnn.weight_ih_{suffix}": Target(cell.kernel, layout),
            f"rnn.weight_hh_{suffix}": Target(cell.recurrent_kernel, layout),
            f"rnn.bias_ih_{suffix}": biases[0],
            f"rnn.bias_hh_{suffix}": biases[1],
        }
    return targets


def image_encoder_targets(encoder):
    """Official `CNN_ENCODER` names -> targets in an `InceptionImageEncoder`.

    Args:
        encoder: a built `zoo.networks.image_encoder.InceptionImageEncoder`.
    """
    targets = {}
    for name, unit in encoder.trunk.conv_units().items():
        targets |= conv(f"{name}.conv", unit.conv)
        targets |= batch_norm(f"{name}.bn", unit.bn)
    targets |= conv("emb_features", encoder.emb_features)
    targets |= linear("emb_cnn_code", encoder.emb_cnn_code)
    return targets


# --- files ----------------------------------------------------------------------------------------


def load(text_encoder, image_encoder, captions, max_words=None, **settings):
    """A `DAMSM` with released weights.

    Args:
        text_encoder, image_encoder: str. `text_encoder*.pth` and `image_encoder*.pth`.
        captions: str. The `captions.pickle` of these encoders: its word order is part of the
            weights.
        max_words: int or None. Words of a caption that are read; None: as many as in the authors'
            evaluations, 25 for CUB and 20 for COCO, or 18 with a vocabulary of another size.
        **settings: other arguments of `DAMSM`.

    Raises:
        ZooError: a file cannot be read, or the files do not belong together.
    """
    from zoo.models.damsm import DAMSM

    text, image = read_state_dict(text_encoder), read_state_dict(image_encoder)
    stem = size_of(image, "Conv2d_1a_3x3.conv.weight", 0)
    sizes = {
        **caption_settings(captions, text, max_words),
        "image_encoder": {
            "kind": "inception_v3",
            "features": size_of(image, "emb_features.weight", 0),
            "width_divisor": 32 // stem,
        },
    }
    model = make_model(DAMSM, sizes, settings, text, image)
    targets = prefixed("text.", text_encoder_targets(model.text_encoder))
    targets |= prefixed("image.", image_encoder_targets(model.image_encoder))
    image = {k: v for k, v in image.items() if not _UNUSED.match(k)}
    load_state_dict(targets, prefixed("text.", text) | prefixed("image.", image))
    return model


def load_inception_trunk(encoder, path):
    """Loads torchvision's ImageNet weights into an `InceptionImageEncoder`.

    Args:
        encoder: `zoo.networks.image_encoder.InceptionImageEncoder`.
        path: str. torchvision's `inception_v3_google-*.pth`.

    Raises:
        ZooError: the file cannot be read, or is of another network, such as FID's Inception, which
            has the same names.
    """
    trunk = {k: t for k, t in image_encoder_targets(encoder).items() if not k.startswith("emb_")}
    weights = read_state_dict(path)
    if "fc.weight" in weights and size_of(weights, "fc.weight", 0) == FID_CLASSES:
        raise ZooError(
            f"{path} has {FID_CLASSES} classes, as FID's Inception of 2015, but torchvision's for "
            "ImageNet has 1000. Give torchvision's inception_v3_google-*.pth."
        )
    load_state_dict(trunk, {k: v for k, v in weights.items() if not _UNUSED.match(k)})


def text_settings(text):
    """The arguments of `RNNTextEncoder` that follow from an official encoder's arrays.

    Raises:
        ZooError: the arrays are of another network.
    """
    units = size_of(text, "rnn.weight_hh_l0", 1)
    gates = size_of(text, "rnn.weight_hh_l0", 0) // units
    if gates not in (3, 4):
        raise ZooError(f"rnn.weight_hh_l0 has {gates} gates; a GRU has 3, an LSTM has 4.")
    return {
        "features": 2 * units,
        "embedding_dim": size_of(text, "encoder.weight", 1),
        "cell": {3: "gru", 4: "lstm"}[gates],
    }


def caption_settings(captions, text, max_words):
    """The arguments of a system that reads captions with a released text encoder, see `load`."""
    tokens = vocabulary(captions, text).tokens
    return {
        "vocabulary": tokens,
        "max_words": EVALUATED_WORDS.get(len(tokens), 18) if max_words is None else max_words,
        "text_encoder": text_settings(text),
    }


def vocabulary(captions, text, embedding="encoder.weight"):
    """The `Vocabulary` of a `captions.pickle`, whose size must be that of a network's embedding.

    Args:
        captions: str. The file.
        text: dict of official name -> array, of the network that reads or writes these words.
        embedding: str. The name of its embedding.

    Raises:
        ZooError: the file cannot be read, or another number of words.
    """
    from zoo.data.sources.pickles import load_official_vocabulary

    words, rows = load_official_vocabulary(captions), size_of(text, embedding, 0)
    if len(words) != rows:
        raise ZooError(
            f"{captions} has {len(words)} words, but the network was trained with {rows}: they do "
            "not belong together (a rebuilt captions.pickle, or CUB's with COCO's encoder)."
        )
    return words
