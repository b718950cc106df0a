r"""STREAM: an image captioning network.

Pre-training of MirrorGAN (arXiv 1903.05854, section 3.3); `recipes/mirror_gan.py` runs it
automatically unless `--config.stream` names a trained one.

    python -m recipes.train --config=recipes/stream.py:shapes --workdir=runs/stream_shapes
    python -m recipes.train --config=recipes/stream.py:emoji --workdir=runs/stream_emoji \
        --config.data.directory=data/emoji.zip
    python -m recipes.train --config=recipes/stream.py:birds --workdir=runs/stream_birds \
        --config.data.directory=data/birds --config.model.image_weights=data/resnet152-394f9c45.pth

The authors released neither this step nor its weights. It follows the image captioning tutorial
that their code names as its source, yunjey/pytorch-tutorial: Adam at 0.001, batches of 128, five
passes over all captions. A step here uses one caption per image, so five passes are 50 epochs of
birds, which have ten captions each, and 25 of COCO.

Datasets:
  shapes  procedural, no files; a small encoder for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data; ResNet-152 with ImageNet weights, frozen.
  coco    COCO 2014 in the same layout, the same encoder.
  folder  your own captioned images, a folder from `zoo data`; --config.size=small (as emoji) or
          paper; epochs, batch, EMA decay and words follow from the data.

A MirrorGAN uses the result with `--config.stream=runs/stream_emoji/presets/best`.
"""

from zoo import models, training
from zoo.training import BySize, check_caption_batch, common_config, with_variant

VARIANTS = {
    "shapes": {  # small: minutes on two CPU cores
        "steps": 600, "batch_size": 32, "checkpoint_every": 100, "sample_every": 100,
        "model": {
            "image_encoder": "compact", "image_filters": 16, "image_size": 64,
            "features": 64, "units": 128,
        },
        "data": {"name": "shapes", "count": 4096, "crop": "none", "flip": False,
                 "words": "unicode", "max_words": 18},
    },
    "emoji": {  # no crop and no flip
        "epochs": 20, "batch_size": 48, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "image_encoder": "compact", "image_filters": 32, "image_size": 64,
            "features": 128, "units": 256,
        },
        "data": {"name": "emoji", "directory": "data/emoji.zip", "crop": "none", "flip": False,
                 "held_out_split": "combinations",
                 "cache": True, "min_count": 2, "unknown": "unk", "words": "unicode",
                 "max_words": 13},
    },
    "birds": {  # sizes of MirrorGAN's code, training of the tutorial
        "epochs": 50, "batch_size": 128, "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "image_encoder": "resnet", "image_filters": 64, "image_size": 256,
            "features": 256, "units": 512,
        },
        "data": {"name": "birds", "directory": "data/birds", "max_words": 18},
    },
    "coco": {
        "epochs": 25, "batch_size": 128, "checkpoint_every": 500, "sample_every": 500,
        "model": {
            "image_encoder": "resnet", "image_filters": 64, "image_size": 256,
            "features": 256, "units": 512,
        },
        "data": {"name": "coco", "directory": "data/coco", "max_words": 15},
    },
    # A user's own captioned images, prepared by `zoo data`: `--config.size=small` is as emoji,
    # `paper` as birds, with epochs, batch, EMA decay and words that follow from the data.
    "folder": BySize(small="emoji", paper="birds"),
}


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco, folder."""
    config = common_config("stream", dataset, VARIANTS)
    config.update({
        "model": {
            "image_encoder": "resnet",  # "compact" | "resnet"
            "image_filters": 64,  # channels of the first block; resnet: 64
            "image_depth": 152,  # resnet: 50 | 101 | 152; unused by compact
            "image_weights": "",  # resnet: torchvision's ImageNet file (.pth, or .npz of it)
            "image_size": 256,  # pixels, those of the GAN's last stage
            "features": 256,  # size of an image's vector and of a word embedding
            "units": 512,  # of the LSTM
            "end_token": True,  # predict the end token; False: as in the GAN's loss
        },
        "optimizer": {
            "learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "data": {  # same as for the DAMSM: both networks must share a vocabulary
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
    """Raises `ZooError` for a text encoder that STREAM does not support."""
    if "text" in config:
        training.check_text(config, ("captions",))


def check_weights(config):
    """Raises `ZooError` for a ResNet without weights."""
    training.require_weights(config, "resnet", "a frozen ResNet", "resnet152-394f9c45.pth")


def build(config, data, pretrained):
    """The `Experiment` of a resolved config.

    `pretrained`: dict of "damsm" -> preset of the DAMSM whose vocabulary it uses; without one, that
    of the training captions.
    """
    import keras

    check_caption_batch(config)
    handle = pretrained.get("damsm")
    model = make_model(config, data, training.load_damsm(config, handle) if handle else None)
    if config.model.image_weights:
        load_resnet_trunk(model.captioner.encoder, config.model.image_weights)
    model.compile(optimizer=keras.optimizers.Adam(**config.optimizer))
    return training.Experiment(
        model,
        data.batches(config, model),
        data.score(training.CaptionScore, config, model),
        training.DescriptionSamples(
            model, data.held_out, data.tokenizer(model), config.data.crop
        ),
    )


def make_model(config, data, damsm=None):
    """An untrained model, with the vocabulary of a `DAMSM` or of the training captions."""
    settings = config.model
    vocabulary = data.vocabulary() if damsm is None else damsm.vocabulary
    encoder = {"features": settings.features, "filters": settings.image_filters}
    if settings.image_encoder == "resnet":
        from zoo.networks.backbones.resnet import BLOCKS

        encoder["blocks"] = list(BLOCKS[settings.image_depth])
    return models.CaptionPretraining(
        vocabulary=vocabulary.tokens, max_words=config.data.max_words,
        image_size=settings.image_size, end_token=settings.end_token, seed=config.seed,
        captioner={"kind": settings.image_encoder, "units": settings.units, "encoder": encoder},
    )


def resolve(config, data, pretrained, damsm):
    """The STREAM of a MirrorGAN: trained, or untrained, which suffices to describe a run.

    Args:
        config: MirrorGAN's config.
        data: its data.
        pretrained: dict of "stream" -> preset of a trained one, or "".
        damsm: the `DAMSM` whose vocabulary an untrained one uses.
    """
    if handle := pretrained.get("stream"):
        return models.CaptionPretraining.from_preset(handle)
    part = training.Stage("stream", "captioning", None).config(config)
    return make_model(part, data, damsm)


def load_resnet_trunk(encoder, path):
    """Loads torchvision's ImageNet weights (`resnet152-*.pth`) into a `ResNetCaptionEncoder`."""
    from zoo.importers.files import read_state_dict
    from zoo.importers.resnet import resnet_targets
    from zoo.importers.state_dict import load_state_dict

    weights = {k: v for k, v in read_state_dict(path).items() if not k.startswith("fc.")}
    load_state_dict(resnet_targets(encoder.trunk), weights)
