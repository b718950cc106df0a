"""The table of known data sets agrees with the recipes."""

import importlib
import shlex

import pytest

from zoo.data.known import DATA_SETS, KNOWN, VARIANTS
from zoo.data.known_check import names
from zoo.training import load_recipe, recipe_files
from zoo.training.pretraining import check_weights
from zoo.training.stand_in import KINDS

PROCEDURAL = ("shapes", "folder", "cats_dogs")


def recipes():
    return [importlib.import_module(f"recipes.{name.removesuffix('.py')}")
            for name in recipe_files.names()]


def test_every_variant_on_real_data_is_known():
    variants = {name: recipe for recipe in recipes() for name in recipe.VARIANTS}
    assert set(variants) - set(PROCEDURAL) == set(KNOWN)
    for recipe in recipes():
        for name in set(recipe.VARIANTS) & set(KNOWN):
            config = recipe.get_config(name)
            if name != "emoji":  # of DRIT it is two drawing styles
                assert KINDS[config.data.name] == KNOWN[name].kind, (recipe, name)
            assert config.data.directory in ("", KNOWN[name].directory)


@pytest.mark.parametrize("name", DATA_SETS)
def test_entries_are_consistent(name):
    known = DATA_SETS[name]
    train = known.splits.get("train", known.images)
    assert known.images == (max(train) if isinstance(train, tuple) else train)
    for archive in known.archives:
        assert len(archive.sha256) in (0, 64) and archive.name.endswith((".zip", ".tar.gz", ".tgz"))
        assert not archive.sha256 or archive.bytes
        assert "{}" in known.command
    assert set(VARIANTS) <= set(DATA_SETS)
    assert known.source or name not in names()


@pytest.mark.parametrize("name", [name for name, known in DATA_SETS.items() if known.command])
def test_the_command_of_an_entry_trains(name):
    """It gives every pre-trained network that the recipe needs."""
    _, _, variant, *flags = shlex.split(DATA_SETS[name].command.format("data"))
    recipe = load_recipe(variant)
    settings = dict(flag.removeprefix("--config.").split("=") for flag in flags)
    assert settings.pop("--workdir")
    recipe.config.update_from_flattened_dict(settings)
    check_weights(recipe)
