r"""StackGAN++: caption to image in three stages, from one sentence vector (arXiv 1710.10916).

With `--config.model.mode_seeking_weight=1` it is the text-to-image task of MSGAN (arXiv
1903.05628), whose settings are the variant `birds_msgan`.

    python -m recipes.train --config=recipes/stackgan_v2.py:shapes --workdir=runs/stack_shapes
    python -m recipes.train --config=recipes/stackgan_v2.py:emoji --workdir=runs/stack_emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64
    python -m recipes.train --config=recipes/stackgan_v2.py:birds --workdir=runs/stack_birds \
        --config.data.directory=data/birds --config.text=embeddings

`--config.text` selects the source of the sentence vector:
  captions    the text encoder of a DAMSM, `--config.damsm`; without one a DAMSM is pre-trained
              first, in the `damsm` folder of the run, with the settings under `pretraining`.
  hub         a text encoder from TensorFlow Hub, such as BERT, given by `text_encoder`
              (docs/text_encoders.md).
  embeddings  pre-computed, as in the paper: char-CNN-RNN-embeddings.pickle (birds, coco) or
              embeddings.npy (folder), see docs/data.md.
  none        no text at all; the official code then adds `--config.model.color_weight=50`.
Without a DAMSM there is no held-out score; with `hub`, `embeddings` and `none` a DAMSM given by
`--config.damsm` is used only to score the images.

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings, 64/128/256 pixels.
  coco    COCO 2014 in the same layout, 64/128/256 pixels; no settings were published, so these are
          the birds' with 120 epochs.
  folder  your own captioned images, a folder from `zoo data`; --config.size=small (as emoji) or
          paper; epochs, batch, EMA decay and words follow from the data.
  birds_embeddings  birds, which reads the char-CNN-RNN embeddings of the paper.
  birds_msgan       MSGAN's experiment: the same with mode seeking of weight 1, batches of 4 and
                    1,000 epochs.
"""

from recipes import damsm
from zoo import models, training
from zoo.training import (
    SAMPLE_CAPTIONS,
    Based,
    BySize,
    based_on,
    caption_experiment,
    check_caption_batch,
    common_config,
    compile_gan,
    with_variant,
)

VARIANTS = {
    "shapes": {  # small: two CPU cores are enough
        "steps": 3000, "batch_size": 16, "checkpoint_every": 100, "sample_every": 250,
        "model": {
            "stage_sizes": (16, 32, 64), "generator_filters": 32, "discriminator_filters": 16,
            "residual_blocks": 1, "latent_dim": 32, "condition_dim": 32, "ema_decay": 0.99,
        },
        "data": {"name": "shapes", "count": 4096, "crop": "none", "flip": False,
                 "words": "unicode", "max_words": 18},
    },
    "emoji": {
        "epochs": 60, "batch_size": 16, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "stage_sizes": (16, 32, 64), "generator_filters": 64, "discriminator_filters": 32,
            "residual_blocks": 1, "latent_dim": 64, "condition_dim": 64, "ema_decay": 0.999,
            "ema_warmup": True,
        },
        "data": {"name": "emoji", "directory": "data/emoji.zip", "crop": "none", "flip": False,
                 "held_out_split": "combinations",
                 "cache": True, "min_count": 2, "unknown": "unk", "words": "unicode",
                 "max_words": 13},
    },
    "birds": {  # official birds_3stages.yml
        "epochs": 600, "batch_size": 24, "checkpoint_every": 1000, "sample_every": 1000,
        "model": {
            "stage_sizes": (64, 128, 256), "generator_filters": 64, "discriminator_filters": 64,
            "residual_blocks": 2, "condition_dim": 128,
            "latent_dim": 100, "ema_decay": 0.999,
        },
        "data": {"name": "birds", "directory": "data/birds", "max_words": 18},
    },
    "coco": {  # as birds; settings for COCO were not published
        "epochs": 120, "batch_size": 24, "checkpoint_every": 1000, "sample_every": 1000,
        "model": {
            "stage_sizes": (64, 128, 256), "generator_filters": 64, "discriminator_filters": 64,
            "residual_blocks": 2, "condition_dim": 128,
            "latent_dim": 100, "ema_decay": 0.999,
        },
        "data": {"name": "coco", "directory": "data/coco", "max_words": 12},
    },
    "birds_embeddings": Based("birds", {"text": "embeddings"}),  # as in the paper
    "birds_msgan": Based("birds_embeddings", {  # MSGAN's birds_3stages.yml
        "epochs": 1000, "batch_size": 4, "model": {"mode_seeking_weight": 1.0},
    }),
    # A user's own captioned images, prepared by `zoo data`: `--config.size=small` is as emoji,
    # `paper` as birds, with epochs, batch, EMA decay and words that follow from the data.
    "folder": BySize(small="emoji", paper="birds"),
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0, 3.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco, birds_embeddings, birds_msgan, folder."""
    config = common_config("stackgan_v2", dataset, VARIANTS)
    data = based_on(dataset, VARIANTS)
    config.update({
        "text": "captions",  # the text encoder: "captions" | "hub" | "embeddings" | "none"
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
        "model": {
            "stage_sizes": (64, 128, 256),  # pixels, lowest first
            "generator_filters": 64,
            "discriminator_filters": 64,
            "residual_blocks": 2,  # in each refinement stage
            "latent_dim": 100,
            "condition_dim": 128,
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.999,  # of the generator's EMA, which is used for inference
            "ema_statistics": "average",  # "current": no EMA of batch statistics, as released
            "ema_warmup": False,  # a lower decay at first: min(ema_decay, (1 + n) / (10 + n))
            "unconditional_weight": 1.0,  # of the unconditional heads; 0: no such heads
            "kl_weight": 2.0,
            "color_weight": 0.0,  # color consistency of the stages; official without text: 50
            "adversarial_form": "logits",  # "probabilities": cross-entropy of sigmoids, as released
        },
        "optimizer": {  # Adam, the same for the generator and each discriminator
            "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "samples": {  # the fixed grid: one row per caption
            "captions": SAMPLE_CAPTIONS[data],
            "images_per_caption": 6,
            "seed": 0,
        },
        "data": {
            "name": "birds",  # "shapes" | "folder" | "emoji" | "birds" | "coco"
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
            "max_words": 18,  # longer captions keep a random subset of this size, in order
        },
    })
    return with_variant(config, VARIANTS[dataset], VARIANTS)


def check(config):
    """Raises `ZooError` for a text encoder that StackGAN++ does not support."""
    training.check_text(config, ("captions", "embeddings", "hub", "none"))


def pretraining_stages(config):
    """The DAMSM: its text encoder reads "captions"; otherwise it only scores images."""
    return [training.Stage("damsm", "pretraining", damsm, needed=config.text == "captions")]


def build(config, data, pretrained):
    """The `Experiment` of a resolved config.

    `pretrained`: dict of "damsm" -> preset of a trained DAMSM, or "" for an untrained one.
    """
    check_caption_batch(config)
    damsm_model = damsm.resolve(config, data, pretrained, needed=config.text == "captions")
    model = models.StackGANV2(
        **training.text_arguments(config, data, damsm_model), seed=config.seed, **config.model
    )
    compile_gan(model, config)
    if config.text == "captions":
        model.load_damsm(damsm_model)
    return caption_experiment(config, data, model, damsm_model, mismatched=model.conditional)
