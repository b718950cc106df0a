"""Recipes: the description of a system's training, and the files that contain it.

A recipe is a Python file, which is imported as a module that defines

    get_config(dataset)                the settings, an `ml_collections.ConfigDict`
    build(config, data, pretrained)    the `zoo.training.Experiment` of a resolved config;
                                       `pretrained`: dict of stage name -> preset, "" for none

and, where the defaults of `Recipe` are not sufficient,

    open_data(config)                  the data that a config describes
    check(config)                      raises `ZooError` for settings the system cannot use
    pretraining_stages(config)         list of `zoo.training.Stage`
    check_weights(config)              raises `ZooError` where pre-trained weights are missing
    SWEEP                              dict of one setting -> the values of a sweep
"""

import dataclasses
import importlib.util
from collections.abc import Callable
from pathlib import Path

from ml_collections import ConfigDict

from zoo.errors import ZooError, reason
from zoo.training import config as settings
from zoo.training import recipe_files
from zoo.training.pretraining import check_unused


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
    """A config together with the functions of its recipe file.

    Attributes:
        config: `ConfigDict`. May be changed before the run: `recipe.config.steps = 200`.
        build: (config, data, pretrained) -> `zoo.training.Experiment`.
        open_data: config -> the data, by default a `zoo.training.TextToImageData`.
        check: config -> None; raises `ZooError`. Called before TensorFlow starts.
        pretraining_stages: config -> list of `zoo.training.Stage`, by default none.
        check_weights: config -> None; raises `ZooError`. Called before training, but not by
            `zoo.training.describe`.
        sweep: dict of one setting -> its values in a sweep.
        source: str. Name of the recipe, such as "recipes/attn_gan.py:shapes", for the model card.
        defaults: `ConfigDict`, or None if unknown. The config before the user changed it.
    """

    config: ConfigDict
    build: Callable
    open_data: Callable = open_captions
    check: Callable = _nothing
    pretraining_stages: Callable = _no_stages
    check_weights: Callable = _nothing
    sweep: dict = dataclasses.field(default_factory=dict)
    source: str = ""
    defaults: ConfigDict | None = None

    @classmethod
    def of_module(cls, module, config, defaults=None):
        """The recipe of a recipe file's module and a config that its `get_config` returned."""
        names = ("open_data", "check", "pretraining_stages", "check_weights")
        functions = {name: getattr(module, name) for name in names if hasattr(module, name)}
        file = Path(module.__file__).resolve()
        if not callable(getattr(module, "build", None)):
            raise ZooError(
                f"{module.__file__} is not a recipe: it defines no build(config, data, pretrained)."
            )
        source = f"{file.parent.name}/{file.name}:{config.get('dataset', '')}"
        return cls(
            config, module.build, sweep=getattr(module, "SWEEP", {}), source=source,
            defaults=defaults, **functions,
        )

    @property
    def stages(self):
        """The pre-training stages of the system: list of `zoo.training.Stage`."""
        return self.pretraining_stages(self.config)

    def of_stage(self, stage):
        """The `Recipe` of one of `stages`, with the stage's own config."""
        return Recipe.of_module(stage.recipe, stage.config(self.config))

    def with_config(self, config):
        """The same recipe with another config, of which is not known what the user changed."""
        return dataclasses.replace(self, config=config, defaults=None)

    def validate(self):
        """Raises `ZooError` for settings that cannot be used. Opens no files."""
        settings.validate(self.config)
        check_unused(self)
        settings.check_counts(self.config, self.defaults)
        self.check(self.config)


def as_recipe(config, build=None):
    """Converts the arguments of `zoo.training.run` and `describe` to a `Recipe`.

    Args:
        config: a `Recipe`, such as one from `load_recipe`, its name, or a `ConfigDict`.
        build: (config, data, pretrained) -> `zoo.training.Experiment`; needed for a `ConfigDict`.
    """
    if isinstance(config, str):
        config = load_recipe(config)
    if isinstance(config, Recipe):
        return config if build is None else dataclasses.replace(config, build=build)
    if build is None:
        raise ZooError(
            f"Expected a recipe from zoo.training.load_recipe or a config with build=FUNCTION, got "
            f"a {type(config).__name__} without build."
        )
    return Recipe(config, build)


def load_recipe(name):
    """Opens a recipe file.

    Args:
        name: str, "FILE" or "FILE:DATASET", such as "recipes/attn_gan.py:shapes" or
            "attn_gan:shapes". A relative file is searched in the working directory, then next to
            the installed recipes. Without a dataset the recipe's default is used.

    Returns:
        `Recipe`.

    Raises:
        ZooError: if there is no such file, it is not a recipe, or it has no such dataset.
    """
    path, colon, dataset = str(name).partition(":")
    return open_recipe(recipe_files.find(path), dataset if colon else None)


def open_recipe(path, dataset=None):
    """The `Recipe` of a file. Errors: see `load_module` and `config_of`."""
    module = load_module(path)
    config, defaults = (config_of(module, path, dataset) for _ in range(2))
    return Recipe.of_module(module, config, defaults)


def load_module(path):
    """Imports a recipe file as a module that has `get_config`.

    Raises:
        ZooError: if the file is not Python, fails while it is imported, or has no `get_config`.
    """
    try:
        spec = importlib.util.spec_from_file_location("recipe_config", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise ZooError(f"The recipe {path}{line} is not valid Python: {error.msg}.") from error
    except ZooError:
        raise
    except (Exception, SystemExit) as error:
        raise ZooError(f"The recipe {path} cannot be run: {_error_text(error)}.") from error
    if not callable(getattr(module, "get_config", None)):
        raise ZooError(f"{path} is not a recipe: it defines no get_config(dataset).")
    return module


def config_of(module, path, dataset=None):
    """The config that a recipe's `get_config` returns; `dataset` None selects its default.

    Raises:
        ZooError: for an unknown dataset, if `get_config` fails, or returns no `ConfigDict`.
    """
    try:
        config = module.get_config() if dataset is None else module.get_config(dataset)
    except ZooError:
        raise
    except Exception as error:
        call = "get_config()" if dataset is None else f"get_config({dataset!r})"
        raise ZooError(f"{call} of the recipe {path} fails: {_error_text(error)}.") from error
    if not isinstance(config, ConfigDict):
        raise ZooError(
            f"get_config of the recipe {path} must return an ml_collections.ConfigDict, got a "
            f"{type(config).__name__}."
        )
    return config


def _error_text(error):
    return f"{type(error).__name__}: {reason(error)}"
