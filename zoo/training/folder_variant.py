"""The variant `folder` of all recipes: settings that follow from `size` and from the data.

`--config.size=small` takes the settings of the recipe's smallest variant with real images, and
`paper` those of the paper. Where `zoo data` prepared the folder, its `dataset.json` gives the
number of images and the words, and from these follow the epochs, batch size, EMA decay, learning
rate decay, vocabulary and caption length. A setting that the user gives follows nothing.
"""

import functools
import math
import os

from ml_collections import ConfigDict

from zoo.data.known import KNOWN
from zoo.errors import ZooError, check_choice
from zoo.preparation.record import read_record
from zoo.training.following import Following, follow_length
from zoo.training.setting_rules import flatten

SIZES = ("small", "paper")
_OWN = {"directory": "", "held_out_split": "test"}
OWN = {  # kind of the data -> the settings of `data` in both sizes
    "captions": {**_OWN, "name": "folder", "words": "unicode", "unknown": "unk"},
    "classes": {**_OWN, "name": "classes", "flip": True},
    "pairs": {**_OWN, "name": "pairs", "direction": "a2b"},
    "domains": {**_OWN, "name": "unpaired", "domains": ("A", "B")},
}
WHAT = {"captions": "images with captions", "classes": "images in folders of classes",
        "pairs": "pairs of images", "domains": "images of two domains"}
MAX_WORDS, MIN_COUNT = 18, 1  # without a `dataset.json`
MOST_EPOCHS = 2000
FEW_STEPS, SHORT_DECAY = 4000, 0.99  # of the EMA of a short training


class BySize(dict):
    """The variants of a recipe that `folder` follows: "small" and "paper" to their names; and
    further settings, by name, to a dict of size to value.

    Args:
        kind: str, the kind of the data, one of `OWN`.
    """

    def __init__(self, kind="captions", **names):
        super().__init__(names)
        self.kind = kind


def follow_size(config, variants, names):
    """Makes the settings of the variant `folder` follow; the unlocked config gets `size`.

    Args:
        config: unlocked `ConfigDict`, the settings that a recipe's variants share.
        variants: the recipe's variants. names: a `BySize`.
    """
    config.size = SIZES[0]
    kind, shared = names.kind, flatten(config.copy_and_resolve_references())
    own = {f"data.{key}": value for key, value in OWN[kind].items()}
    bases = {size: names[size] for size in SIZES}
    changed = {size: {**flatten(variants[name]), **own} for size, name in bases.items()}
    for key in names.keys() - bases.keys():
        for size in SIZES:
            changed[size][key] = names[key][size]
    flat = {size: {**shared, **settings} for size, settings in changed.items()}

    def follow(key, choose, *sources):
        _set(config, key, Following(choose, sources, config))

    steps = {size: flat[size]["steps"] for size in SIZES}
    epochs = {size: (flat[size]["epochs"], KNOWN[name].images) for size, name in bases.items()}
    for key in dict.fromkeys(key for settings in changed.values() for key in settings):
        values = {size: flat[size][key] for size in SIZES}
        if key in ("steps", "epochs"):
            continue
        if len(set(values.values())) > 1:
            follow(key, functools.partial(_of_size, values), "size")
        else:
            _set(config, key, values[SIZES[0]])
    follow_length(
        config, (functools.partial(_of_size, steps), ("size",)),
        (functools.partial(_epochs, kind, epochs), ("size", "data.directory")),
    )
    batches = {size: flat[size]["batch_size"] for size in SIZES}
    follow("batch_size", functools.partial(_batch, kind, batches), "size", "data.directory")
    if kind == "captions":
        for key, default in (("max_words", MAX_WORDS), ("min_count", MIN_COUNT)):
            follow(f"data.{key}", functools.partial(_of_words, key, default), "data.directory")
    if "model.ema_decay" in shared:
        decays = {size: flat[size]["model.ema_decay"] for size in SIZES}
        follow("model.ema_decay", functools.partial(_ema_decay, kind, decays),
               "size", "steps", "epochs", "batch_size", "data.directory")
    if "decay" in config:  # of the learning rates: constant in the first half, as in the papers
        own = {size: flat[size]["decay.epochs"] for size in SIZES}
        follow("decay.epochs", functools.partial(_decay_epochs, kind, epochs, own),
               "size", "steps", "epochs", "batch_size", "data.directory")
        follow("decay.constant_epochs", lambda epochs: epochs // 2, "decay.epochs")
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


def _set(config, name, value):
    *groups, key = name.split(".")
    for group in groups:
        config = config[group]
    config[key] = value


# --- what follows ---------------------------------------------------------------------------------


def _of_size(values, size):
    return values[check_choice("config.size", size, SIZES)]


def _epochs(kind, choices, size, directory):
    """Between the variant's epochs and as many images in all as the variant shows: a set of a
    quarter of the images gets twice the epochs, so half of the steps. At most 2,000."""
    epochs, images = _of_size(choices, size)
    count = _images(kind, directory)
    if not epochs or not count:
        return epochs
    return max(1, min(MOST_EPOCHS, round(epochs * math.sqrt(images / count))))


def _batch(kind, choices, size, directory):
    """The variant's batch, or half of the images, an even number, if there are fewer."""
    batch, count = _of_size(choices, size), _images(kind, directory)
    return min(batch, max(2, count // 4 * 2)) if count else batch


def _ema_decay(kind, choices, size, steps, epochs, batch_size, directory):
    """The variant's decay, or a shorter memory for a short training."""
    decay = _of_size(choices, size)
    steps = steps or epochs * (_images(kind, directory) or 10**6) // batch_size
    return decay if steps >= FEW_STEPS else min(decay, SHORT_DECAY)


def _decay_epochs(kind, choices, own, size, steps, epochs, batch_size, directory):
    """The training's epochs, also where it is given in steps; 0 for a variant without a decay."""
    if not _of_size(own, size):
        return 0
    count = _images(kind, directory)
    if epochs or not count:
        return epochs or _epochs(kind, choices, size, directory)
    return -(-steps // -(-count // batch_size))


def _of_words(key, default, directory):
    record = _record("captions", directory)
    return record["words"][key] if record else default


def _images(kind, directory):
    """Images of an epoch as in `zoo.data.known`; 0 without a `dataset.json`."""
    record = _record(kind, directory)
    if record is None:
        return 0
    sides = [count for name, count in record.get("groups", {}).items()
             if name.startswith("train/")] if kind in ("pairs", "domains") else []
    return max(sides, default=record["images"].get("train", 0))


def _record(kind, directory):
    """The `dataset.json` of a folder that `zoo data` prepared, or None."""
    path = os.path.join(directory, "dataset.json")
    if not directory or not os.path.isfile(path):
        return None
    return _read(kind, path, os.stat(path).st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _read(kind, path, stamp):
    del stamp  # only a key of the cache
    record = read_record(os.path.dirname(path))
    if record["kind"] != kind:
        raise ZooError(
            f"config.data.directory {os.path.dirname(path)} holds {record['kind']}, but this "
            f"recipe reads {WHAT[kind]}: use zoo train FOLDER, which takes the recipe of the data."
        )
    return record
