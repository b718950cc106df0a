r"""XMC-GAN: caption to picture in one stage, by contrast of matching pairs (arXiv 2101.04702).

    python -m recipes.train --config=recipes/xmc_gan.py:shapes --workdir=runs/xmc_shapes
    python -m recipes.train --config=recipes/xmc_gan.py:emoji --workdir=runs/xmc_emoji \
        --config.data.directory=data/emoji.zip \
        --config.text_encoder.preprocess=modules/emoji/preprocess \
        --config.text_encoder.encoder=modules/emoji/encoder
    python -m recipes.cache_text --data=coco --directory=data/coco --out=data/coco_bert
    python -m recipes.train --config=recipes/xmc_gan.py:coco --workdir=runs/xmc_coco \
        --config.data.directory=data/coco --config.text_cache=data/coco_bert \
        --config.image_weights=resnet_pretrained.npz

`--config.text` says what reads the captions:
  hub       a text encoder of TensorFlow Hub, the paper's way: BERT base, or the modules that
            `text_encoder` names (docs/text_encoders.md). With `--config.text_cache`, a folder of
            `recipes.cache_text`, training takes the vectors from there and runs no encoder.
  captions  the recurrent encoder of a DAMSM, `--config.damsm`; without one a DAMSM is pre-trained
            first, in the `damsm` folder of the run.
With `hub` there is a held-out score only if `--config.damsm` names a DAMSM, which then judges the
pictures and does nothing else.

A batch is cut into `discriminator_steps` parts, and the losses see one part: the `batch_size` here
is that of the loader, twice that of the paper. Mode seeking (arXiv 1903.05628), which the authors
did not have, is a switch: `--config.model.mode_seeking_weight=1`.

Datasets:
  shapes  procedural, no files; 64 pixels, small networks for a CPU, recurrent encoder.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 64 pixels. Without
          network a module can be trained on the captions, see docs/text_encoders.md; that is not
          BERT.
  coco    COCO 2014 in the layout of the AttnGAN data, the settings of the released code: 128
          pixels, batch 56, 500 epochs. The paper's: --config.model.image_size=256
          --config.batch_size=512. The fixed image network needs its weights, or
          --config.image_network=none leaves its loss out.
"""

from recipes.text_to_image import text_to_image_config
from zoo.training.configs import choose

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, coco."""
    return choose(dataset, {"shapes": shapes, "emoji": emoji, "coco": coco})


def _base(dataset):
    """The released code's settings (xmcgan/configs/coco_xmc.py), the data set's data."""
    config = text_to_image_config("xmc_gan", dataset)
    del config.model, config.optimizer
    config.update({
        "text": "hub",  # "hub" | "captions"
        "image_network": "none",  # "none" | "resnet50", as released | "vgg19" | "keras_resnet50"
        "image_weights": "",  # its weights: a file, or "imagenet" for Keras' networks
        "model": {
            "image_size": 64,  # pixels: 64, 128 or 256
            "generator_filters": 96,
            "discriminator_filters": 96,
            "latent_dim": 128,
            "discriminator_steps": 2,  # updates of the discriminator to one of the generator
            "word_weight": 1.0,  # of the contrastive losses: regions and words
            "sentence_weight": 1.0,  # pictures and sentences
            "image_weight": 1.0,  # generated and real pictures, by the discriminator
            "network_weight": 1.0,  # the same by the image network
            "negatives": "replica",  # pairs that are contrasted: of a "replica" | "global"
            "mode_seeking_weight": 0.0,
            "ema_decay": 0.999,
            "ema_statistics": "current",  # the moving average has the generator's own statistics
        },
        "optimizer": {  # Flax's Adam
            "generator_rate": 1e-4,
            "discriminator_rate": 4e-4,
            "beta_1": 0.5,
            "beta_2": 0.999,
            "epsilon": 1e-8,
        },
    })
    return config


def shapes():
    """Small: two CPU cores are enough."""
    config = _base("shapes")
    config.text = "captions"
    config.steps = 2000
    config.batch_size = 32
    config.model.update({
        "generator_filters": 8, "discriminator_filters": 8, "latent_dim": 32, "ema_decay": 0.99,
    })
    config.pretraining.model.image_size = config.model.image_size
    return config.lock()


def emoji():
    """Captioned emoji at 64 pixels."""
    config = _base("emoji")
    config.batch_size = 64
    config.data.max_words = 17
    config.model.update({"generator_filters": 32, "discriminator_filters": 32, "latent_dim": 64})
    return config.lock()


def coco():
    """The released code's COCO settings; 17 word pieces, whole pictures scaled to a square."""
    config = _base("coco")
    config.epochs = 500
    config.batch_size = 112  # the losses see half of it, 56
    config.checkpoint_every = 5000
    config.dtype = "mixed_bfloat16"
    config.image_network = "resnet50"
    config.model.image_size = 128
    config.data.update({"max_words": 17, "crop": "none", "flip": True})
    return config.lock()
