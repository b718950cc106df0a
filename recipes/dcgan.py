r"""DCGAN with labels: class to image (arXiv 1511.06434).

With `--config.model.mode_seeking_weight=1` it is the label-to-image task of MSGAN (arXiv
1903.05628), the variant `cifar10_msgan`.

    python -m recipes.train --config=recipes/dcgan.py:shapes --workdir=runs/dcgan_shapes
    python -m recipes.train --config=recipes/dcgan.py:cifar10 --workdir=runs/dcgan_cifar10
    python -m recipes.train --config=recipes/dcgan.py:folder --workdir=runs/dcgan_mine \
        --config.data.directory=my_images --config.model.image_size=64

Datasets:
  shapes         procedural, no files; 32 pixels, the label is the kind of shape, a small network.
  cifar10        the paper's settings: 200 epochs in batches of 32. With an empty
                 `--config.data.directory` Keras downloads CIFAR-10; otherwise it is a folder with
                 the original files, or, with `--config.data.name=classes`, a folder or .zip of
                 image files.
  cifar10_small  half the channels, batches of 64, an EMA of the generator: for a CPU.
  folder         one folder of images per class, resized to a square of `model.image_size` pixels,
                 a power of two; `--config.size=small` (as cifar10_small) or `paper` (as cifar10).
  cifar10_msgan  MSGAN's experiment: cifar10 with mode seeking of weight 1.
"""

from zoo import models, training
from zoo.training import (
    Based,
    BySize,
    common_config,
    compile_gan,
    image_experiment,
    model_arguments,
    with_variant,
)

VARIANTS = {
    "shapes": {  # small: two CPU cores are enough
        "steps": 2000, "batch_size": 32,
        "checkpoint_every": 100, "sample_every": 500,
        "model": {"image_size": 32, "filters": 16, "latent_dim": 32},
        "data": {"name": "shape_classes", "count": 4096, "flip": False},
    },
    "cifar10": {  # MSGAN's
        "epochs": 200, "batch_size": 32, "checkpoint_every": 1000, "sample_every": 1000,
        "model": {"image_size": 32, "filters": 128, "latent_dim": 100},
        "data": {"name": "cifar10", "flip": False, "cache": True},
    },
    "cifar10_small": {  # a quarter of the paper's compute per image, for a CPU
        "epochs": 60, "batch_size": 64, "dtype": "auto",
        "checkpoint_every": 1000, "sample_every": 1000,
        "model": {"image_size": 32, "filters": 64, "latent_dim": 100,
                  "ema_decay": 0.999, "ema_warmup": True},
        "data": {"name": "cifar10", "flip": False, "cache": True},
    },
    "cifar10_msgan": Based("cifar10", {"model": {"mode_seeking_weight": 1.0}}),
    "folder": BySize("classes", small="cifar10_small", paper="cifar10"),
}

SWEEP = {"model.mode_seeking_weight": (0.0, 0.5, 1.0, 2.0)}  # see recipes/sweep.py


def get_config(dataset="shapes"):
    """The config of one of: shapes, cifar10, cifar10_small, cifar10_msgan, folder."""
    config = common_config("dcgan", dataset, VARIANTS)
    config.update({
        "model": {
            "image_size": 32,
            "filters": 128,
            "latent_dim": 100,
            "weight_decay": 1e-4,  # L2, coupled with the gradient
            "adversarial_form": "logits",  # "probabilities": cross-entropy of sigmoids, as released
            "mode_seeking_weight": 0.0,  # MSGAN's tasks: 1
            "ema_decay": 0.0,  # of the generator's EMA; 0: none, as in the paper
            "ema_warmup": False,  # a lower decay at first: min(ema_decay, (1 + n) / (10 + n))
        },
        "optimizer": {  # Adam, the same for all networks
            "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8,
        },
        "samples": {  # the fixed grid, and the conditions of the held-out scores
            "rows": 10,  # conditions: the first classes, at most this many
            "samples_per_condition": 6,
            "seed": 0,
        },
        "data": {
            "name": "cifar10",  # "classes" | "cifar10" | "shape_classes"
            "directory": "",  # a folder or .zip; "" lets cifar10 ask keras.datasets
            "held_out_split": "test",  # name of a folder; if it is missing, test or val
            "load_size": 0,  # pixels to resize to before a random crop; 0: no crop
            "flip": True,  # mirror images with probability 1/2
            "cache": False,  # keep all decoded images in memory
            "on_error": "raise",  # "raise" | "skip": how to handle a broken image
            "follow_links": False,  # follow symbolic links, even out of the folder
            "count": 4096,  # shapes: number of training images
            "held_out_count": 64,  # shapes: number of held-out images
            "attribute": "shape",  # shape_classes: which attribute is the label
        },
    })
    return with_variant(config, VARIANTS[dataset], VARIANTS)


def open_data(config):
    """The data set of a config."""
    return training.ImageData(config, "labels")


def build(config, data, pretrained):
    """The `Experiment` of a resolved config. `pretrained` is empty."""
    del pretrained
    training.check_batch_size(config, 2, "the batch statistics of one image are meaningless")
    names = [str(name) for name in data.source.class_names]
    model = models.DCGAN(
        classes=len(names), class_names=names, seed=config.seed, **model_arguments(config)
    )
    compile_gan(model, config)
    return image_experiment(config, data, model)
