"""The recipe of a config of `recipes/`, for tests that start from a config."""

import importlib

import tensorflow as tf

from zoo.training import launch
from zoo.training.recipe import Recipe


def recipe_of(config):
    """The `Recipe` of a config, by the name of its system."""
    return Recipe.of_module(importlib.import_module(f"recipes.{config.system}"), config)


def validate(config):
    recipe_of(config).validate()


def open_data(config):
    return recipe_of(config).open_data(config)


def resolve(config, data):
    """The resolved config."""
    return launch.resolve(recipe_of(config), data).config


def build(config, data, **pretrained):
    """The `Experiment` of a config."""
    return launch.build_experiment(
        recipe_of(config), data, tf.distribute.get_strategy(), pretrained or None
    )


def train(config, folder):
    """Trains a config in this process."""
    return launch.run(recipe_of(config), str(folder), strategy=tf.distribute.get_strategy())
