"""Recipes: what a system's training is described by, and the files that describe it.

A recipe is a Python file. Running it, as importing it would, gives a module with

    get_config(dataset)                the numbers, an `ml_collections.ConfigDict`
    build(config, data, pretrained)    the `zoo.training.Experiment` of a resolved config;
                                       `pretrained`: dict of stage name -> preset, "" for none

and, where the defaults of `Recipe` are not enough,

    open_data(config)                  the data of a config
    check(config)                      raises `ZooError` for settings the system cannot use
    pretraining_stages(config)         list of `zoo.training.Stage`
    check_weights(config)              raises `ZooError` where pre-trained weights are missing
    SWEEP                              dict of one setting -> the values of a sweep
"""

import dataclasses
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ml_collections import ConfigDict

from zoo.errors import ZooError, reason
from zoo.training import config as settings


def open_captions(config):
    """The captioned images of a config, a `zoo.training.TextToImageData`."""
    from zoo.training.data import TextToImageData

    return TextToImageData(config)


def _nothing(config):
    del config


def _no_stages(config):
    del config
    return []


@dataclasses.dataclass
class Recipe:
    """A config together with the functions of the file that it comes from.

    Attributes:
        config: `ConfigDict`. May be changed until it is run: `recipe.config.steps = 200`.
        build: (config, data, pretrained) -> `zoo.training.Experiment`.
        open_data: config -> the data, by default a `zoo.training.TextToImageData`.
        check: config -> None; raises `ZooError`. Called before TensorFlow starts.
        pretraining_stages: config -> list of `zoo.training.Stage`, by default none.
        check_weights: config -> None; raises `ZooError`. Called before a training, not before a
            description.
        sweep: dict of one setting -> its values.
        source: str. Where the recipe is, "recipes/attn_gan.py:shapes", for the model card.
    """

    config: ConfigDict
    build: Callable
    open_data: Callable = open_captions
    check: Callable = _nothing
    pretraining_stages: Callable = _no_stages
    check_weights: Callable = _nothing
    sweep: dict = dataclasses.field(default_factory=dict)
    source: str = ""

    @classmethod
    def of_module(cls, module, config):
        """The recipe of a recipe file's module and a config that its `get_config` gave."""
        functions = ("open_data", "check", "pretraining_stages", "check_weights")
        given = {name: getattr(module, name) for name in functions if hasattr(module, name)}
        file = Path(module.__file__).resolve()
        if not callable(getattr(module, "build", None)):
            raise ZooError(f"{module.__file__} has no build function, so it is not a recipe.")
        source = f"{file.parent.name}/{file.name}:{config.get('dataset', '')}"
        return cls(config, module.build, sweep=getattr(module, "SWEEP", {}), source=source, **given)

    @property
    def stages(self):
        """The networks beside the system: list of `zoo.training.Stage`."""
        return self.pretraining_stages(self.config)

    def of_stage(self, stage):
        """The `Recipe` of one of `stages`, with the stage's own config."""
        return Recipe.of_module(stage.recipe, stage.config(self.config))

    def with_config(self, config):
        """The same recipe with another config."""
        return dataclasses.replace(self, config=config)

    def validate(self):
        """Raises `ZooError` for settings that cannot be used; opens nothing."""
        settings.validate(self.config)
        self.check(self.config)


def as_recipe(config, build=None):
    """The `Recipe` of what `zoo.training.run` and `describe` take.

    Args:
        config: a `Recipe`, such as one of `load_recipe`, or a `ConfigDict`.
        build: of a `ConfigDict`: (config, data, pretrained) -> `zoo.training.Experiment`.
    """
    if isinstance(config, Recipe):
        return config if build is None else dataclasses.replace(config, build=build)
    if build is None:
        raise ZooError(
            "A config alone does not say what to build: give build=FUNCTION, or the recipe that "
            f"zoo.training.load_recipe opens, got a {type(config).__name__}."
        )
    return Recipe(config, build)


def load_recipe(name):
    """Opens a recipe file.

    Args:
        name: str, "FILE.py" or "FILE.py:DATASET", such as "recipes/attn_gan.py:shapes". A relative
            file is looked for in the working directory, then along `sys.path`. Without a dataset
            the recipe's default is taken.

    Returns:
        `Recipe`.

    Raises:
        ZooError: there is no such file, it is not a recipe, or it has no such dataset.
    """
    path, colon, dataset = str(name).partition(":")
    file = next(
        (file for folder in ("", *sys.path) if os.path.isfile(file := os.path.join(folder, path))),
        None,
    )
    if file is None or not file.endswith(".py"):
        raise ZooError(
            f'There is no recipe file "{path}": give FILE.py or FILE.py:DATASET, as '
            'zoo.training.load_recipe("recipes/attn_gan.py:shapes").'
        )
    return open_recipe(file, dataset if colon else None)


def open_recipe(path, dataset=None):
    """The `Recipe` of a file; see `load_module` and `config_of` for what is refused."""
    module = load_module(path)
    return Recipe.of_module(module, config_of(module, path, dataset))


def load_module(path):
    """The module of a recipe's file; it has `get_config`.

    Raises:
        ZooError: a file that is not Python, fails while it is read, or defines no `get_config`.
    """
    try:
        spec = importlib.util.spec_from_file_location("recipe_config", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except SyntaxError as error:
        line = f" line {error.lineno}" if error.lineno else ""
        raise ZooError(f"The recipe {path}{line} is not Python: {error.msg}.") from error
    except ZooError:
        raise
    except (Exception, SystemExit) as error:
        raise ZooError(f"The recipe {path} cannot be run: {_said(error)}.") from error
    if not callable(getattr(module, "get_config", None)):
        raise ZooError(f"{path} has no get_config function, so it is not a recipe.")
    return module


def config_of(module, path, dataset=None):
    """What a recipe's `get_config` gives; None takes its default dataset.

    Raises:
        ZooError: an unknown dataset, a recipe that fails, or one that gives no `ConfigDict`.
    """
    try:
        config = module.get_config() if dataset is None else module.get_config(dataset)
    except ZooError:
        raise
    except Exception as error:
        call = "get_config()" if dataset is None else f"get_config({dataset!r})"
        raise ZooError(f"{call} of the recipe {path} fails: {_said(error)}.") from error
    if not isinstance(config, ConfigDict):
        raise ZooError(
            f"get_config of the recipe {path} must return an ml_collections.ConfigDict, got a "
            f"{type(config).__name__}."
        )
    return config


def _said(error):
    return f"{type(error).__name__}: {reason(error)}"
