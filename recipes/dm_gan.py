r"""DM-GAN: caption to picture through a dynamic memory of the words (arXiv 1904.01310).

With `--config.model.mode_seeking_weight` above 0 it is DM-GAN + mode seeking (arXiv 2008.08976).

    python -m recipes.train --config=recipes/dm_gan.py:shapes --workdir=runs/dm_shapes \
        --config.model.mode_seeking_weight=1
    python -m recipes.train --config=recipes/dm_gan.py:emoji --workdir=runs/dm_emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64
    python -m recipes.train --config=recipes/dm_gan.py:birds --workdir=runs/dm_birds \
        --config.data.directory=data/birds --config.damsm=runs/damsm_birds/presets/best

Without `--config.damsm` a DAMSM is pre-trained first, in the `damsm` folder of the run, by the
settings under `pretraining`. Several weights of mode seeking in one go, with a table and a picture
at the end:

    python -m recipes.sweep --config=recipes/dm_gan.py:shapes --workdir=runs/sweep

With `--config.text=hub` a text encoder of TensorFlow Hub, such as BERT, that `text_encoder` names
reads the captions in place of the DAMSM's recurrent one (docs/text_encoders.md); a DAMSM that
`--config.damsm` names must have been trained with the same.

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings, 64/128/256 pixels.
  coco    COCO 2014 in the same layout, the paper's settings, 64/128/256 pixels.
"""

from recipes.text_to_image import damsm_guided_config

PAPER = {
    "birds": {  # official bird_DMGAN.yml
        "epochs": 800, "batch_size": 10,
        "model": {"generator_filters": 64, "discriminator_filters": 32},
    },
    "coco": {  # official coco_DMGAN.yml
        "epochs": 200, "batch_size": 16,
        "model": {
            "generator_filters": 64, "discriminator_filters": 32, "residual_blocks": 3,
            "damsm_weight": 50.0,
        },
    },
}

# What `python -m recipes.sweep` varies. The values in the paper of DM-GAN + mode seeking are not
# known; these are chosen around 1, the weight of MSGAN in all its tasks.
SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0, 3.0)}


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    return damsm_guided_config("dm_gan", dataset, PAPER)
