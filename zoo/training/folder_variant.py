"""The variant `folder` of the text recipes: settings that follow from `size` and from the data.

`--config.size=small` takes the settings of the recipe's smallest variant with real images, and
`paper` those of the paper. Where `zoo data` prepared the folder, its `dataset.json` gives the
number of images and the words, and from these follow the epochs, batch size, EMA decay, vocabulary
and caption length. A setting that the user gives follows nothing.
"""

import functools
import os

from ml_collections import ConfigDict, FieldReference

from zoo.errors import ZooError, check_choice
from zoo.preparation.record import read_record
from zoo.training.setting_rules import flatten

SIZES = ("small", "paper")
OWN = {"name": "folder", "directory": "", "held_out_split": "test", "words": "unicode",
       "unknown": "unk"}  # of `data`, in both sizes
MAX_WORDS, MIN_COUNT = 18, 1  # without a `dataset.json`
MOST_EPOCHS = 2000
# Images that an epoch of the variants' data sets has, with which their epochs become a number of
# images: the emoji, CUB-200-2011, COCO 2014.
IMAGES = {"emoji": 6800, "birds": 8855, "coco": 82783}
FEW_STEPS, SHORT_DECAY = 4000, 0.99  # of the EMA of a short training


class BySize(dict):
    """The variants of a recipe that `folder` follows: "small" and "paper" to their names; and
    further settings, by name, to a dict of size to value."""


class Following(FieldReference):
    """A setting whose value follows from others until it is set.

    Args:
        choose: function of the other settings' values.
        names: their names; "size" and those of "data." are settings of the whole config.
        config: `ConfigDict` that has them.
        top: `ConfigDict` with "size" and "data"; by default `config`.
    """

    def __init__(self, choose, names, config, top=None):
        self.point_to(names, config, top or config)
        super().__init__(choose(*(source.get() for source in self.sources)))
        self.choose, self.follows = choose, True

    def point_to(self, names, config, top):
        """Lets the value follow from the settings of other configs, see the constructor."""
        shared = [name == "size" or name.startswith("data.") for name in names]
        self.names = names
        self.sources = [
            _reference(top if part else config, name)
            for name, part in zip(names, shared, strict=True)
        ]

    def get(self):
        if getattr(self, "follows", False):
            return self.choose(*(source.get() for source in self.sources))
        return super().get()

    def set(self, value, type_safe=True):
        self.follows = False
        super().set(value, type_safe)


def follow_size(config, variants, names):
    """Makes the settings of the variant `folder` follow; the unlocked config gets `size`.

    Args:
        config: unlocked `ConfigDict`, the settings that a recipe's variants share.
        variants: the recipe's variants. names: a `BySize`.
    """
    config.size = SIZES[0]
    shared = flatten(config.copy_and_resolve_references())
    own = {f"data.{key}": value for key, value in OWN.items()}
    bases = {size: names[size] for size in SIZES}
    flat = {size: {**flatten(variants[name]), **own} for size, name in bases.items()}
    for key in names.keys() - bases.keys():
        for size in SIZES:
            flat[size][key] = names[key][size]
    for key in dict.fromkeys(key for settings in flat.values() for key in settings):
        values = {size: flat[size].get(key, shared[key]) for size in SIZES}
        if len(set(values.values())) == 1:
            _set(config, key, values[SIZES[0]])
        elif key != "epochs":
            _set(config, key, Following(functools.partial(_of_size, values), ["size"], config))
    epochs = {size: (flat[size].get("epochs", 0), IMAGES[name]) for size, name in bases.items()}
    config.epochs = Following(
        functools.partial(_epochs, epochs), ["size", "data.directory"], config)
    batches = {size: flat[size].get("batch_size", config.batch_size) for size in SIZES}
    config.batch_size = Following(
        functools.partial(_batch, batches), ["size", "data.directory"], config)
    for key, default in (("max_words", MAX_WORDS), ("min_count", MIN_COUNT)):
        config.data[key] = Following(
            functools.partial(_of_words, key, default), ["data.directory"], config)
    if "ema_decay" in config.model:
        config.model.ema_decay = Following(
            functools.partial(_ema_decay, config.model.ema_decay),
            ["steps", "epochs", "batch_size", "data.directory"], config)
    for group in ("pretraining", "captioning"):
        if group in config:
            _follow_top(config, config[group], config[group])


def _follow_top(top, part, group):
    """Lets the settings of a stage follow the size and data of the whole config."""
    for _, value in part.items(preserve_field_references=True):
        if isinstance(value, Following):
            value.point_to(value.names, group, top)
        elif isinstance(value, ConfigDict):
            _follow_top(top, value, group)


def _reference(config, name):
    *groups, key = name.split(".")
    for group in groups:
        config = config[group]
    return config.get_ref(key)


def _set(config, name, value):
    *groups, key = name.split(".")
    for group in groups:
        config = config[group]
    config[key] = value


# --- what follows ---------------------------------------------------------------------------------


def _of_size(values, size):
    return values[check_choice("config.size", size, SIZES)]


def _epochs(choices, size, directory):
    """As many epochs as show as many images as the variant's own data, at most 2,000."""
    epochs, images = _of_size(choices, size)
    count = _images(directory)
    return epochs if not count else max(1, min(MOST_EPOCHS, epochs * images // count))


def _batch(choices, size, directory):
    """The variant's batch, or half of the images if there are fewer."""
    batch, count = _of_size(choices, size), _images(directory)
    return min(batch, max(2, count // 2)) if count else batch


def _ema_decay(decay, steps, epochs, batch_size, directory):
    """The variant's decay, or a shorter memory for a short training."""
    steps = steps or epochs * (_images(directory) or 10**6) // batch_size
    return decay if steps >= FEW_STEPS else min(decay, SHORT_DECAY)


def _of_words(key, default, directory):
    record = _record(directory)
    return record["words"][key] if record else default


def _images(directory):
    record = _record(directory)
    return record["images"].get("train", 0) if record else 0


def _record(directory):
    """The `dataset.json` of a folder of captioned images, or None."""
    path = os.path.join(directory, "dataset.json")
    return _read(path, os.stat(path).st_mtime_ns) if directory and os.path.isfile(path) else None


@functools.lru_cache(maxsize=8)
def _read(path, stamp):
    del stamp  # only a key of the cache
    record = read_record(os.path.dirname(path))
    if record["kind"] != "captions":
        raise ZooError(
            f"config.data.directory {os.path.dirname(path)} holds {record['kind']}, but this "
            "recipe reads images with captions: use zoo train FOLDER, which takes the recipe of "
            "the data."
        )
    return record
