"""Configs of trainings: their checks, their plain JSON form, and what two of them differ in.

A config is a locked `ml_collections.ConfigDict`, so that a misspelt key is an error and not a
silently ignored wish. A recipe's `get_config` makes it (see `zoo.training.recipe`).
"""


from ml_collections import ConfigDict

from zoo.errors import ZooError, check_choice, nearest
from zoo.training.setting_rules import check_settings, flatten

STRATEGIES = ("none", "mirrored", "multiworker")
DTYPES = ("float32", "mixed_bfloat16", "mixed_float16")

# Settings that may differ between two starts of one run: they change no weight of any step.
RUNTIME_KEYS = (
    "dataset", "steps", "epochs", "checkpoint_every", "log_every", "sample_every",
)

# What settings were in effect in run folders that were made before these settings were.
DEFAULTS_OF_OLD_RUNS = {
    "text": "captions", "text_encoder.preprocess": "", "text_encoder.encoder": "",
    "text_encoder.sentence": "all_places", "text_cache": "", "data.held_out_fraction": 0.0,
    "data.words": "ascii", "data.follow_links": False, "data.layout": "auto",
}


def to_plain(value):
    """A JSON-able copy: nested dicts, lists for tuples."""
    if isinstance(value, (dict, ConfigDict)):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    return value


def differing_keys(old, new):
    """Sorted keys whose values differ between two configs, but for `RUNTIME_KEYS`."""
    old, new = ({**DEFAULTS_OF_OLD_RUNS, **flatten(to_plain(c))} for c in (old, new))
    missing = object()
    return [
        key
        for key in sorted(old.keys() | new.keys())
        if key not in RUNTIME_KEYS and old.get(key, missing) != new.get(key, missing)
    ]


def kept(config, old):
    """The plain settings that a folder keeps, whose `config.json` held `old` so far, or None.

    A setting that is not there and is as before it was stays away: so `as_begun` finds the same
    at the next start.
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
        check_choice(f"config.{key}", config[key], options)
    for key, options in (("on_error", ("raise", "skip")), ("crop", ("paper", "none")),
                         ("unknown", ("drop", "unk")), ("words", ("unicode", "ascii")),
                         ("direction", ("a2b", "b2a")),
                         ("layout", ("auto", "side_by_side", "folders"))):
        if key in config.data:
            check_choice(f"config.data.{key}", config.data[key], options)
    if not config.steps and not config.epochs:
        raise ZooError("config.steps and config.epochs are both 0: give one of them.")



def check_batch_size(config, least, why, even=False):
    """Raises `ZooError` for a batch that a system cannot be trained on.

    Args:
        config: a config with `batch_size`, the images of a step over all replicas.
        least: int. Images per replica at least.
        why: str. Completes the message: "because ...".
        even: bool. Whether their number per replica must be even.
    """
    import tensorflow as tf

    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if config.batch_size < least * replicas or (even and config.batch_size % (2 * replicas)):
        number = "an even number" if even else f"at least {least * replicas}"
        each = f", {number if even else least} a replica" if replicas > 1 else ""
        raise ZooError(
            f"config.batch_size must be {number}{each}, because {why}. "
            f"Received: {config.batch_size}."
        )
