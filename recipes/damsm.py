r"""DAMSM: a text encoder and an image encoder that agree on which caption describes which picture.

Pre-training of AttnGAN (arXiv 1711.10485, section 3.2); `recipes/attn_gan.py` runs it by itself
when `--config.damsm` names none.

    python -m recipes.train --config=recipes/damsm.py:shapes --workdir=runs/damsm_shapes
    python -m recipes.train --config=recipes/damsm.py:emoji --workdir=runs/damsm_emoji \
        --config.data.directory=data/emoji.zip
    python -m recipes.train --config=recipes/damsm.py:birds --workdir=runs/damsm_birds \
        --config.data.directory=data/birds \
        --config.model.image_weights=data/inception_v3_google-1a9a5a14.pth

Datasets:
  shapes  procedural, no files; small encoders for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 64 pixels; on two cores
          of an AMD EPYC 4,700 steps took about 15 minutes in bfloat16; the best held-out loss, 9.29
          at step 3,000, is the preset damsm_emoji_64.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings.
  coco    COCO 2014 in the same layout, the paper's settings.

A GAN then takes the result with `--config.damsm=runs/damsm_emoji/presets/best`.

With `--config.text=hub` captions are read by a text encoder of TensorFlow Hub, such as BERT, that
`text_encoder` names (docs/text_encoders.md). It is fixed, so the image encoder alone is trained, by
as many features as that has.
"""

from recipes.texts import text_settings
from zoo.training.configs import choose, common_config, data_config


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    return choose(dataset, {"shapes": shapes, "emoji": emoji, "birds": birds, "coco": coco})


def _base():
    config = common_config("damsm")
    config.update({
        **text_settings(),
        "batch_size": 48,
        "model": {
            "image_encoder": "compact",  # "compact" | "inception_v3"
            "image_filters": 64,  # compact: width; unused by inception_v3
            "image_weights": "",  # inception_v3: torchvision's ImageNet file (.pth, or .npz of it)
            "image_size": 64,  # pixels; inception_v3: 299
            # Of the recurrent text encoder; with --config.text=hub without use.
            "features": 256,  # size of a word, a region and both sentence embeddings
            "embedding_dim": 300,  # size of a word embedding
            "cell": "lstm",  # "lstm" | "gru"
            "dropout": 0.5,  # rate on the word embeddings
            "clip_norm": 0.25,  # global norm of the text encoder's gradient
            "epoch_schedule": False,  # official: each epoch a new Adam, rate x 0.98 down to 0.0002
        },
        "optimizer": {
            "learning_rate": 0.002,
            "beta_1": 0.5,
            "beta_2": 0.999,
            "epsilon": 1e-8,
        },
    })
    return config


def shapes():
    """Small: minutes on two CPU cores."""
    config = _base()
    config.batch_size = 32
    config.steps = 300
    config.checkpoint_every = config.sample_every = 100
    config.data = data_config("shapes", count=4096, crop="none", flip=False)
    config.model.update({"features": 64, "embedding_dim": 64, "image_filters": 16})
    return config.lock()


def emoji():
    """Captioned emoji at 64 pixels, no crop and no mirror (arrows and hands have a side)."""
    config = _base()
    config.epochs = 30
    config.data = data_config(
        "folder", directory="data/emoji.zip", crop="none", flip=False, cache=True,
        min_count=2, unknown="unk", max_words=13,
    )
    config.model.update({"features": 128, "image_filters": 32, "epoch_schedule": True})
    return config.lock()


def birds():
    """The paper's CUB settings: Inception-v3 at 299 pixels, official loop with its restarts."""
    config = _base()
    config.epochs = 200
    config.data = data_config("birds", directory="data/birds", max_words=18)
    config.model.update({
        "image_encoder": "inception_v3", "image_size": 299, "epoch_schedule": True,
    })
    return config.lock()


def coco():
    """The paper's COCO settings."""
    config = birds().unlock()
    config.epochs = 100
    config.data = data_config("coco", directory="data/coco", max_words=15)
    return config.lock()
