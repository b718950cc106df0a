r"""AttnGAN: caption to picture in three stages with word attention (arXiv 1711.10485).

    python -m recipes.train --config=recipes/attn_gan.py:shapes --workdir=runs/shapes
    python -m recipes.train --config=recipes/attn_gan.py:emoji --workdir=runs/emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64
    python -m recipes.train --config=recipes/attn_gan.py:birds --workdir=runs/birds \
        --config.data.directory=data/birds --config.damsm=runs/damsm_birds/presets/best

Without `--config.damsm` a DAMSM is pre-trained first, in the `damsm` folder of the run, by the
settings under `pretraining`. Mode seeking (arXiv 1903.05628) is a switch:
`--config.model.mode_seeking_weight=1`.

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels; on two
          cores of an AMD EPYC 25,424 steps took 80 minutes and gave the preset attn_gan_emoji_64
          (its figures: docs/attn_gan.md).
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings, 64/128/256 pixels.
  coco    COCO 2014 in the same layout, the paper's settings, 64/128/256 pixels.
"""

from recipes import damsm
from recipes.configs import choose, common_config, data_config

# What pre-training takes from the GAN's own config, so that the two cannot disagree.
SHARED = ("data", "dataset", "system", "seed", "strategy", "threads", "jit_compile")


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    return choose(dataset, {"shapes": shapes, "emoji": emoji, "birds": birds, "coco": coco})


def _base(pretraining):
    config = common_config("attn_gan")
    config.update({
        "damsm": "",  # preset name or directory of a trained DAMSM; "": pre-train one
        "pretraining": {k: v for k, v in pretraining.items() if k not in SHARED},
        "model": {
            "stage_sizes": (64, 128, 256),  # pixels, lowest first
            "generator_filters": 32,
            "discriminator_filters": 64,
            "residual_blocks": 2,  # in each refinement stage
            "latent_dim": 100,
            "condition_dim": 100,
            "damsm_weight": 5.0,  # lambda; the paper: 5 for CUB, 50 for COCO
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "single_image": False,  # True: the official DCGAN variant, one head and discriminator
            "mask_tiling": "per_sample",  # "official": each pixel's padding mask as released
            "ema_statistics": "average",  # "current": batch statistics not averaged, as released
            "ema_decay": 0.999,  # of the generator's moving average, which makes the pictures
        },
        "optimizer": {  # Adam, the same for the generator and each discriminator
            "learning_rate": 2e-4,
            "beta_1": 0.5,
            "beta_2": 0.999,
            "epsilon": 1e-8,
        },
        "samples": {  # the fixed grid: a row a caption
            "captions": ("",),
            "images_per_caption": 6,
            "seed": 0,
        },
    })
    return config


def shapes():
    """Small: two CPU cores are enough."""
    config = _base(damsm.shapes())
    config.steps = 3000
    config.checkpoint_every = 100
    config.sample_every = 250
    config.data = data_config("shapes", count=4096, crop="none", flip=False)
    config.model.update({
        "stage_sizes": (16, 32, 64), "generator_filters": 16, "discriminator_filters": 16,
        "residual_blocks": 1, "latent_dim": 32, "condition_dim": 32, "ema_decay": 0.99,
    })
    config.samples.captions = (
        "a red circle", "a small star on the left", "a large green triangle",
        "a yellow shape on a black background",
    )
    return config.lock()


def emoji():
    """Captioned emoji at 64 pixels; bfloat16 is about twice as fast on a recent CPU."""
    config = _base(damsm.emoji())
    config.epochs = 60
    config.dtype = "mixed_bfloat16"
    config.data = damsm.emoji().data
    config.model.update({
        "stage_sizes": (16, 32, 64), "generator_filters": 32, "discriminator_filters": 32,
        "residual_blocks": 1, "latent_dim": 64, "condition_dim": 64,
    })
    config.samples.captions = (
        "grinning face", "red heart", "crying cat", "woman farmer: medium skin tone",
        "man running: dark skin tone", "full moon face", "clapping hands: light skin tone",
        "white medium square",
    )
    return config.lock()


def birds():
    """The paper's CUB settings (official `bird_attn2.yml`)."""
    config = _base(damsm.birds())
    config.epochs = 600
    config.batch_size = 20
    config.checkpoint_every = config.sample_every = 1000
    config.data = data_config("birds", directory="data/birds", max_words=18)
    config.samples.captions = (
        "this bird is red with white and has a very short beak",
        "a small blue bird with a white belly", "a yellow bird with black wings and a black head",
        "a large black bird with a long curved beak",
    )
    return config.lock()


def coco():
    """The paper's COCO settings (official `coco_attn2.yml`)."""
    config = _base(damsm.coco())
    config.epochs = 120
    config.batch_size = 14
    config.checkpoint_every = config.sample_every = 1000
    config.data = data_config("coco", directory="data/coco", max_words=12)
    config.model.update({
        "generator_filters": 48, "discriminator_filters": 96, "residual_blocks": 3,
        "damsm_weight": 50.0,
    })
    config.samples.captions = (
        "a bowl of fruit on a table", "a herd of sheep grazing on a green field",
        "a red bus driving down a city street", "a pizza with cheese on a plate",
    )
    return config.lock()
