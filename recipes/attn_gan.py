r"""AttnGAN: caption to picture in three stages with word attention (arXiv 1711.10485).

    python -m recipes.train --config=recipes/attn_gan.py:shapes --workdir=runs/shapes
    python -m recipes.train --config=recipes/attn_gan.py:emoji --workdir=runs/emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64
    python -m recipes.train --config=recipes/attn_gan.py:birds --workdir=runs/birds \
        --config.data.directory=data/birds --config.damsm=runs/damsm_birds/presets/best

Without `--config.damsm` a DAMSM is pre-trained first, in the `damsm` folder of the run, by the
settings under `pretraining`. Mode seeking (arXiv 1903.05628) is a switch:
`--config.model.mode_seeking_weight=1`.

With `--config.text=hub` a text encoder of TensorFlow Hub, such as BERT, that `text_encoder` names
reads the captions in place of the DAMSM's recurrent one (docs/text_encoders.md); a DAMSM that
`--config.damsm` names must have been trained with the same.

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels; on two
          cores of an AMD EPYC 25,424 steps took 80 minutes and gave the preset attn_gan_emoji_64
          (its figures: docs/attn_gan.md).
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings, 64/128/256 pixels.
  coco    COCO 2014 in the same layout, the paper's settings, 64/128/256 pixels.
"""

from recipes.text_to_image import damsm_guided_config

PAPER = {
    "birds": {  # official bird_attn2.yml
        "epochs": 600, "batch_size": 20,
        "model": {"generator_filters": 32, "discriminator_filters": 64},
    },
    "coco": {  # official coco_attn2.yml
        "epochs": 120, "batch_size": 14,
        "model": {
            "generator_filters": 48, "discriminator_filters": 96, "residual_blocks": 3,
            "damsm_weight": 50.0,
        },
    },
}


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    return damsm_guided_config(
        "attn_gan",
        dataset,
        PAPER,
        single_image=False,  # True: the official DCGAN variant, one head and discriminator
    )
