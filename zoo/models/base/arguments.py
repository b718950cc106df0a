"""Types and ranges of the constructor arguments of training systems, checked before anything else.

An argument is checked by its default value (a whole number, a number, a flag, a string) and by its
name; an error of a network's constructor becomes one sentence too. So every error in a
constructor's arguments is a `ZooError`; a missing argument is a TypeError, as with any function.
"""

import inspect
import math
from numbers import Integral, Real

import numpy as np

from zoo.errors import ZooError, nearest, reason

POLICIES = ("float32", "float64", "mixed_bfloat16", "mixed_float16")
KERAS = ("name", "dtype")  # arguments of every Keras model; `trainable` would reach no network
INT64 = 2**63
LEAST = {  # smallest allowed whole number; 1 for all others
    "seed": -INT64, "latent_dim": 0, "condition_dim": 0, "epochs": 0, "constant_epochs": 0,
    "residual_blocks": 0,
}
WHOLE = (  # whole numbers without a default, or with the default None
    "latent_dim", "max_words", "condition_dim", "generator_filters", "discriminator_filters",
    "residual_blocks", "image_size", "filters", "num_downs", "training_samples", "steps_per_epoch",
)
NUMBERS = ("ema_decay", "clip_norm")  # numbers whose default may be None
RANGES = {
    "ema_decay": (0, 1, "a number from 0 to 1"),
    "dropout": (0, math.nextafter(1, 0), "a number from 0 to below 1"),
    **dict.fromkeys(("weight_decay", "content_noise"), (0, math.inf, "a number of at least 0")),
    **dict.fromkeys(("clip_norm", "content_clip"), (
        math.nextafter(0, 1), math.inf, "a number above 0, or None for no clipping")),
}
OPTIONAL = (
    "ema_decay", "num_downs", "training_samples", "steps_per_epoch", "clip_norm", "content_clip",
)
DICTS = (
    "text_encoder", "image_encoder", "captioner", "discriminators", "content_discriminator",
    "loss_weights", "image_network", "cells",
)
LISTS = ("vocabulary", "class_names", "stage_sizes")


def make(cls, construct, args, kwargs):
    """An object of `cls`, whose arguments are checked before anything is built.

    Args:
        cls: a training system.
        construct: function of the arguments that creates the object.
        args, kwargs: the constructor's arguments.

    Raises:
        ZooError: an argument is unknown, of another type, out of its range, or refused by the
            networks.
        TypeError: a missing argument.
    """
    from zoo.precision import using_policy  # imports Keras, which a preset's loader delays

    known = _parameters(cls)
    try:
        given = inspect.signature(cls.__init__).bind(None, *args, **kwargs).arguments
    except TypeError:
        return construct(*args, **kwargs)  # raises Python's own message
    more = given.pop("kwargs", {})
    given = {**given, **more}
    given.pop("self", None)
    for name, value in given.items():
        if name not in known and name not in KERAS:
            guess = nearest(name, sorted(known))
            raise ZooError(f"{cls.__name__} has no argument `{name}`.{guess}")
        if name in known:
            check(cls.__name__, name, value, known[name])
    if kwargs.get("dtype") is not None:
        kwargs = {**kwargs, "dtype": policy_name(kwargs["dtype"])}
    try:
        with using_policy(kwargs.get("dtype")):  # its networks are of the same precision
            return construct(*args, **kwargs)
    except ZooError:
        raise
    except MemoryError as error:
        raise ZooError(f"{cls.__name__} of this size does not fit in memory.") from error
    except Exception as error:
        raise ZooError(
            f"{cls.__name__} cannot be created with these arguments: {reason(error)}."
        ) from error


def check(system, name, value, default=inspect.Parameter.empty):
    """Raises `ZooError` unless `value` has the type and range of an argument.

    Args:
        system: str, the class, for the message.
        name: str, the argument.
        value: the argument's value.
        default: the argument's default value, which determines its type.
    """
    if value is None and (default is None or name in OPTIONAL or name in LISTS):
        return
    expected = _expected(name, value, default)
    if expected:
        raise ZooError(f"{system}: `{name}` must be {expected}, got {_short(value)}.")


def aliased(call, name, value, options, aliases, default=None):
    """The value of an argument that has aliases.

    Args:
        call: str, for the message.
        name, value: the argument's name and its value, None if it was not given.
        options: dict of further arguments; the aliases are removed from it.
        aliases: the other names.
        default: the value if none was given.

    Returns:
        (value, the name under which it was given).

    Raises:
        ZooError: two names were given, with different values.
    """
    given = {alias: options.pop(alias) for alias in aliases if alias in options}
    if value is not None:
        given = {name: value, **given}
    (first, value), *others = given.items() or [(name, default)]
    for other, again in others:
        equal = np.isscalar(again) and np.isscalar(value) and again == value
        if again is not value and not equal:
            raise ZooError(
                f"{call}: `{first}` and `{other}` mean the same, got {_short(value)} and "
                f"{_short(again)}: give one of them."
            )
    return value, first


def policy_name(dtype):
    """The name of a Keras dtype policy that the networks support.

    Args:
        dtype: str, a NumPy or TensorFlow type, or a Keras policy.

    Raises:
        ZooError: another policy. Networks entirely in float16 or bfloat16 do not train, and some
            layers do not run in them.
    """
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or dtype
    if name not in POLICIES:
        guess = nearest(f"mixed_{name}" if f"mixed_{name}" in POLICIES else name, POLICIES)
        raise ZooError(f"dtype must be one of {', '.join(POLICIES)}, got {_short(name)}.{guess}")
    return name


def _expected(name, value, default):
    """The requirement that the argument `value` does not meet; "" if it meets all."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool | np.bool_) else "True or False"
    if name in WHOLE or isinstance(default, int):
        least = LEAST.get(name, 1)
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        words = "a whole number" if least == -INT64 else f"a whole number of at least {least}"
        return "" if whole and least <= value < INT64 else words
    if name in NUMBERS or isinstance(default, float):
        low, high, words = RANGES.get(name, (-math.inf, math.inf, "a finite number"))
        number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        return "" if number and low <= value <= high else words
    if isinstance(default, str):
        return "" if isinstance(value, str) else "a string"
    if name in DICTS:
        return "" if hasattr(value, "keys") else "a dict of its own arguments"
    if name in LISTS:
        fits = hasattr(value, "__iter__") and not isinstance(value, str | bytes | dict)
        return "" if fits else "a list"
    return ""


def _parameters(cls):
    """dict of name -> default value of all arguments of a system, a subclass's first."""
    defaults = {}
    for base in cls.__mro__:
        if base.__module__.split(".")[0] == "keras":
            break
        init = vars(base).get("__init__")
        for name, parameter in (inspect.signature(init).parameters if init else {}).items():
            if name != "self" and parameter.kind is not parameter.VAR_KEYWORD:
                defaults.setdefault(name, parameter.default)
    return defaults


def _short(value):
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
