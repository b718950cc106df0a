r"""DCGAN with labels: class to picture (arXiv 1511.06434).

With `--config.model.mode_seeking_weight=1` it is the label-to-image task of MSGAN (arXiv
1903.05628).

    python -m recipes.train --config=recipes/dcgan.py:shapes --workdir=runs/dcgan_shapes
    python -m recipes.train --config=recipes/dcgan.py:cifar10 --workdir=runs/dcgan_cifar10
    python -m recipes.train --config=recipes/dcgan.py:folder --workdir=runs/dcgan_mine \
        --config.data.directory=my_pictures --config.model.image_size=64

Datasets:
  shapes         procedural, no files; 32 pixels, the label is the kind of shape, a small network.
  cifar10        the paper's settings: 200 epochs in batches of 32. With an empty
                 `--config.data.directory` Keras downloads CIFAR-10; a folder has its original
                 files; `--config.data.name=classes` reads it as a folder or .zip of picture files.
  cifar10_small  half the channels, batches of 64, bfloat16: about an hour on two CPU cores.
  folder         pictures in a folder a class, scaled to a square of `model.image_size` pixels, a
                 power of two.
"""

from recipes.image_systems import image_config, image_data
from zoo.training.configs import choose


def get_config(dataset="shapes"):
    """The config of one of: shapes, cifar10, cifar10_small, folder."""
    return choose(dataset, {
        "shapes": shapes, "cifar10": cifar10, "cifar10_small": cifar10_small, "folder": folder,
    })


def _base(**model):
    """MSGAN's settings for CIFAR-10."""
    config = image_config("dcgan", {
        "image_size": 32,
        "filters": 128,
        "latent_dim": 100,
        "weight_decay": 1e-4,  # L2, coupled with the gradient
        "adversarial_form": "logits",  # "probabilities": cross-entropy of sigmoids, as released
        **model,
    }, {})
    config.epochs = 200
    config.batch_size = 32
    config.samples.rows = 10
    return config


def shapes():
    """Small: two CPU cores are enough."""
    config = _base(filters=16, latent_dim=32)
    config.steps = 2000
    config.checkpoint_every = 100
    config.data = image_data("shape_classes", flip=False)
    return config.lock()


def cifar10():
    """The paper's settings."""
    config = _base()
    config.checkpoint_every = config.sample_every = 1000
    config.data = image_data("cifar10", flip=False, cache=True)
    return config.lock()


def cifar10_small():
    """A quarter of the paper's work a picture, for a CPU."""
    config = _base(filters=64)
    config.epochs = 25
    config.batch_size = 64
    config.dtype = "mixed_bfloat16"
    config.checkpoint_every = config.sample_every = 1000
    config.data = image_data("cifar10", flip=False, cache=True)
    return config.lock()


def folder():
    """A user's own pictures, with the paper's network."""
    config = _base()
    config.checkpoint_every = config.sample_every = 1000
    config.data = image_data("classes")
    return config.lock()
