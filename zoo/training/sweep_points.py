"""The runs of a sweep as settings, checked before TensorFlow starts."""

import dataclasses
import math
import re

from ml_collections import ConfigDict

from recipes.text_to_image import SHARED
from zoo.errors import ZooError
from zoo.training import configs
from zoo.training.pretraining import GROUPS

FIXED = (*SHARED, *GROUPS, *GROUPS.values(), "samples")  # what the runs have in common


@dataclasses.dataclass
class Point:
    """One run of a sweep.

    Attributes:
        value: what the setting is.
        name: str. The run's folder in the sweep's.
        config: the run's settings.
        error: str. Why it broke down.
    """

    value: object
    name: str
    config: ConfigDict
    error: str = ""


def choose(defaults, key, values):
    """The setting and its values: those given, else the recipe's (`SWEEP`, a dict of one item)."""
    if key is None and len(defaults) != 1:
        raise ZooError("This recipe has no sweep of its own: give --key=SETTING --values=A,B.")
    key = key or next(iter(defaults))
    if values is None and key not in defaults:
        raise ZooError(f"--values is missing: the recipe knows no values for {key}.")
    return key, list(defaults[key] if values is None else values)


def make_points(config, key, values):
    """A `Point` for each value, every one checked.

    Raises:
        ZooError: an unknown setting, one that the runs share, no values, equal ones, or a value of
            another kind than the setting's.
    """
    if "images_per_caption" not in config.get("samples", {}):
        raise ZooError(f"A sweep compares pictures of captions, and {config.system} makes none.")
    configs.check_known_keys([key], config)
    leaves = configs.flatten(config)
    if key not in leaves:
        inside = [leaf for leaf in leaves if leaf.startswith(f"{key}.")]
        raise ZooError(f"--key={key} is a group of settings: name one of {', '.join(inside)}.")
    if key.split(".")[0] in FIXED:
        raise ZooError(f"The runs of a sweep share {', '.join(FIXED)}, so {key} cannot be varied.")
    values = [_convert(key, value, leaves[key]) for value in values]
    if not values:
        raise ZooError(f"--values is empty: give values of {key}, with commas between them.")
    points = []
    for value in values:
        point = config.copy_and_resolve_references()  # groups too
        point.update_from_flattened_dict({key: value})
        configs.validate(point)
        name = re.sub(r"[^\w.+-]+", "-", f"{key.split('.')[-1]}_{shown(value)}")
        if name in [other.name for other in points]:
            raise ZooError(f"--values holds {shown(value)} twice.")
        points.append(Point(value, name, point))
    return points


def shown(value):
    """A value as text: `0.5`, `2`, `official`."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _convert(key, value, present):
    """`value`, text or not, as the type of the setting's present value."""
    kind = type(present)
    if kind not in (bool, int, float, str):
        raise ZooError(f"{key} is a {kind.__name__}; a sweep varies numbers, words and flags.")
    text = str(value).strip()
    try:
        flag = {"true": True, "false": False}
        result = flag[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise ZooError(f'--values: {key} is of type {kind.__name__}, got "{value}".') from None
    if result == "" or (kind is float and not math.isfinite(result)):
        raise ZooError(f'--values: "{value}" is no value of {key}.')
    return result
