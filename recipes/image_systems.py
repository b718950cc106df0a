"""What the recipes of label-to-image and image-to-image systems share.

`image_config(system, model, optimizer)` is a whole config but for its data and numbers; a recipe
adds a paper's, or those of a size that two CPU cores can train.
"""

from ml_collections import ConfigDict

from zoo.data.splits import FRACTION
from zoo.errors import ZooError, nearest
from zoo.training.configs import common_config


def image_config(system, model, optimizer, decay=None):
    """An unlocked config.

    Args:
        system: str. The name of a builder in `recipes.image_builders`.
        model: dict. Arguments of the model's class, but for `seed` and the schedule.
        optimizer: dict. Arguments of Adam, where they differ from the papers' common ones.
        decay: dict of `epochs` and `constant_epochs`, or None for a system without a schedule.
    """
    config = common_config(system)
    config.update({
        "model": {"mode_seeking_weight": 0.0, **model},  # MSGAN's tasks: 1
        "optimizer": {  # Adam, the same for all networks
            "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8, **optimizer,
        },
        "samples": {  # the fixed grid, and the conditions of the held-out figures
            "rows": 8,  # conditions; of labels all classes up to this number
            "samples_per_condition": 6,
            "seed": 0,
        },
    })
    if decay is not None:
        # learning rates: constant, then linearly to 0 at `epochs`; 0: constant all the time
        config.decay = ConfigDict(decay)
    return config


def image_data(name, **settings):
    """The `data` group of pictures with labels, of pairs, or of two domains.

    Args:
        name: "classes", "cifar10" or "shape_classes"; "pairs" or "shape_pairs"; "unpaired" or
            "shape_domains"; see `zoo.data.get_source`.
        **settings: those that differ.
    """
    group = ConfigDict({
        "name": name,
        "directory": "",  # a folder or .zip; "" lets cifar10 ask keras.datasets
        "held_out_split": "test",  # a folder's name; where there is none, test or val
        "load_size": 0,  # pixels that pictures are scaled to before a random cut; 0: no cut
        "flip": True,  # mirror half of the pictures
        "cache": False,  # decode every picture once and keep all of them in memory
        "on_error": "raise",  # "raise" | "skip": what a broken picture does
        "follow_links": False,  # follow links in the folder, also out of it
        "count": 4096,  # shapes: number of training pictures
        "held_out_count": 64,  # shapes: number of held-out pictures
        **KINDS[kind_of(name)],
    })
    for key, value in settings.items():
        if key not in group:
            raise ZooError(f'Unknown data setting "{key}".{nearest(key, group)}')
        group[key] = value
    return group


KINDS = {
    "labels": {"attribute": "shape"},  # shape_classes: which attribute is the label
    "pairs": {
        "direction": "a2b",  # "a2b": A, or the left half, is the source | "b2a"
        "layout": "auto",  # "auto" | "side_by_side" | "folders": how A and B lie there
        "held_out_fraction": FRACTION,  # of a set without a held-out split, by hash of the names
    },
    "domains": {
        "held_out_fraction": FRACTION,
        "domains": ("A", "B"),  # names of the two folders
        "difference": "background",  # shape_domains: what the domains differ in
    },
}
NAMES = {
    "labels": ("classes", "cifar10", "shape_classes"),
    "pairs": ("pairs", "shape_pairs"),
    "domains": ("unpaired", "shape_domains"),
}

SYSTEMS = {"dcgan": "labels", "pix2pix": "pairs", "bicyclegan": "pairs", "drit": "domains"}


def kind_of(name):
    """The kind of a source: "labels", "pairs" or "domains"; None of any other."""
    return next((kind for kind, names in NAMES.items() if name in names), None)


def check_source(config):
    """Raises `ZooError` for a data source that the system cannot be trained on."""
    names = NAMES[SYSTEMS[config.system]]
    if config.data.name not in names:
        raise ZooError(
            f'config.data.name must be one of {", ".join(names)} for {config.system}, got '
            f'"{config.data.name}".{nearest(config.data.name, names)}'
        )
    domains = tuple(config.data.get("domains", ("A", "B")))
    if len(domains) != 2 or not all(domains) or domains[0].casefold() == domains[1].casefold():
        raise ZooError(
            "The two domains are given as two different names of folders, for example "
            f"""--config.data.domains='("cat","dog")', got {domains!r}."""
        )
