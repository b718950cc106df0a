"""Stored names, shapes and types of every system, so that old checkpoints and presets keep loading.

    python -m tests.models.stored   # regenerates stored_names.json; only for a new system

A name, shape, type or argument in the file must never be removed, or old files need a converter.
"""

import hashlib
import json
from pathlib import Path

import keras

from tests.support import tiny, tiny_drit, tiny_images, tiny_xmc_gan
from zoo.models.dcgan import DCGAN
from zoo.models.feature_encoder import FeatureEncoder
from zoo.models.mirror_gan import CaptionPretraining, MirrorGAN

FILE = Path(__file__).with_name("stored_names.json")
CAPTIONER = {"kind": "compact", "units": 12, "encoder": {"features": 8, "filters": 4}}


def _adam(model, *names):
    model.compile(**{f"{name}optimizer": tiny.adam() for name in names})
    return model


def _dcgan(**changes):
    model = DCGAN(classes=4, image_size=16, filters=4, latent_dim=8, seed=3, **changes)
    return _adam(model, "generator_", "discriminator_")


def _stream():
    arguments = {"vocabulary": tiny.WORDS, "max_words": 6, "captioner": CAPTIONER}
    return _adam(CaptionPretraining(**arguments, image_size=tiny.SIZES[-1]), "")


def _mirror_gan():
    return tiny.damsm_guided(MirrorGAN, captioner=CAPTIONER)


def _mirror_gan_that_describes():
    return tiny.damsm_guided(MirrorGAN, captioner=CAPTIONER, describes=True, damsm_weight=1.0)


def _xmc_gan():
    return _adam(tiny_xmc_gan.xmc_gan(), "generator_", "discriminator_")


def _encoder():
    return _adam(FeatureEncoder(["a", "b"], "zoo-tiny-encoder", 16, 4, 2), "")


def _cell_encoder():
    cells = {"names": ["a", "b"], "colors": [[0, 0, 0], [255, 255, 255]]}
    return _adam(FeatureEncoder([], "zoo-tiny-encoder", 32, 4, 2, "residual", cells=cells), "")


MAKERS = {
    "attn_gan": tiny.attn_gan,
    "attn_gan_ms": lambda: tiny.attn_gan(mode_seeking_weight=1.0),
    "attn_gan_single_image": lambda: tiny.attn_gan(single_image=True),
    "attn_gan_no_ema": lambda: tiny.attn_gan(ema_decay=None),
    "bicyclegan": tiny_images.bicyclegan,
    "damsm": tiny.damsm,
    "dcgan": _dcgan,
    "dcgan_ms": lambda: _dcgan(mode_seeking_weight=1.0),
    "dm_gan": tiny.dm_gan,
    "drit": tiny_drit.drit,
    "encoder": _encoder,
    "encoder_of_cells": _cell_encoder,
    "mirror_gan": _mirror_gan,
    "mirror_gan_describes": _mirror_gan_that_describes,
    "pix2pix": tiny_images.pix2pix,
    "stackgan_v2": tiny.stackgan_v2,
    "stackgan_v2_embeddings": lambda: tiny.stackgan_v2("embeddings"),
    "stackgan_v2_none": lambda: tiny.stackgan_v2("none"),
    "stream": _stream,
    "xmc_gan": _xmc_gan,
}


def stored(name):
    """dict of a system's stored values.

    `networks`: name -> shape and type; `optimizers`: name -> number of its variables and digest of
    their shapes and types; `preset`: names of the networks in a preset; `config`.
    """
    keras.utils.set_random_seed(1)
    model = MAKERS[name]()
    networks = {"iteration": model.iteration, **model.network_variables()}
    optimizers = {}
    for path, variable in sorted(model.checkpoint_variables().items()):
        if path not in networks:
            optimizers.setdefault(path.split("/")[0], []).append(_form(variable))
    return {
        "networks": {path: _form(networks[path]) for path in sorted(networks)},
        "optimizers": {name: [len(v), _digest(v)] for name, v in optimizers.items()},
        "preset": sorted({path.split("/")[0] for path in model.preset_variables()}),
        "config": json.loads(json.dumps(model.get_config())),
    }


def _form(variable):
    return f"{keras.backend.standardize_dtype(variable.dtype)} {list(variable.shape)}"


def _digest(forms):
    return hashlib.sha256("\n".join(forms).encode()).hexdigest()[:16]


def main():
    lines = [f"{json.dumps(name)}: {json.dumps(stored(name))}" for name in MAKERS]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
