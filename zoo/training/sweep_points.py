"""The settings of the runs of a sweep, checked before TensorFlow starts."""

import dataclasses
import math
import re

from zoo.errors import ZooError
from zoo.training.config import check_counts, check_known_keys, flatten
from zoo.training.pretraining import INHERITED_BY_PRETRAINING, check_unused
from zoo.training.recipe import Recipe


@dataclasses.dataclass
class Point:
    """One run of a sweep.

    Attributes:
        value: value of the setting that varies.
        name: str. Name of the run's folder in the sweep folder.
        recipe: `Recipe` with the run's own settings.
        error: str. Why the run failed, or "".
    """

    value: object
    name: str
    recipe: Recipe
    error: str = ""

    @property
    def config(self):
        """The run's settings."""
        return self.recipe.config


def choose(defaults, key, values):
    """The setting and its values: the given ones, or the recipe's `SWEEP`, a dict of one item."""
    if key is None and len(defaults) != 1:
        raise ZooError("This recipe has no default sweep: give --key=SETTING --values=A,B.")
    key = key or next(iter(defaults))
    if values is None and key not in defaults:
        raise ZooError(f"--values is missing: the recipe has no default values for {key}.")
    return key, list(defaults[key] if values is None else values)


def shared_settings(recipe):
    """The settings and groups that the runs of a sweep share."""
    stages = recipe.stages
    return (*INHERITED_BY_PRETRAINING, *(stage.name for stage in stages),
            *(stage.group for stage in stages), "samples")


def make_points(recipe, key, values):
    """One checked `Point` per value.

    Raises:
        ZooError: for an unknown setting, one that the runs share, no values, duplicate values,
            values whose runs would have the same folder, a value of another type than the
            setting's, or a run without a latent.
    """
    check_unused(recipe)
    config = recipe.config
    check_counts(config, recipe.defaults)
    if "samples" not in config or not config.model.get("latent_dim"):
        raise ZooError(
            f"A sweep compares images that differ by their noise, but {config.system} generates "
            "none."
        )
    check_known_keys([key], config)
    leaves = flatten(config)
    if key not in leaves:
        inside = [leaf for leaf in leaves if leaf.startswith(f"{key}.")]
        raise ZooError(f"--key={key} is a group of settings: name one of {', '.join(inside)}.")
    shared = shared_settings(recipe)
    if key.split(".")[0] in shared:
        raise ZooError(f"The runs of a sweep share {', '.join(shared)}, so {key} cannot vary.")
    if key.split(".")[-1] == "image_size":
        raise ZooError(
            f"The runs of a sweep share the size of the images, which it compares, so {key} cannot "
            "vary: train each size by itself, with recipes.train."
        )
    values = [_convert(key, value, leaves[key]) for value in values]
    if not values:
        raise ZooError(f"--values is empty: give values of {key}, separated by commas.")
    points = []
    for value in values:
        point = recipe.with_config(config.copy_and_resolve_references())  # groups too
        point.config.update_from_flattened_dict({key: value})
        point.validate()
        if not point.config.model.latent_dim:
            raise ZooError(
                f"--values: with {key} = {value_text(value)} the images do not differ by their "
                "noise, which a sweep compares: leave this value out."
            )
        name = re.sub(r"[^\w.+-]+", "-", f"{key.split('.')[-1]}_{value_text(value)}")
        for other in points:
            if value == other.value:
                raise ZooError(f"--values holds {value_text(value)} twice.")
            if name == other.name:
                raise ZooError(
                    f"--values: the runs of {other.value!r} and {value!r} would both have the "
                    f"folder {name}: give values that differ more, or one of them."
                )
        points.append(Point(value, name, point))
    return points


def value_text(value):
    """A value as text: `0.5`, `2`, `official`."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _convert(key, value, present):
    """Converts `value`, a string or not, to the type of the setting's present value."""
    kind = type(present)
    if kind not in (bool, int, float, str):
        raise ZooError(f"{key} is a {kind.__name__}; a sweep varies numbers, strings and flags.")
    text = str(value).strip()
    try:
        flag = {"true": True, "false": False}
        result = flag[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        raise ZooError(f'--values: {key} is of type {kind.__name__}, got "{value}".') from None
    if result == "" or (kind is float and not math.isfinite(result)):
        raise ZooError(f'--values: "{value}" is not a valid value of {key}.')
    return result
