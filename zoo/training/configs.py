"""What every recipe's config shares: the common settings, checks, and a plain JSON form.

A recipe is a file with `get_config(dataset)` that returns an `ml_collections.ConfigDict`. It starts
from `common_config`, adds its own groups (`model`, `optimizer` ...) and locks the result, so that
a misspelt key is an error and not a silently ignored wish.
"""

import os

from ml_collections import ConfigDict

from recipes import texts
from zoo.data.splits import FRACTION
from zoo.errors import ZooError, nearest
from zoo.training.setting_rules import check_settings, flatten

STRATEGIES = ("none", "mirrored", "multiworker")
DTYPES = ("float32", "mixed_bfloat16", "mixed_float16")

# Settings that may differ between two starts of one run: they change no weight of any step.
RUNTIME_KEYS = (
    "dataset", "steps", "epochs", "checkpoint_every", "log_every", "sample_every",
)

# What settings were in effect in run folders that were made before these settings were.
BEFORE = {
    "text": "captions", "text_encoder.preprocess": "", "text_encoder.encoder": "",
    "text_encoder.sentence": "all_places", "text_cache": "", "data.held_out_fraction": 0.0,
    "data.words": "ascii", "data.follow_links": False, "data.layout": "auto",
}


def common_config(system):
    """The settings that every recipe has. `system`: the name of a builder in `recipes.builders`."""
    return ConfigDict({
        "system": system,
        "dataset": "",  # the recipe's variant; part of the presets' name
        "steps": 0,  # training steps; 0: `epochs` decides
        "epochs": 0,  # passes over the training split
        "batch_size": 16,  # pictures a step, over all replicas
        "seed": 0,  # of the weights, the noise and the data order
        "dtype": "float32",  # "float32" | "mixed_bfloat16"
        "strategy": "none",  # "none" | "mirrored" | "multiworker" (cluster in TF_CONFIG)
        "threads": 0,  # CPU threads; 0: TensorFlow decides
        "jit_compile": False,  # XLA; worth trying on a GPU only
        "checkpoint_every": 500,  # steps between two checkpoints
        "log_every": 20,  # steps between two lines of figures
        "sample_every": 500,  # steps between two sample grids and held-out scores; 0: never
    })


def data_config(name, **settings):
    """The `data` group: which source, and how its pictures become batches."""
    group = ConfigDict({
        "name": name,  # "shapes" | "folder" | "birds" | "coco"
        "directory": "",  # where the pictures are; a .zip of a captioned folder is fine
        "on_error": "raise",  # "raise" | "skip": what a broken line or picture does
        "follow_links": False,  # follow links in the folder, also out of it
        "count": 0,  # shapes: number of training pictures
        "held_out_count": 512,  # held-out pictures that scores use
        "held_out_fraction": FRACTION,  # of a set without a test split, by hash of the names
        "crop": "paper",  # "paper": random crop out of 76/64 of the size | "none"
        "flip": True,  # mirror half of the pictures
        "cache": False,  # decode every picture once and keep all of them in memory
        "min_count": 1,  # a word enters the vocabulary when it occurs this often
        "unknown": "drop",  # what other words become: "drop" (nothing) | "unk" (<unk>)
        # What a word is: "unicode": letters of every script | "ascii": the papers' code, which
        # deletes all characters outside ASCII.
        "words": "ascii" if name in ("birds", "coco") else "unicode",
        "max_words": 18,  # longer captions keep a random subset of this size, in order
    })
    for key, value in settings.items():
        if key not in group:
            raise ZooError(f'Unknown data setting "{key}".{nearest(key, group)}')
        group[key] = value
    return group


def choose(dataset, variants):
    """The variant of a recipe for `dataset`, or an error that lists the variants."""
    if dataset in variants:
        config = variants[dataset]().unlock()
        config.dataset = dataset
        return config.lock()
    raise ZooError(
        f'Unknown dataset "{dataset}": expected one of {", ".join(variants)}.'
        f"{nearest(dataset, variants)}"
    )


def to_plain(value):
    """A JSON-able copy: nested dicts, lists for tuples."""
    if isinstance(value, (dict, ConfigDict)):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return value


def differing_keys(old, new):
    """Sorted keys whose values differ between two configs, but for `RUNTIME_KEYS`."""
    old, new = {**BEFORE, **flatten(to_plain(old))}, {**BEFORE, **flatten(to_plain(new))}
    missing = object()
    return [
        key
        for key in sorted(old.keys() | new.keys())
        if key not in RUNTIME_KEYS and old.get(key, missing) != new.get(key, missing)
    ]


def as_begun(config, directory):
    """A copy for a run that may have been begun before a setting was: the setting is as it was.

    Two settings have other defaults than what was in effect before them: a run that was begun
    without `data.held_out_fraction` goes on with all images of a set that has no held-out split,
    one without `data.words` with the words that it had.
    """
    from zoo.training.run_folder import read_config

    result = config.copy_and_resolve_references()
    begun = read_config(directory) if os.path.isdir(directory) else None
    if begun is None:
        return result
    for name, default in (("held_out_fraction", FRACTION), ("words", "unicode")):
        key = f"data.{name}"
        if key not in flatten(begun) and result.get("data", {}).get(name) == default:
            result.data[name] = BEFORE[key]
    return result


def kept(config, old):
    """The plain settings that a folder keeps, whose `config.json` held `old` so far, or None.

    A setting that is not there and is as before it was stays away: so `as_begun` finds the same
    at the next start.
    """
    known = flatten(old or {})

    def part(group, prefix):
        return {
            key: part(value, f"{prefix}{key}.") if isinstance(value, dict) else value
            for key, value in group.items()
            if (name := f"{prefix}{key}") in known or name not in BEFORE or BEFORE[name] != value
        }

    return config if old is None else part(config, "")


def check_known_keys(keys, config, flag="config"):
    """Raise for a key that is not in `config`, naming the nearest that is."""
    groups = {".".join(key.split(".")[:end]) for key in flatten(config)
              for end in range(1, key.count(".") + 2)}
    for key in keys:
        if key not in groups:
            guess = nearest(key, groups)
            if not guess:  # the right word in the wrong group
                last = key.split(".")[-1]
                leaves = {name.split(".")[-1]: name for name in sorted(groups)}
                close = nearest(last, leaves)
                guess = f' Did you mean "{leaves[close.split(chr(34))[1]]}"?' if close else ""
            raise ZooError(
                f'Unknown config key "{key}" in --{flag}.{key}.{guess} '
                "--dry_run prints every key."
            )


def validate(config):
    """Check the settings of a config; raises `ZooError` with the key's name and value."""
    check_settings(config)
    for key, options in (("strategy", STRATEGIES), ("dtype", DTYPES)):
        _check_choice(key, config[key], options)
    if "text" in config:
        texts.check(config)
    for key, options in (("on_error", ("raise", "skip")), ("crop", ("paper", "none")),
                         ("unknown", ("drop", "unk")), ("words", ("unicode", "ascii")),
                         ("direction", ("a2b", "b2a")),
                         ("layout", ("auto", "side_by_side", "folders"))):
        if key in config.data:
            _check_choice(f"data.{key}", config.data[key], options)
    if not config.steps and not config.epochs:
        raise ZooError("config.steps and config.epochs are both 0: give one of them.")


def _check_choice(key, value, options):
    if value not in options:
        raise ZooError(
            f'config.{key} must be one of {", ".join(options)}, got "{value}".'
            f"{nearest(value, options)}"
        )
