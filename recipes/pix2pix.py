r"""Pix2Pix with a latent: image to image, trained on pairs (arXiv 1611.07004).

With `--config.model.mode_seeking_weight=1` it is the image-to-image task of MSGAN (arXiv
1903.05628): the variants `facades_msgan` and `maps_msgan`.

    python -m recipes.train --config=recipes/pix2pix.py:shapes --workdir=runs/pix2pix_shapes
    python -m recipes.train --config=recipes/pix2pix.py:facades --workdir=runs/pix2pix_facades \
        --config.data.directory=data/facades.zip

A pair is one file, A left and B right, or two files of one name in two folders; the splits are the
folders train, val and test of a folder or .zip file. `--config.data.direction=b2a` translates from
B to A.

Datasets:
  shapes       procedural, no files; 32 pixels, small networks; from a label map to the image.
  facades      CMP facades, label map to photo; MSGAN's settings, 256 pixels, batches of 1.
  maps         map to aerial photo, the same settings.
  facades_128  facades at 128 pixels with half the channels, for a CPU.
  folder       a user's own pairs, from left to right; `--config.size=small` (as facades_128) or
               `paper` (as facades).
  facades_msgan, maps_msgan
               MSGAN's experiments: facades and maps with mode seeking of weight 1.
"""

from zoo import models, training
from zoo.training import (
    Based,
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
        },
        "data": {"name": "shape_pairs", "count": 4096, "flip": False, "held_out_split": "test"},
    },
    "facades": {  # MSGAN's; its released models were trained for 400 epochs
        "epochs": 400, "batch_size": 1, "checkpoint_every": 1000, "sample_every": 1000,
        "decay": {"epochs": 400, "constant_epochs": 200},
        "data": {"name": "pairs", "direction": "b2a", "load_size": 0},
    },
    "maps": {  # MSGAN's
        "epochs": 400, "batch_size": 1, "checkpoint_every": 1000, "sample_every": 1000,
        "decay": {"epochs": 400, "constant_epochs": 200},
        "data": {"name": "pairs", "direction": "b2a", "load_size": 0},
    },
    # An eighth of the compute per image, for two CPU cores.
    "facades_128": {
        "epochs": 40, "batch_size": 2, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "decay": {"epochs": 40, "constant_epochs": 20},
        "model": {
            "image_size": 128, "generator_filters": 32, "discriminator_filters": 32,
            "discriminator_layers": 2,
        },
        "data": {
            "name": "pairs", "direction": "b2a", "cache": True,
            "load_size": 143,  # 286 for 256, halved
        },
    },
    "facades_msgan": Based("facades", {"model": {"mode_seeking_weight": 1.0}}),
    "maps_msgan": Based("maps", {"model": {"mode_seeking_weight": 1.0}}),
    "folder": BySize("pairs", small="facades_128", paper="facades"),
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, facades, maps, facades_128, facades_msgan, maps_msgan, folder.
    """
    config = common_config("pix2pix", dataset, VARIANTS)
    config.update({
        "model": {
            "image_size": 256,
            "source_channels": 3,  # 1: a gray source, such as edges
            "latent_dim": 8,
            "generator_filters": 64,
            "where_add": "all",  # where the latent enters the U-Net: "all" | "input"
            "normalization": "instance",  # "instance" | "batch"
            "dropout": 0.0,  # of three blocks of the U-Net
            "discriminator_filters": 64,
            "discriminator_scales": 2,
            "discriminator_layers": 3,
            "l1_weight": 10.0,
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.0,  # of the generator's EMA; 0: none, as in the paper
            "ema_warmup": False,  # a lower decay at first: min(ema_decay, (1 + n) / (10 + n))
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
    training.check_batch_size(config, 1, "a step needs a pair")
    arguments = {**decay_arguments(config, data), **model_arguments(config)}
    model = models.Pix2Pix(seed=config.seed, **arguments)
    compile_gan(model, config)
    return image_experiment(config, data, model)
