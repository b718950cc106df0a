"""What the constructors of training systems take: kinds and ranges, checked before anything else.

An argument is checked by its default value (a whole number, a number, a flag, a word) and by its
name; what a network then refuses is told in one sentence too. So every mistake in a constructor's
arguments is a `ZooError`; a missing argument is Python's TypeError, as of any function.
"""

import inspect
import math
from numbers import Integral, Real

import numpy as np

from zoo.errors import ZooError, nearest, reason

POLICIES = ("float32", "float64", "mixed_bfloat16", "mixed_float16")
KERAS = ("name", "dtype", "trainable")  # what every Keras model takes beside its own
INT64 = 2**63
LEAST = {  # of whole numbers: 1, but of these
    "seed": -INT64, "latent_dim": 0, "condition_dim": 0, "epochs": 0, "constant_epochs": 0,
    "residual_blocks": 0,
}
WHOLE = (  # whole numbers that have no default, or None
    "latent_dim", "max_words", "condition_dim", "generator_filters", "discriminator_filters",
    "residual_blocks", "image_size", "filters", "num_downs", "training_samples", "steps_per_epoch",
)
NUMBERS = ("ema_decay", "clip_norm")  # numbers whose default may be None
RANGES = {
    "ema_decay": (0, 1, "a number from 0 to 1"),
    "dropout": (0, math.nextafter(1, 0), "a number from 0 on and below 1"),
}
OPTIONAL = (
    "ema_decay", "num_downs", "training_samples", "steps_per_epoch", "clip_norm", "content_clip",
)
DICTS = (
    "text_encoder", "image_encoder", "captioner", "discriminators", "content_discriminator",
    "loss_weights", "image_network",
)
LISTS = ("vocabulary", "class_names", "stage_sizes")


def make(cls, construct, args, kwargs):
    """An object of `cls`, from arguments that are checked before anything is built.

    Args:
        cls: a training system.
        construct: function of the arguments that makes the object.
        args, kwargs: what was given.

    Raises:
        ZooError: an unknown argument, one of another kind or out of its range, or arguments that
            the networks refuse.
        TypeError: a missing argument.
    """
    known = _parameters(cls)
    try:
        given = inspect.signature(cls.__init__).bind(None, *args, **kwargs).arguments
    except TypeError:
        return construct(*args, **kwargs)  # Python's own words
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
        return construct(*args, **kwargs)
    except ZooError:
        raise
    except MemoryError as error:
        raise ZooError(f"{cls.__name__} of this size does not fit in memory.") from error
    except Exception as error:
        said = reason(error)
        raise ZooError(f"{cls.__name__} cannot be made with these arguments: {said}.") from error


def check(system, name, value, default=inspect.Parameter.empty):
    """Raises `ZooError` unless `value` is of the kind and in the range of an argument.

    Args:
        system: str, the class, for the message.
        name: str, the argument.
        value: what was given.
        default: the argument's default value, which shows its kind.
    """
    if value is None and (default is None or name in OPTIONAL or name in LISTS):
        return
    wanted = _problem(name, value, default)
    if wanted:
        raise ZooError(f"{system}: `{name}` must be {wanted}, got {_shown(value)}.")


def aliased(call, name, value, options, aliases, default=None):
    """A value that may be given under several names.

    Args:
        call: str, for the message.
        name, value: the first name, and what was given under it, None for nothing.
        options: dict of what was given by other names; the aliases are taken out of it.
        aliases: the other names.
        default: the value if none was given.

    Returns:
        (value, the name that it was given by).

    Raises:
        ZooError: given under two names, with two values.
    """
    given = {alias: options.pop(alias) for alias in aliases if alias in options}
    if value is not None:
        given = {name: value, **given}
    (first, value), *others = given.items() or [(name, default)]
    for other, again in others:
        equal = np.isscalar(again) and np.isscalar(value) and again == value
        if again is not value and not equal:
            raise ZooError(
                f"{call}: `{first}` and `{other}` mean the same, but they are {_shown(value)} and "
                f"{_shown(again)}: give one of them."
            )
    return value, first


def policy_name(dtype):
    """The name of a Keras policy that the networks work under.

    Args:
        dtype: str, a NumPy or TensorFlow type, or a Keras policy.

    Raises:
        ZooError: another precision. Whole networks in float16 or bfloat16 do not train, and some
            layers do not run in them.
    """
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or dtype
    if name not in POLICIES:
        guess = nearest(f"mixed_{name}" if f"mixed_{name}" in POLICIES else name, POLICIES)
        raise ZooError(f"dtype must be one of {', '.join(POLICIES)}, got {_shown(name)}.{guess}")
    return name


def _problem(name, value, default):
    """What an argument must be where `value` is not that, else ""."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool | np.bool_) else "True or False"
    if name in WHOLE or isinstance(default, int):
        least = LEAST.get(name, 1)
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        words = "a whole number" if least == -INT64 else f"a whole number from {least} on"
        return "" if whole and least <= value < INT64 else words
    if name in NUMBERS or isinstance(default, float):
        low, high, words = RANGES.get(name, (-math.inf, math.inf, "a finite number"))
        number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        return "" if number and low <= value <= high else words
    if isinstance(default, str):
        return "" if isinstance(value, str) else "a word"
    if name in DICTS:
        return "" if hasattr(value, "keys") else "a dict of its own arguments"
    if name in LISTS:
        fits = hasattr(value, "__iter__") and not isinstance(value, str | bytes | dict)
        return "" if fits else "a list"
    return ""


def _parameters(cls):
    """Default value by name of all arguments of a system; those of a subclass come first."""
    found = {}
    for base in cls.__mro__:
        if base.__module__.split(".")[0] == "keras":
            break
        init = vars(base).get("__init__")
        for name, parameter in (inspect.signature(init).parameters if init else {}).items():
            if name != "self" and parameter.kind is not parameter.VAR_KEYWORD:
                found.setdefault(name, parameter.default)
    return found


def _shown(value):
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
