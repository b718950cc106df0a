r"""BicycleGAN: image to many images, trained on pairs (arXiv 1711.11586).

    python -m recipes.train --config=recipes/bicyclegan.py:shapes --workdir=runs/bicycle_shapes
    python -m recipes.train --config=recipes/bicyclegan.py:facades --workdir=runs/bicycle_facades \
        --config.data.directory=data/facades.zip
    python -m recipes.train --config=recipes/bicyclegan.py:edges2shoes --workdir=runs/shoes \
        --config.data.directory=data/edges2shoes

A pair is one file, A left and B right, or two files of one name in two folders; the splits are the
folders train, val and test of a folder or .zip file. `--config.data.direction=b2a` translates from
B to A. Batches are split in halves, so their size must be even.

Datasets:
  shapes          procedural, no files; 32 pixels, small networks; from a label map to the image.
  facades, maps, edges2shoes, edges2handbags, night2day
                  the official settings: 256 pixels, batches of 2.
  facades_128     facades at 128 pixels with half the channels, for a CPU.
  folder          a user's own pairs, from left to right; `--config.size=small` (as facades_128) or
                  `paper` (as facades).
"""

from zoo import models, training
from zoo.training import (
    BySize,
    common_config,
    compile_gan,
    decay_arguments,
    image_experiment,
    model_arguments,
    with_variant,
)

VARIANTS = {
    "shapes": {  # small: two CPU cores are enough; from a shape's label map to its image
        "steps": 2000, "epochs": 0, "batch_size": 4,
        "checkpoint_every": 100, "sample_every": 500,
        "decay": {"epochs": 0, "constant_epochs": 0},
        "model": {
            "image_size": 32, "generator_filters": 16, "discriminator_filters": 16,
            "discriminator_layers": 2,
            "dropout": 0.0, "encoder_filters": 16,
        },
        "data": {"name": "shape_pairs", "count": 4096, "flip": False, "held_out_split": "test"},
    },
    "facades": {  # official
        "epochs": 400, "batch_size": 2, "checkpoint_every": 1000, "sample_every": 1000,
        "decay": {"epochs": 400, "constant_epochs": 200},
        "model": {"source_channels": 3, "dropout": 0.5},
        "data": {"name": "pairs", "direction": "b2a", "load_size": 256},
    },
    "maps": {  # official
        "epochs": 400, "batch_size": 2, "checkpoint_every": 1000, "sample_every": 1000,
        "decay": {"epochs": 400, "constant_epochs": 200},
        "model": {"source_channels": 3, "dropout": 0.5},
        "data": {"name": "pairs", "direction": "b2a", "load_size": 600},
    },
    "edges2shoes": {  # official
        "epochs": 60, "batch_size": 2, "checkpoint_every": 1000, "sample_every": 1000,
        "decay": {"epochs": 60, "constant_epochs": 30},
        "model": {"source_channels": 1, "dropout": 0.5},
        "data": {"name": "pairs", "direction": "a2b", "load_size": 256},
    },
    "edges2handbags": {  # official
        "epochs": 30, "batch_size": 2, "checkpoint_every": 1000, "sample_every": 1000,
        "decay": {"epochs": 30, "constant_epochs": 15},
        "model": {"source_channels": 1, "dropout": 0.5},
        "data": {"name": "pairs", "direction": "a2b", "load_size": 256},
    },
    "night2day": {  # official
        "epochs": 100, "batch_size": 2, "checkpoint_every": 1000, "sample_every": 1000,
        "decay": {"epochs": 100, "constant_epochs": 50},
        "model": {"source_channels": 3, "dropout": 0.5},
        "data": {"name": "pairs", "direction": "a2b", "load_size": 286},
    },
    # An eighth of the compute per image, for two CPU cores.
    "facades_128": {
        "epochs": 40, "batch_size": 2, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "decay": {"epochs": 40, "constant_epochs": 20},
        "model": {
            "image_size": 128, "generator_filters": 32, "discriminator_filters": 32,
            "discriminator_layers": 2,
            "dropout": 0.5, "encoder_filters": 32,
        },
        "data": {
            "name": "pairs", "direction": "b2a", "cache": True,
            "load_size": 143,  # 286 for 256, halved
        },
    },
    "folder": BySize("pairs", small="facades_128", paper="facades"),
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, facades, maps, edges2shoes, edges2handbags, night2day,
    facades_128, folder."""
    config = common_config("bicyclegan", dataset, VARIANTS)
    config.update({
        "model": {
            "image_size": 256,
            "source_channels": 3,  # 1: a gray source, such as edges
            "latent_dim": 8,
            "generator_filters": 64,
            "where_add": "all",  # where the latent enters the U-Net: "all" | "input"
            "normalization": "instance",  # "instance" | "batch"
            "dropout": 0.5,  # of three blocks of the U-Net
            "discriminator_filters": 64,
            "discriminator_scales": 2,
            "discriminator_layers": 3,
            "l1_weight": 10.0,
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.0,  # of the generator's EMA; 0: none, as in the paper
            "ema_warmup": False,  # a lower decay at first: min(ema_decay, (1 + n) / (10 + n))
            "encoder": "resnet",  # "resnet" | "conv"
            "encoder_filters": 64,
            "conditional_discriminators": False,
            "latent_step": "joint",  # "separate": as released until 2020-06 and in the paper
            "latent_weight": 0.5,
            "kl_weight": 0.01,
        },
        "optimizer": {  # Adam, the same for all networks
            "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "decay": {  # learning rates: constant, then linearly to 0 at `epochs`; 0: always constant
            "epochs": 400, "constant_epochs": 200,
        },
        "samples": {  # the fixed grid, and the conditions of the held-out scores
            "rows": 8,  # conditions
            "samples_per_condition": 6,
            "seed": 0,
        },
        "data": {
            "name": "pairs",  # "pairs" | "shape_pairs"
            "directory": "",  # a folder or .zip
            "held_out_split": "val",  # name of a folder; if it is missing, test or val
            "load_size": 0,  # pixels to resize to before a random crop; 0: no crop
            "flip": True,  # mirror images with probability 1/2
            "cache": False,  # keep all decoded images in memory
            "on_error": "raise",  # "raise" | "skip": how to handle a broken image
            "follow_links": False,  # follow symbolic links, even out of the folder
            "count": 4096,  # shapes: number of training images
            "held_out_count": 64,  # shapes: number of held-out images
            "direction": "a2b",  # "a2b": A, or the left half, is the source | "b2a"
            "layout": "auto",  # "auto" | "side_by_side" | "folders": how A and B are stored
            "held_out_fraction": 0.1,  # of a data set without held-out split, by hash of the names
        },
    })
    return with_variant(config, VARIANTS[dataset], VARIANTS)


def open_data(config):
    """The data set of a config."""
    return training.ImageData(config, "pairs")


def build(config, data, pretrained):
    """The `Experiment` of a resolved config. `pretrained` is empty."""
    del pretrained
    training.check_batch_size(config, 2, "BicycleGAN splits each batch in halves", even=True)
    arguments = {**decay_arguments(config, data), **model_arguments(config)}
    model = models.BicycleGAN(seed=config.seed, **arguments)
    compile_gan(model, config)
    return image_experiment(config, data, model)
