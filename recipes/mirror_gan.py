r"""MirrorGAN: caption to picture, and back to a caption (arXiv 1903.05854).

    python -m recipes.train --config=recipes/mirror_gan.py:shapes --workdir=runs/mirror_shapes
    python -m recipes.train --config=recipes/mirror_gan.py:emoji --workdir=runs/mirror_emoji \
        --config.data.directory=data/emoji.zip --config.damsm=damsm_emoji_64
    python -m recipes.train --config=recipes/mirror_gan.py:birds --workdir=runs/mirror_birds \
        --config.data.directory=data/birds --config.damsm=runs/damsm_birds/presets/best \
        --config.stream=runs/stream_birds/presets/best

It needs the text encoder of a DAMSM and a captioning network, STREAM, both trained on the same
words. Without `--config.damsm` a DAMSM is pre-trained first, in the `damsm` folder of the run, by
the settings under `pretraining`; then without `--config.stream` a STREAM, in its `stream` folder,
by those under `captioning`. Of the DAMSM only the held-out score uses the image encoder, unless
`--config.model.damsm_weight` is above 0. Mode seeking (arXiv 1903.05628) is a switch:
`--config.model.mode_seeking_weight=1`.

lambda, the weight of the caption's reconstruction, differs between the released code and the paper,
and so does its scale:
  code    10 x the mean over all words of a batch (the default)
  paper   --config.model.caption_weight=20 --config.model.caption_reduction=captions
          20 x the sum over a caption's words

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the settings of the released code,
          64/128/256 pixels.
  coco    COCO 2014 in the same layout; no settings were published, so these are the birds' with 120
          epochs.
"""

from recipes import stream
from recipes.text_to_image import SHARED, damsm_guided_config

_SIZES = {"generator_filters": 32, "discriminator_filters": 64}
PAPER = {
    "birds": {"epochs": 650, "batch_size": 12, "model": _SIZES},
    "coco": {"epochs": 120, "batch_size": 12, "model": _SIZES},
}


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    config = damsm_guided_config(
        "mirror_gan",
        dataset,
        PAPER,
        caption_weight=10.0,  # lambda; the released code: 10, the paper: 20 of "captions"
        caption_reduction="words",  # "words": mean over all words | "captions": sums
        damsm_weight=0.0,  # of AttnGAN's matching losses, which the released code leaves out
    ).unlock()
    config.stream = ""  # preset name or directory of a trained STREAM; "": pre-train one
    captioning = stream.get_config(dataset)
    config.captioning = {k: v for k, v in captioning.items() if k not in SHARED}
    return config.lock()
