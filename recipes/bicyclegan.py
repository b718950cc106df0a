r"""BicycleGAN: picture to many pictures, trained on pairs (arXiv 1711.11586).

    python -m recipes.train --config=recipes/bicyclegan.py:shapes --workdir=runs/bicycle_shapes
    python -m recipes.train --config=recipes/bicyclegan.py:facades --workdir=runs/bicycle_facades \
        --config.data.directory=data/facades.zip
    python -m recipes.train --config=recipes/bicyclegan.py:edges2shoes --workdir=runs/shoes \
        --config.data.directory=data/edges2shoes

Pictures hold a pair each, A on the left half and B on the right, in the folders train, val and test
of a folder or .zip file; `--config.data.direction=b2a` goes from right to left. Batches are cut in
halves, so their size is even.

Datasets:
  shapes          procedural, no files; 32 pixels, small networks, from a flat map to the picture.
  facades, maps, edges2shoes, edges2handbags, night2day
                  the official settings: 256 pixels, batches of 2.
  facades_128     facades at 128 pixels with half the channels, for a CPU.
  folder          a user's own pairs, the settings of facades but from left to right.
"""

from recipes.paired_images import paired_config, small_pictures, small_shapes
from zoo.training.configs import choose

# Direction, pixels before the cut, channels of the source, epochs in all, constant ones.
PAPER = {
    "facades": ("b2a", 256, 3, 400, 200),
    "maps": ("b2a", 600, 3, 400, 200),
    "edges2shoes": ("a2b", 256, 1, 60, 30),
    "edges2handbags": ("a2b", 256, 1, 30, 15),
    "night2day": ("a2b", 286, 3, 100, 50),
}


def get_config(dataset="shapes"):
    """The config of shapes, facades_128, folder, or one of `PAPER`."""
    paper = {name: lambda name=name: _paper(name).lock() for name in PAPER}
    return choose(dataset, {
        "shapes": shapes, "facades_128": facades_128, "folder": folder, **paper,
    })


def _paper(dataset, **data):
    """The official settings."""
    direction, load_size, channels, epochs, constant = PAPER[dataset]
    model = {
        "source_channels": channels,
        "dropout": 0.5,
        "encoder": "resnet",  # "resnet" | "conv"
        "encoder_filters": 64,
        "conditional_discriminators": False,
        "latent_step": "joint",  # "separate": as until 2020-06, so in the paper
        "latent_weight": 0.5,
        "kl_weight": 0.01,
    }
    data = {"direction": direction, "load_size": load_size, **data}
    config = paired_config("bicyclegan", model, data, epochs, constant)
    config.batch_size = 2
    return config


def shapes():
    """Small: two CPU cores are enough."""
    config = small_shapes(_paper("facades"))
    config.model.update({"dropout": 0.0, "encoder_filters": 16})
    return config.lock()


def facades_128():
    """An eighth of the work a picture."""
    config = small_pictures(_paper("facades"), epochs=40)
    config.model.encoder_filters = 32
    return config.lock()


def folder():
    """A user's own pairs."""
    return _paper("facades", direction="a2b", held_out_split="test").lock()
