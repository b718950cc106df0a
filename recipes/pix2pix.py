r"""Pix2Pix with a latent: picture to picture, trained on pairs (arXiv 1611.07004).

With `--config.model.mode_seeking_weight=1` it is the image-to-image task of MSGAN (arXiv
1903.05628).

    python -m recipes.train --config=recipes/pix2pix.py:shapes --workdir=runs/pix2pix_shapes
    python -m recipes.train --config=recipes/pix2pix.py:facades --workdir=runs/pix2pix_facades \
        --config.data.directory=data/facades.zip

Pictures hold a pair each, A on the left half and B on the right, in the folders train, val and test
of a folder or .zip file; `--config.data.direction=b2a` goes from right to left.

Datasets:
  shapes       procedural, no files; 32 pixels, small networks, from a flat map to the picture.
  facades      CMP facades, label map to photo; MSGAN's settings, 256 pixels, batches of 1.
  maps         map to aerial photo, the same settings.
  facades_128  facades at 128 pixels with half the channels, for a CPU.
  folder       a user's own pairs, the same settings as facades but from left to right.
"""

from recipes.paired_images import paired_config, small_pictures, small_shapes
from zoo.training.configs import choose


def get_config(dataset="shapes"):
    """The config of one of: shapes, facades, maps, facades_128, folder."""
    return choose(dataset, {
        "shapes": shapes, "facades": facades, "maps": maps, "facades_128": facades_128,
        "folder": folder,
    })


def _base(**data):
    """MSGAN's settings; its released models were trained for 400 epochs."""
    config = paired_config("pix2pix", {}, data, epochs=400, constant_epochs=200)
    config.batch_size = 1
    return config


def shapes():
    """Small: two CPU cores are enough."""
    return small_shapes(_base()).lock()


def facades():
    """MSGAN's settings."""
    return _base(direction="b2a").lock()


def maps():
    """MSGAN's settings."""
    return _base(direction="b2a").lock()


def facades_128():
    """An eighth of the work a picture."""
    config = small_pictures(_base(direction="b2a"), epochs=40)
    config.batch_size = 2
    return config.lock()


def folder():
    """A user's own pairs."""
    return _base(held_out_split="test").lock()
