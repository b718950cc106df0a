r"""MirrorGAN: caption to image, and image back to caption (arXiv 1903.05854).

    python -m recipes.train --config=recipes/mirror_gan.py:shapes --workdir=runs/mirror_shapes
    python -m recipes.train --config=recipes/mirror_gan.py:emoji --workdir=runs/mirror_emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64
    python -m recipes.train --config=recipes/mirror_gan.py:birds --workdir=runs/mirror_birds \
        --config.data.directory=data/birds --config.damsm=runs/damsm_birds/presets/best \
        --config.stream=runs/stream_birds/presets/best

It needs the text encoder of a DAMSM and a captioning network, STREAM, trained with the same
vocabulary. Without `--config.damsm` a DAMSM is pre-trained first, in the `damsm` folder of the run,
with the settings under `pretraining`; then, without `--config.stream`, a STREAM in the `stream`
folder, with those under `captioning`. The DAMSM's image encoder is used only by the held-out score,
unless `--config.model.damsm_weight` is above 0. Mode seeking (arXiv 1903.05628) is optional:
`--config.model.mode_seeking_weight=1`.

lambda, the weight of the caption reconstruction, differs between the released code and the paper,
and so does its reduction:
  code    10 x the mean over all words of a batch (the default)
  paper   --config.model.caption_weight=20 --config.model.caption_reduction=captions
          20 x the sum over a caption's words; the variant birds_paper

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the settings of the released code,
          64/128/256 pixels.
  coco    COCO 2014 in the same layout; no settings were published, so these are the birds' with 120
          epochs.
  folder  your own captioned images, a folder from `zoo data`; --config.size=small (as emoji) or
          paper; epochs, batch, EMA decay and words follow from the data.
  birds_paper  birds with the caption reconstruction of the paper.
"""

from recipes import damsm, stream
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
            "stage_sizes": (16, 32, 64), "generator_filters": 16, "discriminator_filters": 16,
            "residual_blocks": 1, "latent_dim": 32, "condition_dim": 32, "ema_decay": 0.99,
        },
        "data": {"name": "shapes", "count": 4096, "crop": "none", "flip": False,
                 "words": "unicode", "max_words": 18},
    },
    "emoji": {
        "epochs": 60, "batch_size": 16, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "stage_sizes": (16, 32, 64), "generator_filters": 32, "discriminator_filters": 32,
            "residual_blocks": 1, "latent_dim": 64, "condition_dim": 64, "ema_decay": 0.999,
            "ema_warmup": True, "caption_weight": 1.0,  # 10 draws textures at this size
        },
        "data": {"name": "emoji", "directory": "data/emoji.zip", "crop": "none", "flip": False,
                 "held_out_split": "combinations",
                 "cache": True, "min_count": 2, "unknown": "unk", "words": "unicode",
                 "max_words": 13},
    },
    "birds": {  # released code
        "epochs": 650, "batch_size": 12, "checkpoint_every": 1000, "sample_every": 1000,
        "model": {
            "stage_sizes": (64, 128, 256), "generator_filters": 32, "discriminator_filters": 64,
            "residual_blocks": 2, "damsm_weight": 0.0, "condition_dim": 100,
            "latent_dim": 100, "ema_decay": 0.999,
        },
        "data": {"name": "birds", "directory": "data/birds", "max_words": 18},
    },
    "coco": {  # as birds, with 120 epochs
        "epochs": 120, "batch_size": 12, "checkpoint_every": 1000, "sample_every": 1000,
        "model": {
            "stage_sizes": (64, 128, 256), "generator_filters": 32, "discriminator_filters": 64,
            "residual_blocks": 2, "damsm_weight": 0.0, "condition_dim": 100,
            "latent_dim": 100, "ema_decay": 0.999,
        },
        "data": {"name": "coco", "directory": "data/coco", "max_words": 12},
    },
    "birds_paper": Based("birds", {  # lambda and its reduction as in the paper
        "model": {"caption_weight": 20.0, "caption_reduction": "captions"},
    }),
    # A user's own captioned images, prepared by `zoo data`: `--config.size=small` is as emoji,
    # `paper` as birds, with epochs, batch, EMA decay and words that follow from the data.
    "folder": BySize(small="emoji", paper="birds"),
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco, birds_paper, folder."""
    config = common_config("mirror_gan", dataset, VARIANTS)
    data = based_on(dataset, VARIANTS)
    config.update({
        "negatives": "replica",  # contrasted and mismatched pairs: of one "replica" | "global"
        "text": "captions",  # the text encoder: "captions"
        "text_encoder": {  # for "hub"
            "preprocess": "",  # handle of the word-piece module; "": BERT's
            "encoder": "",  # handle of the encoder; "": BERT base, uncased
            "sentence": "all_places",  # XMC-GAN's | "words": mean of real pieces | "pooled"
        },
        "text_cache": "",  # folder written by recipes.cache_text; "": run the encoder
        "damsm": "",  # preset name or directory of a trained DAMSM; "": pre-train one
        "score_encoder": "",  # preset of recipes.train_encoder that selects the best; "": the DAMSM
        "pretraining": training.settings_of_stage(damsm.get_config(data)),
        "stream": "",  # preset name or directory of a trained STREAM; "": pre-train one
        "captioning": training.settings_of_stage(stream.get_config(data)),
        "model": {
            "stage_sizes": (64, 128, 256),  # pixels, lowest first
            "generator_filters": 32,
            "discriminator_filters": 64,
            "residual_blocks": 2,  # in each refinement stage
            "latent_dim": 100,
            "condition_dim": 100,
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.999,  # of the generator's EMA, which is used for inference
            "ema_statistics": "average",  # "current": no EMA of batch statistics, as released
            "ema_warmup": False,  # a lower decay at first: min(ema_decay, (1 + n) / (10 + n))
            "damsm_weight": 0.0,  # of AttnGAN's matching losses, which the released code omits
            "sample_reduction": "sum",  # mode seeking: reduction over both samples' losses, "mean"
            "mask_tiling": "per_sample",  # "official": each pixel's word mask as released
            "caption_weight": 10.0,  # lambda; the released code: 10, the paper: 20 of "captions"
            "caption_reduction": "words",  # "words": mean over all words | "captions": sums
        },
        "optimizer": {  # Adam, the same for the generator and each discriminator
            "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "samples": {  # the fixed grid: one row per caption
            "captions": SAMPLE_CAPTIONS[data], "images_per_caption": 6, "seed": 0,
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
    """Raises `ZooError` for a text encoder that MirrorGAN does not support."""
    training.check_text(
        config, ("captions",),
        "MirrorGAN reconstructs each caption in its vocabulary, so it needs a recurrent encoder "
        "with the same vocabulary.",
    )


def pretraining_stages(config):
    """The DAMSM, whose text encoder reads the captions, then STREAM."""
    del config
    return [
        training.Stage("damsm", "pretraining", damsm),
        training.Stage("stream", "captioning", stream),
    ]


def build(config, data, pretrained):
    """The `Experiment` of a resolved config.

    `pretrained`: dict of "damsm" and "stream" -> preset of a trained one, or "".
    """
    check_caption_batch(config)
    damsm_model = damsm.resolve(config, data, pretrained)
    captioning = stream.resolve(config, data, pretrained, damsm_model)
    model = models.MirrorGAN(
        **training.text_arguments(config, data, damsm_model),
        image_encoder=damsm_model.image_encoder_config, captioner=captioning.captioner_config,
        seed=config.seed, **config.model,
    )
    compile_gan(model, config)
    model.load_damsm(damsm_model)
    experiment = caption_experiment(config, data, model, damsm_model)
    model.load_stream(captioning)
    return experiment
