r"""DRIT: image to image between two domains, without pairs (arXiv 1808.00948).

With `--config.model.mode_seeking_weight=1` it is the unpaired task of MSGAN (arXiv 1903.05628) and
DRIT++ (arXiv 1905.01270): the variants `yosemite_msgan` and `cat2dog_msgan`.

    python -m recipes.train --config=recipes/drit.py:shapes --workdir=runs/drit_shapes
    python -m recipes.train --config=recipes/drit.py:yosemite --workdir=runs/drit_yosemite \
        --config.data.directory=data/yosemite
    python -m recipes.train --config=recipes/drit.py:emoji --workdir=runs/drit_emoji \
        --config.data.directory=data/emoji.zip

The domains are two folders of images, trainA and trainB (testA, testB), or train/A and train/B;
`--config.data.domains=("cat","dog")` gives them other names. The first half of a batch is
translated, and the second half provides real images for the second discriminators, so the batch
size must be even. One step in three trains all networks, the others only the content discriminator.

Datasets:
  shapes     procedural, no files; 32 pixels, small networks; white and black backgrounds.
  yosemite   summer and winter: the paper's settings, attributes concatenated, 216 of 256 pixels.
  cat2dog    cats and dogs: the same, feature-wise attributes.
  emoji      two drawing styles of emoji (noto, blob) at 64 pixels, small networks, for a CPU.
  cats_dogs  the cats and dogs of CIFAR-10 as image files, 32 pixels, small networks, for a CPU.
  folder     a user's own domains; `--config.size=small` (as emoji) or `paper` (as yosemite).
  yosemite_msgan, cat2dog_msgan
             MSGAN's experiments: yosemite and cat2dog with mode seeking of weight 1 in each
             direction. The released model of cat2dog was trained for 2,000 epochs, of unknown
             decay; here it is the default of the code, 1,200.
"""

from zoo import models, training
from zoo.training import (
    Based,
    BySize,
    common_config,
    compile_gan,
    decay_arguments,
    image_experiment,
    with_variant,
)

VARIANTS = {
    "shapes": {  # small: two CPU cores are enough; every step trains all networks
        "steps": 2000, "epochs": 0, "batch_size": 8,
        "checkpoint_every": 500, "sample_every": 500,
        "decay": {"epochs": 0, "constant_epochs": 0},
        "model": {
            "image_size": 32, "filters": 8, "concat": True, "full_step_every": 1,
            "discriminators": {"filters": 8, "scales": 2, "layers": 3},
            "content_discriminator": {"layers": 0},
        },
        "data": {"name": "shape_domains", "count": 4096, "load_size": 0, "flip": False,
                 "cache": True},
    },
    "yosemite": {  # the paper's
        "epochs": 1200, "batch_size": 2, "checkpoint_every": 3000, "sample_every": 3000,
        "decay": {"epochs": 1200, "constant_epochs": 600},
        "model": {
            "image_size": 216, "filters": 64, "concat": True, "full_step_every": 3,
            "discriminators": {"filters": 64, "scales": 3, "layers": 4},
            "content_discriminator": {"layers": 3},
        },
        "data": {"name": "unpaired", "load_size": 256},
    },
    "cat2dog": {  # the paper's settings for domains that differ in shape
        "epochs": 1200, "batch_size": 2, "checkpoint_every": 3000, "sample_every": 3000,
        "decay": {"epochs": 1200, "constant_epochs": 600},
        "model": {
            "image_size": 216, "filters": 64, "concat": False, "full_step_every": 3,
            "discriminators": {"filters": 64, "scales": 3, "layers": 4},
            "content_discriminator": {"layers": 3},
        },
        "data": {"name": "unpaired", "load_size": 256},
    },
    "emoji": {  # two drawing styles
        "steps": 6000, "epochs": 0, "batch_size": 4, "dtype": "auto",
        "checkpoint_every": 500, "sample_every": 500,
        "decay": {"epochs": 0, "constant_epochs": 0},
        "model": {
            "image_size": 64, "filters": 16, "concat": True, "full_step_every": 1,
            "discriminators": {"filters": 16, "scales": 2, "layers": 3},
            "content_discriminator": {"layers": 1},
        },
        "data": {"name": "unpaired", "domains": ("noto", "blob"), "load_size": 68, "cache": True},
    },
    "cats_dogs": {  # two classes of CIFAR-10
        "steps": 20000, "epochs": 0, "batch_size": 8,
        "checkpoint_every": 500, "sample_every": 500,
        "decay": {"epochs": 0, "constant_epochs": 0},
        "model": {
            "image_size": 32, "filters": 16, "concat": False, "full_step_every": 1,
            "discriminators": {"filters": 16, "scales": 2, "layers": 3},
            "content_discriminator": {"layers": 0},
        },
        "data": {"name": "unpaired", "domains": ("cat", "dog"), "load_size": 0, "cache": True},
    },
    "yosemite_msgan": Based("yosemite", {"model": {"mode_seeking_weight": 1.0}}),
    "cat2dog_msgan": Based("cat2dog", {"model": {"mode_seeking_weight": 1.0}}),
    "folder": BySize("domains", small="emoji", paper="yosemite"),
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, yosemite, cat2dog, emoji, cats_dogs, yosemite_msgan,
    cat2dog_msgan, folder."""
    config = common_config("drit", dataset, VARIANTS)
    config.update({
        "model": {
            "image_size": 216,
            "filters": 64,
            "latent_dim": 8,
            "concat": True,  # True: attributes concatenated to the features | False: feature-wise
            "discriminators": {"filters": 64, "scales": 3, "layers": 4},
            "content_discriminator": {"layers": 3},
            "content_noise": 1.0,
            "weight_decay": 1e-4,  # L2, coupled with the gradient
            "full_step_every": 3,
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
        },
        "optimizer": {  # Adam, the same for all networks
            "learning_rate": 1e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "content_learning_rate": 4e-5,  # of the content discriminator
        "decay": {  # learning rates: constant, then linearly to 0 at `epochs`; 0: always constant
            "epochs": 1200, "constant_epochs": 600,
        },
        "samples": {  # the fixed grid, and the conditions of the held-out scores
            "rows": 6,  # conditions per direction
            "samples_per_condition": 6,
            "seed": 0,
        },
        "data": {
            "name": "unpaired",  # "unpaired" | "shape_domains"
            "directory": "",  # a folder or .zip
            "held_out_split": "test",  # name of a folder; if it is missing, test or val
            "load_size": 256,  # pixels to resize to before a random crop; 0: no crop
            "flip": True,  # mirror images with probability 1/2
            "cache": False,  # keep all decoded images in memory
            "on_error": "raise",  # "raise" | "skip": how to handle a broken image
            "follow_links": False,  # follow symbolic links, even out of the folder
            "count": 4096,  # shapes: number of training images
            "held_out_count": 64,  # shapes: number of held-out images
            "held_out_fraction": 0.1,  # of a data set without held-out split, by hash of the names
            "domains": ("A", "B"),  # names of the two folders
            "difference": "background",  # shape_domains: attribute in which the domains differ
        },
    })
    return with_variant(config, VARIANTS[dataset], VARIANTS)


def open_data(config):
    """The data set of a config."""
    return training.ImageData(config, "domains")


def build(config, data, pretrained):
    """The `Experiment` of a resolved config. `pretrained` is empty."""
    import keras

    del pretrained
    training.check_batch_size(config, 2, "DRIT translates the first half of a batch", even=True)
    model = models.DRIT(
        seed=config.seed, **decay_arguments(config, data), **config.model.to_dict()
    )
    content = {**config.optimizer, "learning_rate": config.content_learning_rate}
    compile_gan(
        model, config, content_discriminator_optimizer=keras.optimizers.Adam(**content)
    )
    return image_experiment(config, data, model)
