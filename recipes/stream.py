r"""STREAM: a network that says in words what a picture shows.

Pre-training of MirrorGAN (arXiv 1903.05854, section 3.3); `recipes/mirror_gan.py` runs it by itself
when `--config.stream` names none.

    python -m recipes.train --config=recipes/stream.py:shapes --workdir=runs/stream_shapes
    python -m recipes.train --config=recipes/stream.py:emoji --workdir=runs/stream_emoji \
        --config.data.directory=data/emoji.zip
    python -m recipes.train --config=recipes/stream.py:birds --workdir=runs/stream_birds \
        --config.data.directory=data/birds --config.model.image_weights=data/resnet152-394f9c45.pth

The authors released neither this step nor its weights. It is the image captioning that their code
names as its source, yunjey/pytorch-tutorial: Adam at 0.001, batches of 128, five passes over all
captions. A step here sees one caption of a picture, so five passes are 50 epochs of birds, which
have ten captions each, and 25 of COCO.

Datasets:
  shapes  procedural, no files; a small encoder for a CPU.
  emoji   captioned emoji (a folder with metadata.jsonl, or a .zip of one), 64 pixels.
  birds   CUB-200-2011 in the layout of the AttnGAN data; ResNet-152 with ImageNet weights, frozen.
  coco    COCO 2014 in the same layout, the same encoder.

A MirrorGAN then takes the result with `--config.stream=runs/stream_emoji/presets/best`.
"""

from recipes import damsm
from zoo.training.configs import choose, common_config


def get_config(dataset="shapes"):
    """The config of one of: shapes, emoji, birds, coco."""
    return choose(dataset, {"shapes": shapes, "emoji": emoji, "birds": birds, "coco": coco})


def _base(dataset):
    config = common_config("stream")
    config.update({
        "batch_size": 128,
        "model": {
            "image_encoder": "compact",  # "compact" | "resnet"
            "image_filters": 32,  # channels of the first block; resnet: 64
            "image_depth": 152,  # resnet: 50 | 101 | 152; unused by compact
            "image_weights": "",  # resnet: torchvision's ImageNet file (.pth, or .npz of it)
            "image_size": 64,  # pixels, those of the GAN's last stage
            "features": 256,  # size of a picture's vector and of a word embedding
            "units": 512,  # of the LSTM
            "end_token": True,  # learn the end of a caption; False: as the GAN's loss has it
        },
        "optimizer": {
            "learning_rate": 0.001,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-8,
        },
    })
    config.data = damsm.get_config(dataset).data  # both networks must have the same words
    return config


def shapes():
    """Small: minutes on two CPU cores."""
    config = _base("shapes")
    config.batch_size = 32
    config.steps = 600
    config.checkpoint_every = config.sample_every = 100
    config.model.update({"features": 64, "units": 128, "image_filters": 16})
    return config.lock()


def emoji():
    """Captioned emoji at 64 pixels, no crop and no mirror."""
    config = _base("emoji")
    config.epochs = 20
    config.batch_size = 48
    config.model.update({"features": 128, "units": 256})
    return config.lock()


def birds():
    """The sizes of MirrorGAN's code, the training of the tutorial."""
    config = _base("birds")
    config.epochs = 50
    config.model.update({"image_encoder": "resnet", "image_filters": 64, "image_size": 256})
    return config.lock()


def coco():
    """The same on COCO."""
    config = birds().unlock()
    config.epochs = 25
    config.data = damsm.get_config("coco").data
    return config.lock()
