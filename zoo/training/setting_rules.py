"""Types and ranges of all settings, independent of the recipe.

A rule is looked up by the last part of a setting's name, so `optimizer.learning_rate` and
`pretraining.optimizer.learning_rate` share one. A setting without a rule must be a finite number of
ordinary size, a string, a flag, or a list of these.
"""

import math
from numbers import Integral, Real

from ml_collections import ConfigDict

from zoo.errors import ZooError

MOST = 2**31 - 1  # of a count or size: the maximum of int32
STEPS = 10**12
SEEDS = 2**32 - 1  # the maximum seed of NumPy's generator
THREADS = 1024  # more of them abort the process
BELOW_ONE = math.nextafter(1, 0)

COUNTS = {  # setting -> (least, greatest)
    "steps": (0, STEPS), "epochs": (0, STEPS), "constant_epochs": (0, STEPS),
    "checkpoint_every": (1, STEPS), "log_every": (1, STEPS), "sample_every": (0, STEPS),
    "batch_size": (1, MOST), "seed": (0, SEEDS), "threads": (0, THREADS),
    "count": (0, MOST), "held_out_count": (1, MOST), "load_size": (0, MOST),
    "max_words": (1, MOST), "min_count": (1, MOST),
    "images_per_caption": (1, MOST), "samples_per_condition": (1, MOST), "rows": (1, MOST),
    **dict.fromkeys((
        "condition_dim", "discriminator_filters", "discriminator_layers", "discriminator_scales",
        "discriminator_steps", "embedding_dim", "encoder_filters", "features", "filters",
        "full_step_every", "generator_filters", "image_depth", "image_filters", "image_size",
        "latent_dim", "layers", "residual_blocks", "scales", "source_channels", "units",
    ), (0, MOST)),
}
NUMBERS = {
    "held_out_fraction": (0, BELOW_ONE), "dropout": (0, BELOW_ONE), "ema_decay": (0, 1),
    "beta_1": (0, BELOW_ONE), "beta_2": (0, BELOW_ONE),
    **dict.fromkeys((
        "learning_rate", "content_learning_rate", "generator_rate", "discriminator_rate",
        "epsilon", "clip_norm", "weight_decay", "content_noise", "sample_minutes",
    ), (0, math.inf)),
    **dict.fromkeys((
        "caption_weight", "color_weight", "damsm_weight", "image_weight", "kl_weight", "l1_weight",
        "latent_weight", "mode_seeking_weight", "network_weight", "sentence_weight",
        "unconditional_weight", "word_weight",
    ), (-math.inf, math.inf)),
}
FLAGS = (
    "cache", "concat", "conditional_discriminators", "end_token", "epoch_schedule", "flip",
    "ema_warmup", "follow_links", "jit_compile", "response_gate", "single_image", "writing_gate",
)


def flatten(config, prefix=""):
    """`{"a.b": value}` for every leaf of a ConfigDict or a plain dict."""
    flat = {}
    for key, value in config.items():
        if isinstance(value, (dict, ConfigDict)):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def check_settings(config):
    """Raises `ZooError` for the first setting whose value has a wrong type or is out of range."""
    for key, value in flatten(config).items():
        name = key.split(".")[-1]
        if name in COUNTS:
            _check_number(key, value, Integral, *COUNTS[name])
        elif name in NUMBERS:
            _check_number(key, value, Real, *NUMBERS[name])
        elif name in FLAGS:
            if not isinstance(value, bool):
                raise ZooError(f"config.{key} must be True or False, got {short_repr(value)}.")
        else:
            _check_plain(key, value)


def _check_number(key, value, kind, least, greatest):
    what = "a whole number" if kind is Integral else "a finite number"
    if isinstance(value, bool) or not isinstance(value, kind) or not is_finite(value):
        raise ZooError(f"config.{key} must be {what}, got {short_repr(value)}.")
    if value < least:
        raise ZooError(f"config.{key} must be at least {least}, got {short_repr(value)}.")
    if value > greatest:
        bound = "below 1" if greatest == BELOW_ONE else f"at most {greatest}"
        raise ZooError(f"config.{key} must be {bound}, got {short_repr(value)}.")


def _check_plain(key, value):
    """Checks a setting without a rule, or one item of it."""
    if isinstance(value, (list, tuple)):
        for item in value:
            _check_plain(key, item)
    elif isinstance(value, str):
        if "\0" in value:
            raise ZooError(f"config.{key} must be text without NUL characters, got {value!r}.")
    elif isinstance(value, Real) and not isinstance(value, bool):
        if not is_finite(value) or (isinstance(value, Integral) and abs(value) > MOST):
            raise ZooError(
                f"config.{key} must be a finite number of ordinary size, got {short_repr(value)}."
            )
    elif value is not None and not isinstance(value, bool):
        raise ZooError(
            f"config.{key} must be a number, a string, a flag or a list of these, got "
            f"{short_repr(value)}."
        )


def is_finite(value):
    """Whether a number is finite; accepts int of any size."""
    return isinstance(value, Integral) or math.isfinite(value)


def short_repr(value):
    """`repr` of a value for a message, cut off if it is very long."""
    if isinstance(value, Integral) and int(value).bit_length() > 200:
        return f"a number of about {int(value).bit_length() * 3 // 10} digits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"
