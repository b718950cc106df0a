r"""DRIT: picture to picture between two domains, without pairs (arXiv 1808.00948).

With `--config.model.mode_seeking_weight=1` it is the unpaired task of MSGAN (arXiv 1903.05628).

    python -m recipes.train --config=recipes/drit.py:shapes --workdir=runs/drit_shapes
    python -m recipes.train --config=recipes/drit.py:yosemite --workdir=runs/drit_yosemite \
        --config.data.directory=data/summer2winter_yosemite
    python -m recipes.train --config=recipes/drit.py:emoji --workdir=runs/drit_emoji \
        --config.data.directory=data/emoji.zip

The domains are two folders of pictures, trainA and trainB (testA, testB), or train/A and train/B;
`--config.data.domains=("cat","dog")` gives them other names. The first half of a batch is
translated, the other half are real pictures for the second discriminators, so its size is even. One
step in three trains everything, the others only the content discriminator.

Datasets:
  shapes     procedural, no files; 32 pixels, small networks; white and black backgrounds.
  yosemite   summer and winter: the paper's settings, attributes concatenated, 216 of 256 pixels.
  cat2dog    cats and dogs: the same, feature-wise attributes.
  emoji      two drawing styles of emoji (noto, blob) at 64 pixels, small networks, for a CPU.
  cats_dogs  the cats and dogs of CIFAR-10 as picture files, 32 pixels, small networks, for a CPU.
  folder     a user's own domains, the settings of yosemite.
"""

from recipes.image_systems import image_config, image_data
from zoo.training.configs import choose


def get_config(dataset="shapes"):
    """The config of one of: shapes, yosemite, cat2dog, emoji, cats_dogs, folder."""
    return choose(dataset, {
        "shapes": shapes, "yosemite": yosemite, "cat2dog": cat2dog, "emoji": emoji,
        "cats_dogs": cats_dogs, "folder": yosemite,
    })


def _base(**model):
    """The paper's settings."""
    config = image_config(
        "drit",
        {
            "image_size": 216,
            "filters": 64,
            "latent_dim": 8,
            "concat": True,  # attributes concatenated to the features | False: feature-wise
            "discriminators": {"filters": 64, "scales": 3, "layers": 4},
            "content_discriminator": {"layers": 3},
            "content_noise": 1.0,
            "weight_decay": 1e-4,  # L2, coupled with the gradient
            "full_step_every": 3,
            **model,
        },
        {"learning_rate": 1e-4},
        {"epochs": 1200, "constant_epochs": 600},
    )
    config.content_learning_rate = 4e-5  # of the content discriminator
    config.epochs = 1200
    config.batch_size = 2
    config.checkpoint_every = config.sample_every = 3000
    config.samples.rows = 6  # of each direction
    config.data = image_data("unpaired", load_size=256)
    return config


def yosemite():
    """The paper's settings."""
    return _base().lock()


def cat2dog():
    """The paper's settings for domains that differ in shape."""
    return _base(concat=False).lock()


def _small(size, filters, **data):
    """Networks for two CPU cores; every step is a full one, without a schedule."""
    config = _base(
        image_size=size, filters=filters, full_step_every=1,
        discriminators={"filters": filters, "scales": 2, "layers": 3},
        content_discriminator={"layers": 1 if size > 32 else 0},
    )
    config.epochs = config.decay.epochs = config.decay.constant_epochs = 0
    config.batch_size = 8
    config.data = image_data(**{"load_size": 0, **data})
    config.data.cache = True
    config.checkpoint_every = config.sample_every = 500
    return config


def shapes():
    """Small: two CPU cores are enough."""
    config = _small(32, 8, name="shape_domains", flip=False)
    config.steps = 2000
    return config.lock()


def emoji():
    """Two drawing styles."""
    config = _small(64, 16, name="unpaired", domains=("noto", "blob"), load_size=68)
    config.batch_size = 4
    config.steps = 6000
    return config.lock()


def cats_dogs():
    """Two classes of CIFAR-10."""
    config = _small(32, 16, name="unpaired", domains=("cat", "dog"))
    config.model.concat = False
    config.steps = 20000
    return config.lock()
