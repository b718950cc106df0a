r"""StackGAN++: caption to image in three stages, from one sentence vector (arXiv 1710.10916).

With `--config.model.mode_seeking_weight=1` it is the text-to-image task of MSGAN (arXiv
1903.05628), which also takes `--config.batch_size=4 --config.epochs=1000`.

    python -m recipes.train --config=recipes/stackgan_v2.py:shapes --workdir=runs/stack_shapes
    python -m recipes.train --config=recipes/stackgan_v2.py:emoji --workdir=runs/stack_emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64
    python -m recipes.train --config=recipes/stackgan_v2.py:birds --workdir=runs/stack_birds \
        --config.data.directory=data/birds --config.text=embeddings

`--config.text` says what the sentence vector is:
  captions    read by the text encoder of a DAMSM, `--config.damsm`; without one a DAMSM is
              pre-trained first, in the `damsm` folder of the run, by the settings under
              `pretraining`.
  hub         read by a text encoder of TensorFlow Hub, such as BERT, that `text_encoder` names
              (docs/text_encoders.md).
  embeddings  pre-computed ones, the paper's way: char-CNN-RNN-embeddings.pickle (birds, coco) or
              embeddings.npy (folder), see docs/data.md.
  none        no text at all; the official code then adds `--config.model.color_weight=50`.
Without a DAMSM there is no held-out score; with `hub`, `embeddings` and `none` one that is given by
`--config.damsm` scores the images and does nothing else.

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings, 64/128/256 pixels.
  coco    COCO 2014 in the same layout, 64/128/256 pixels; no settings were published, so these are
          the birds' with 120 epochs.
"""

from recipes import damsm
from recipes._common import (
    SAMPLE_CAPTIONS,
    caption_experiment,
    check_caption_batch,
    common_config,
    compile_gan,
    with_variant,
)
from zoo import models, training

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
    # dtype="mixed_bfloat16" is about twice as fast on a GPU and on CPUs that have instructions for
    # it, and several times slower on those that have none.
    "emoji": {
        "epochs": 60, "batch_size": 16, "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "stage_sizes": (16, 32, 64), "generator_filters": 64, "discriminator_filters": 32,
            "residual_blocks": 1, "latent_dim": 64, "condition_dim": 64, "ema_decay": 0.999,
        },
        "data": {"name": "folder", "directory": "data/emoji.zip", "crop": "none", "flip": False,
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
    "coco": {  # of the birds; the paper's for COCO were not published
        "epochs": 120, "batch_size": 24, "checkpoint_every": 1000, "sample_every": 1000,
        "model": {
            "stage_sizes": (64, 128, 256), "generator_filters": 64, "discriminator_filters": 64,
            "residual_blocks": 2, "condition_dim": 128,
            "latent_dim": 100, "ema_decay": 0.999,
        },
        "data": {"name": "coco", "directory": "data/coco", "max_words": 12},
    },
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0, 3.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    config = common_config("stackgan_v2", dataset, VARIANTS)
    config.update({
        "text": "captions",  # what reads the captions: "captions" | "hub" | "embeddings" | "none"
        "text_encoder": {  # of "hub"
            "preprocess": "",  # handle of the module that makes word pieces; "": BERT's
            "encoder": "",  # handle of the encoder; "": BERT base, uncased
            "sentence": "all_places",  # XMC-GAN's | "words": mean of real pieces | "pooled"
        },
        "text_cache": "",  # folder of vectors by recipes.cache_text; "": the encoder runs
        "damsm": "",  # preset name or directory of a trained DAMSM; "": pre-train one
        "pretraining": training.settings_of_stage(damsm.get_config(dataset)),
        "model": {
            "stage_sizes": (64, 128, 256),  # pixels, lowest first
            "generator_filters": 64,
            "discriminator_filters": 64,
            "residual_blocks": 2,  # in each refinement stage
            "latent_dim": 100,
            "condition_dim": 128,
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.999,  # of the generator's moving average, which makes the images
            "ema_statistics": "average",  # "current": batch statistics not averaged, as released
            "unconditional_weight": 1.0,  # of the heads without caption; 0: no such heads
            "kl_weight": 2.0,
            "color_weight": 0.0,  # colour consistency of the stages; official without text: 50
            "adversarial_form": "logits",  # "probabilities": cross-entropy of sigmoids, as released
        },
        "optimizer": {  # Adam, the same for the generator and each discriminator
            "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "samples": {  # the fixed grid: one row per caption
            "captions": SAMPLE_CAPTIONS[dataset],
            "images_per_caption": 6,
            "seed": 0,
        },
        "data": {
            "name": "birds",  # "shapes" | "folder" | "birds" | "coco"
            "directory": "",  # where the images are; a .zip of a captioned folder is fine
            "on_error": "raise",  # "raise" | "skip": what a broken line or image does
            "follow_links": False,  # follow links in the folder, also out of it
            "count": 0,  # shapes: number of training images
            "held_out_count": 512,  # held-out images that scores use
            "held_out_fraction": 0.1,  # of a set without a test split, by hash of the names
            "crop": "paper",  # "paper": random crop of 64/76 of the size | "none"
            "flip": True,  # mirror half of the images
            "cache": False,  # decode every image once and keep all of them in memory
            "min_count": 1,  # a word enters the vocabulary when it occurs this often
            "unknown": "drop",  # what other words become: "drop" (nothing) | "unk" (<unk>)
            "words": "ascii",  # "ascii": the papers' code, which deletes all other characters |
                               # "unicode": letters of every script
            "max_words": 18,  # longer captions keep a random subset of this size, in order
        },
    })
    return with_variant(config, VARIANTS[dataset])


def check(config):
    """Raises `ZooError` for a text that StackGAN++ does not read."""
    training.check_text(config, ("captions", "embeddings", "hub", "none"))


def pretraining_stages(config):
    """The DAMSM: its text encoder reads "captions"; with another text it only scores."""
    return [training.Stage("damsm", "pretraining", damsm, needed=config.text == "captions")]


def build(config, data, pretrained):
    """The `Experiment` of a resolved config.

    `pretrained`: dict of "damsm" -> preset of a trained one, "" for an untrained one.
    """
    check_caption_batch(config)
    matching = damsm.resolve(config, data, pretrained, needed=config.text == "captions")
    model = models.StackGANV2(
        **training.text_arguments(config, data, matching), seed=config.seed, **config.model
    )
    compile_gan(model, config)
    if config.text == "captions":
        model.load_damsm(matching)
    return caption_experiment(config, data, model, matching, mismatched=model.conditional)
