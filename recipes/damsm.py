r"""DAMSM: a text and an image encoder trained to match captions with images.

Pre-training of AttnGAN (arXiv 1711.10485, section 3.2); `recipes/attn_gan.py` runs it automatically
unless `--config.damsm` names a trained one.

    python -m recipes.train --config=recipes/damsm.py:shapes --workdir=runs/damsm_shapes
    python -m recipes.train --config=recipes/damsm.py:emoji --workdir=runs/damsm_emoji \
        --config.data.directory=data/emoji.zip
    python -m recipes.train --config=recipes/damsm.py:birds --workdir=runs/damsm_birds \
        --config.data.directory=data/birds \
        --config.model.image_weights=data/inception_v3_google-1a9a5a14.pth

Datasets:
  shapes  procedural, no files; small encoders for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 64 pixels; on one core
          with AMX 3,000 steps took 0.3 hours in bfloat16 and gave the preset damsm_emoji_64, with a
          loss of 1.257 on held-out combinations.
  birds   CUB-200-2011 in the layout of the AttnGAN data, the paper's settings.
  coco    COCO 2014 in the same layout, the paper's settings.
  folder  your own captioned images, a folder from `zoo data`; --config.size=small (as emoji) or
          paper; epochs, batch, EMA decay and words follow from the data.

A GAN uses the result with `--config.damsm=runs/damsm_emoji/presets/best`.

With `--config.text=hub` captions are encoded by a text encoder from TensorFlow Hub, such as BERT,
given by `text_encoder` (docs/text_encoders.md). It is frozen: only the image encoder is trained,
with as many features as the text encoder has.
"""

from zoo import models, training
from zoo.training import BySize, check_caption_batch, common_config, with_variant

VARIANTS = {
    "shapes": {  # small: minutes on two CPU cores
        "steps": 300, "batch_size": 32, "checkpoint_every": 100, "sample_every": 100,
        "model": {
            "image_encoder": "compact", "image_filters": 16, "image_size": 64,
            "features": 64, "embedding_dim": 64, "epoch_schedule": False,
        },
        "data": {"name": "shapes", "count": 4096, "crop": "none", "flip": False,
                 "words": "unicode", "max_words": 18},
    },
    "emoji": {  # no crop and no flip (arrows and hands have a direction)
        "epochs": 30, "batch_size": 48, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "image_encoder": "compact", "image_filters": 32, "image_size": 64,
            "features": 128, "embedding_dim": 300, "epoch_schedule": True,
        },
        "data": {"name": "emoji", "directory": "data/emoji.zip", "crop": "none", "flip": False,
                 "held_out_split": "combinations",
                 "cache": True, "min_count": 2, "unknown": "unk", "words": "unicode",
                 "max_words": 13},
    },
    "birds": {  # the paper: Inception-v3 at 299 pixels, the official loop with its restarts
        "epochs": 200, "batch_size": 48, "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "image_encoder": "inception_v3", "image_size": 299,
            "features": 256, "embedding_dim": 300, "epoch_schedule": True,
        },
        "data": {"name": "birds", "directory": "data/birds", "max_words": 18},
    },
    "coco": {  # the paper's
        "epochs": 100, "batch_size": 48, "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "image_encoder": "inception_v3", "image_size": 299,
            "features": 256, "embedding_dim": 300, "epoch_schedule": True,
        },
        "data": {"name": "coco", "directory": "data/coco", "max_words": 15},
    },
    # A user's own captioned images, prepared by `zoo data`: `--config.size=small` is as emoji,
    # `paper` as birds, with epochs, batch, EMA decay and words that follow from the data.
    "folder": BySize(small="emoji", paper="birds"),
}


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco, folder."""
    config = common_config("damsm", dataset, VARIANTS)
    config.update({
        "negatives": "replica",  # contrasted and mismatched pairs: of one "replica" | "global"
        "text": "captions",  # the text encoder: "captions" | "hub"
        "text_encoder": {  # for "hub"
            "preprocess": "",  # handle of the word-piece module; "": BERT's
            "encoder": "",  # handle of the encoder; "": BERT base, uncased
            "sentence": "all_places",  # XMC-GAN's | "words": mean of real pieces | "pooled"
        },
        "text_cache": "",  # folder written by recipes.cache_text; "": run the encoder
        "model": {
            "image_encoder": "inception_v3",  # "compact" | "inception_v3"
            "image_filters": 64,  # compact: width; unused by inception_v3
            "image_weights": "",  # inception_v3: torchvision's ImageNet file (.pth, or .npz of it)
            "image_size": 299,  # pixels; inception_v3: 299
            # Of the recurrent text encoder; unused with --config.text=hub.
            "features": 256,  # size of a word, a region and both sentence embeddings
            "embedding_dim": 300,  # size of a word embedding
            "cell": "lstm",  # "lstm" | "gru"
            "dropout": 0.5,  # rate on the word embeddings
            "clip_norm": 0.25,  # global norm of the text encoder's gradient
            "epoch_schedule": True,  # official: a new Adam per epoch, rate x 0.98 down to 0.0002
        },
        "optimizer": {
            "learning_rate": 0.002, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
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
    """Raises `ZooError` for a text encoder that a DAMSM does not support."""
    training.check_text(config, ("captions", "hub"))


def check_weights(config):
    """Raises `ZooError` for an Inception-v3 without weights."""
    training.require_weights(
        config, "inception_v3", "a frozen Inception-v3", "inception_v3_google-1a9a5a14.pth"
    )


def build(config, data, pretrained):
    """The `Experiment` of a resolved config. `pretrained` is empty."""
    import keras

    del pretrained
    check_caption_batch(config)
    model = make_model(config, data)
    if config.model.image_weights:
        from zoo.importers.official import load_inception_trunk

        load_inception_trunk(model.image_encoder, config.model.image_weights)
    model.compile(optimizer=keras.optimizers.Adam(**config.optimizer))
    score = data.score(training.MatchingScore, config, model)
    return training.Experiment(model, data.batches(config, model), score)


def make_model(config, data):
    """An untrained `DAMSM`."""
    settings = config.model
    if config.text == "hub":
        text = {"text_encoder": training.hub_text_encoder(config)}
    else:
        text = {
            "vocabulary": training.grown_vocabulary(config, data.vocabulary()).tokens,
            "text_encoder": {"features": settings.features, "cell": settings.cell,
                             "embedding_dim": settings.embedding_dim},
        }
    image_encoder = {"kind": settings.image_encoder}  # its `features` are those of the text encoder
    if settings.image_encoder == "compact":
        image_encoder.update(filters=settings.image_filters, image_size=settings.image_size)
    schedule = len(data.source) // config.batch_size if settings.epoch_schedule else None
    return models.DAMSM(
        **text, max_words=config.data.max_words,
        image_size=settings.image_size, dropout=settings.dropout, clip_norm=settings.clip_norm,
        image_encoder=image_encoder, steps_per_epoch=schedule, seed=config.seed,
    )


def resolve(config, data, pretrained, needed=True):
    """The DAMSM of a system.

    Args:
        config: the system's config.
        data: its data.
        pretrained: dict of "damsm" -> preset of a trained one, or "".
        needed: bool. Whether the system cannot be trained without it.

    Returns:
        the trained `DAMSM`; without a preset an untrained one, which suffices to describe a run, or
        None if it is not needed.
    """
    if handle := pretrained.get("damsm"):
        return training.load_damsm(config, handle, needed)
    if not needed:
        return None
    return make_model(training.Stage("damsm", "pretraining", None).config(config), data)
