r"""StackGAN++: caption to picture in three stages, from one sentence vector (arXiv 1710.10916).

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
`--config.damsm` judges the pictures and does nothing else.

Datasets:
  shapes  procedural, no files; 16/32/64 pixels, small networks for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 16/32/64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings, 64/128/256 pixels.
  coco    COCO 2014 in the same layout, 64/128/256 pixels; no settings were published, so these are
          the birds' with 120 epochs.
"""

from recipes.text_to_image import text_to_image_config
from zoo.training.configs import choose

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0, 3.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    return choose(dataset, {"shapes": shapes, "emoji": emoji, "birds": birds, "coco": coco})


def _base(dataset):
    return text_to_image_config(
        "stackgan_v2",
        dataset,
        unconditional_weight=1.0,  # of the heads without caption; 0: no such heads
        kl_weight=2.0,
        color_weight=0.0,  # colour consistency of the stages; official without text: 50
        adversarial_form="logits",  # "probabilities": cross-entropy of sigmoids, as released
    )


def shapes():
    """Small: two CPU cores are enough."""
    config = _base("shapes")
    config.model.generator_filters = 32  # halved from stage to stage
    return config.lock()


def emoji():
    """Captioned emoji at 64 pixels."""
    config = _base("emoji")
    config.model.generator_filters = 64
    return config.lock()


def birds():
    """The paper's CUB settings (official `birds_3stages.yml`)."""
    config = _base("birds")
    config.epochs = 600
    config.batch_size = 24
    config.model.condition_dim = 128
    return config.lock()


def coco():
    """The settings of the birds; the paper's for COCO were not published."""
    config = _base("coco")
    config.epochs = 120
    config.batch_size = 24
    config.model.condition_dim = 128
    return config.lock()
