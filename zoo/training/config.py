"""Training configs: validation, conversion to plain JSON, and comparison.

A config is a locked `ml_collections.ConfigDict`, so that a misspelled key is an error instead of
being silently ignored. A recipe's `get_config` creates it (see `zoo.training.recipe`).
"""

import os

from ml_collections import ConfigDict

from zoo.data import FORMS, form_of
from zoo.errors import ZooError, check_choice, nearest
from zoo.training.setting_rules import check_settings, flatten

STRATEGIES = ("none", "mirrored", "multiworker")
SHARES = ("replica", "global")  # of several replicas: each by itself, or all together
DTYPES = ("auto", "float32", "mixed_bfloat16", "mixed_float16")

# Settings that may differ between two starts of one run: they do not affect the weights.
RUNTIME_KEYS = (
    "dataset", "steps", "epochs", "checkpoint_every", "log_every", "sample_every",
    "sample_minutes",
)

# Values in effect in run folders that were created before these settings existed.
DEFAULTS_OF_OLD_RUNS = {
    "text": "captions", "text_encoder.preprocess": "", "text_encoder.encoder": "",
    "text_encoder.sentence": "all_places", "text_cache": "", "data.held_out_fraction": 0.0,
    "data.words": "ascii", "data.follow_links": False, "data.layout": "auto",
    "data.held_out_split": "test", "model.ema_decay": 0.0, "model.ema_warmup": False,
    "model.writing_gate": True, "model.response_gate": True, "statistics": "replica",
    "negatives": "replica",
    "score_encoder": "", "init": "", "pretraining.init": "", "captioning.init": "",
}


def to_plain(value):
    """A JSON-serializable copy: nested dicts, with lists instead of tuples."""
    if isinstance(value, (dict, ConfigDict)):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return value


def replace_auto(config, choose):
    """Gives every `dtype` "auto" of a config and of its stages the value that `choose` gives for
    its name, such as "pretraining.dtype"."""
    for key, value in flatten(to_plain(config)).items():
        if key.rpartition(".")[2] == "dtype" and value == "auto":
            config.update_from_flattened_dict({key: choose(key)})


def differing_keys(old, new):
    """Sorted keys whose values differ between two configs, except `RUNTIME_KEYS` and counts without
    effect."""
    old, new = ({**DEFAULTS_OF_OLD_RUNS, **flatten(to_plain(c))} for c in (old, new))
    ignored, missing = (*RUNTIME_KEYS, *counts_without_effect(new.get("data.name"))), object()
    return [
        key
        for key in sorted(old.keys() | new.keys())
        if key not in ignored
        and _normal(old.get(key, missing)) != _normal(new.get(key, missing))
    ]


def _normal(value):
    """A setting's value, a path in one spelling: "./data/" is "data"."""
    return os.path.normpath(value) if isinstance(value, str) and "/" in value else value


def kept(config, old):
    """The plain settings to store in a folder whose `config.json` contained `old` (dict or None).

    A setting that `old` lacks and that has its value from `DEFAULTS_OF_OLD_RUNS` stays absent, so
    that `as_begun` gives the same result at the next start.
    """
    known = flatten(old or {})

    def is_kept(name, value):
        before = DEFAULTS_OF_OLD_RUNS
        return name in known or name not in before or before[name] != value

    def part(group, prefix):
        return {
            key: part(value, f"{prefix}{key}.") if isinstance(value, dict) else value
            for key, value in group.items()
            if is_kept(f"{prefix}{key}", value)
        }

    return config if old is None else part(config, "")


def check_known_keys(keys, config, flag="config"):
    """Raises `ZooError` for a key that is not in `config`, suggesting the closest one."""
    groups = {".".join(key.split(".")[:end]) for key in flatten(config)
              for end in range(1, key.count(".") + 2)}
    for key in keys:
        if key not in groups:
            guess = nearest(key, groups)
            if not guess:  # the right key in the wrong group
                last = key.split(".")[-1]
                leaves = {name.split(".")[-1]: name for name in sorted(groups)}
                close = nearest(last, leaves)
                guess = f' Did you mean "{leaves[close.split(chr(34))[1]]}"?' if close else ""
            raise ZooError(
                f'Unknown config key "{key}" in --{flag}.{key}.{guess} '
                "--dry_run prints all keys."
            )


def validate(config):
    """Raises `ZooError` with name and value of the first setting that is invalid."""
    check_settings(config)
    for key, options in (("strategy", STRATEGIES), ("dtype", DTYPES), ("statistics", SHARES),
                         ("negatives", SHARES)):
        if key in config:
            check_choice(f"config.{key}", config[key], options)
    for key, options in (("on_error", ("raise", "skip")), ("crop", ("paper", "none", "unfiltered")),
                         ("unknown", ("drop", "unk")), ("words", ("unicode", "ascii")),
                         ("direction", ("a2b", "b2a")),
                         ("layout", ("auto", "side_by_side", "folders"))):
        if key in config.data:
            check_choice(f"config.data.{key}", config.data[key], options)
    if not config.steps and not config.epochs:
        raise ZooError("config.steps and config.epochs are both 0: set one of them.")
    if config.steps and config.epochs:
        raise ZooError(
            f"config.steps={config.steps} and config.epochs={config.epochs} are two lengths of one "
            "training: set one of them."
        )


def counts_without_effect(name):
    """The numbers of images that a data source does not read, since it does not draw its images."""
    form = form_of(name)
    if form is None or name == FORMS[form][-1]:
        return ()
    return ("data.count",) if form == "captions" else ("data.count", "data.held_out_count")


def check_counts(config, defaults):
    """Raises `ZooError` for a changed number of images of a source that does not draw its images.

    Args:
        config: a config.
        defaults: the same config before the user changed it; None if unknown, which is not checked.
    """
    name, given = config.data.get("name"), flatten(to_plain(config))
    before = given if defaults is None else flatten(to_plain(defaults))
    for key in counts_without_effect(name):
        if given.get(key) != before.get(key):
            raise ZooError(
                f"config.{key}={given[key]} would have no effect: it is a number of images to "
                f"draw, with config.data.name={FORMS[form_of(name)][-1]}; of {name} all images "
                "are used: leave it out."
            )


def check_batch_size(config, least, why, even=False):
    """Raises `ZooError` for a batch size that a system cannot be trained with.

    Args:
        config: a config with `batch_size`, the images per step over all replicas.
        least: int. Minimum number of images per replica.
        why: str. The reason, which completes "because ..." in the message.
        even: bool. Whether the number per replica must be even.
    """
    import tensorflow as tf

    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if config.batch_size < least * replicas or (even and config.batch_size % (2 * replicas)):
        number = "an even number" if even else f"at least {least * replicas}"
        each = f", {number if even else least} per replica" if replicas > 1 else ""
        raise ZooError(
            f"config.batch_size must be {number}{each}, because {why}, got "
            f"{config.batch_size}."
        )


def negatives_of(config):
    """The setting `negatives`, which XMC-GAN has in the group of its model; see `System.share`."""
    return config.get("negatives", config.model.get("negatives", "replica"))
