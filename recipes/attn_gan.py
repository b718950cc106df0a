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

from recipes.configs import choose
from recipes.text_to_image import text_to_image_config


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    return choose(dataset, {"shapes": shapes, "emoji": emoji, "birds": birds, "coco": coco})


def _base(dataset):
    return text_to_image_config(
        "attn_gan",
        dataset,
        damsm_weight=5.0,  # lambda; the paper: 5 for CUB, 50 for COCO
        sample_reduction="sum",  # mode seeking: how both samples' losses are joined, or "mean"
        single_image=False,  # True: the official DCGAN variant, one head and discriminator
        mask_tiling="per_sample",  # "official": each pixel's padding mask as released
    )


def shapes():
    """Small: two CPU cores are enough."""
    return _base("shapes").lock()


def emoji():
    """Captioned emoji at 64 pixels."""
    return _base("emoji").lock()


def birds():
    """The paper's CUB settings (official `bird_attn2.yml`)."""
    config = _base("birds")
    config.epochs = 600
    config.batch_size = 20
    config.model.update({"generator_filters": 32, "discriminator_filters": 64})
    return config.lock()


def coco():
    """The paper's COCO settings (official `coco_attn2.yml`)."""
    config = _base("coco")
    config.epochs = 120
    config.batch_size = 14
    config.model.update({
        "generator_filters": 48, "discriminator_filters": 96, "residual_blocks": 3,
        "damsm_weight": 50.0,
    })
    return config.lock()
