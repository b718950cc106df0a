"""Variants that are another one with some settings changed, and the published ones."""

import importlib

import pytest

from recipes import dcgan, dm_gan, drit, mirror_gan, pix2pix, stackgan_v2, xmc_gan
from tests.support.recipes import validate
from zoo.errors import ZooError
from zoo.training import recipe_files, variants
from zoo.training.config import to_plain
from zoo.training.pretraining import check_pretraining
from zoo.training.recipe import Recipe, load_recipe
from zoo.training.setting_rules import flatten
from zoo.training.sweep_points import make_points
from zoo.training.variants import Based, based_on


def difference(recipe, name, other):
    """The settings in which two variants differ, with the values of the first."""
    first, second = (flatten(to_plain(recipe.get_config(n))) for n in (name, other))
    assert first.keys() == second.keys()
    return {key: value for key, value in first.items() if value != second[key]}


WEIGHT = {"model.mode_seeking_weight": 1.0}


@pytest.mark.parametrize(("recipe", "name", "base", "changes"), [
    (dm_gan, "birds_ms", "birds", WEIGHT),
    (dm_gan, "coco_ms", "coco", WEIGHT),
    (stackgan_v2, "birds_embeddings", "birds", {"text": "embeddings"}),
    (stackgan_v2, "birds_msgan", "birds",
     {**WEIGHT, "text": "embeddings", "batch_size": 4, "epochs": 1000}),
    (mirror_gan, "birds_paper", "birds",
     {"model.caption_weight": 20.0, "model.caption_reduction": "captions"}),
    (xmc_gan, "coco_256", "coco", {"model.image_size": 256, "batch_size": 512}),
    (dcgan, "cifar10_msgan", "cifar10", WEIGHT),
    (pix2pix, "facades_msgan", "facades", WEIGHT),
    (pix2pix, "maps_msgan", "maps", WEIGHT),
    (drit, "yosemite_msgan", "yosemite", WEIGHT),
    (drit, "cat2dog_msgan", "cat2dog", WEIGHT),
])
def test_published_experiments(recipe, name, base, changes):
    assert difference(recipe, name, base) == {**changes, "dataset": name}
    config = recipe.get_config(name)
    validate(config)
    assert config.is_locked and config.dataset == name


@pytest.mark.parametrize(("recipe", "name", "steps", "epochs"), [
    (dcgan, "shapes", 2000, 0), (dcgan, "cifar10_small", 0, 60), (dcgan, "cifar10_msgan", 0, 200),
    (dcgan, "folder", 0, 60), (drit, "folder", 6000, 0),
])
def test_a_length_that_is_given_replaces_the_variants(recipe, name, steps, epochs):
    """In steps or in epochs, whichever the variant has; none of the two is ignored."""
    def lengths(**changes):
        config = recipe.get_config(name)
        for key, value in changes.items():
            config[key] = value
        validate(config)
        plain = config.copy_and_resolve_references()
        assert (plain.steps, plain.epochs) == (config.steps, config.epochs)
        return plain.steps, plain.epochs

    assert lengths() == lengths(**{"steps" if epochs else "epochs": 0}) == (steps, epochs)
    assert lengths(steps=7) == lengths(steps=7, epochs=0) == (7, 0)
    assert lengths(epochs=5) == lengths(epochs=5, steps=0) == (0, 5)
    with pytest.raises(ZooError, match="config.steps=7 and config.epochs=5 are two lengths of one"):
        lengths(steps=7, epochs=5)


def test_the_length_of_a_stage():
    config = dm_gan.get_config("shapes")
    assert (config.pretraining.steps, config.pretraining.epochs) == (300, 0)
    config.pretraining.epochs = 2
    assert (config.pretraining.steps, config.pretraining.epochs) == (0, 2)
    assert (config.steps, config.epochs) == (3000, 0)
    config.pretraining.steps = 9
    with pytest.raises(ZooError, match="In the group config.pretraining: config.steps=9 and"):
        check_pretraining(Recipe.of_module(dm_gan, config.copy_and_resolve_references()))


@pytest.mark.parametrize("recipe,settings,message", [
    ("dm_gan.py:shapes", {"damsm": "mine", "pretraining.steps": 5},
     'config.pretraining.steps=5 .*no DAMSM is trained, because config.damsm names one, "mine"'),
    ("mirror_gan.py:emoji", {"stream": "mine", "captioning.model.features": 8},
     "config.captioning.model.features=8 .*no STREAM"),
    ("xmc_gan.py:coco", {"pretraining.model.dropout": 0.1}, "does not need one with these"),
    ("attn_gan.py:folder", {"damsm": "mine", "pretraining.batch_size": 7}, "batch_size=7"),
])
def test_settings_of_a_stage_that_is_not_trained(recipe, settings, message):
    recipe = load_recipe(f"recipes/{recipe}")
    recipe.config.update_from_flattened_dict(settings)
    for check in (recipe.validate, lambda: make_points(recipe, "batch_size", [4])):
        with pytest.raises(ZooError, match=f"{message}.*leave"):
            check()


@pytest.mark.parametrize(("recipe", "key", "drawn"), [
    ("attn_gan.py:emoji", "count", "shapes"), ("dcgan.py:folder", "count", "shape_classes"),
    ("pix2pix.py:facades", "held_out_count", "shape_pairs"),
])
def test_a_number_of_images_that_are_not_drawn(recipe, key, drawn):
    recipe = load_recipe(f"recipes/{recipe}")
    recipe.config.data[key] = 7
    for check in (recipe.validate, lambda: make_points(recipe, "batch_size", [4])):
        with pytest.raises(ZooError, match=f"config.data.{key}=7 would .*name={drawn}; .*leave it"):
            check()


@pytest.mark.parametrize(("recipe", "key"), [
    ("attn_gan.py:emoji", "held_out_count"), ("drit.py:shapes", "held_out_count"),
    ("attn_gan.py:shapes", "count"),
])
def test_a_number_of_images_that_has_an_effect(recipe, key):
    recipe = load_recipe(f"recipes/{recipe}")
    recipe.config.data[key] = 7
    recipe.validate()


def test_settings_of_a_stage_that_follow_others_may_differ():
    recipe = load_recipe("recipes/attn_gan.py:folder")
    recipe.config.update_from_flattened_dict({"damsm": "mine", "size": "paper"})
    assert recipe.config.pretraining.model != recipe.defaults.pretraining.model
    recipe.validate()
    assert make_points(recipe, "batch_size", [4])


def test_a_variant_may_be_based_on_one_that_is_based_itself():
    settings = {"a": {"x": 1, "group": {"y": 1}}, "b": Based("a", {"group": {"y": 2}}),
                "c": Based("b", {"x": 3})}
    assert [based_on(name, settings) for name in "abc"] == ["a", "a", "a"]

    def resolved(name):
        config = variants.common_config("mine", name, settings)
        config.update({"x": 0, "group": {"y": 0}})
        return variants.with_variant(config, settings[name], settings)

    assert (resolved("c").x, resolved("c").group.y) == (3, 2)
    assert (resolved("b").x, resolved("b").group.y) == (1, 2)
    settings["d"] = Based("a", {"group": {"z": 2}})
    with pytest.raises(ZooError, match='Unknown config key "group.z"'):
        resolved("d")


@pytest.mark.parametrize("file", recipe_files.names())
def test_the_docstring_describes_every_variant(file):
    recipe = importlib.import_module(f"recipes.{file.removesuffix('.py')}")
    described = recipe_files.described(f"\n{recipe.__doc__}")
    if recipe.__doc__ and "\nDatasets:\n" in recipe.__doc__:
        assert set(described) == set(recipe.VARIANTS)
        assert all(described.values())
    else:
        assert not hasattr(recipe, "VARIANTS")
    for name in getattr(recipe, "VARIANTS", ()):  # the error and the docstring list them too
        assert name in recipe.get_config.__doc__


def test_variants_are_listed_and_found():
    rows = dict(recipe_files.variants())
    assert rows["dcgan:cifar10_msgan"].startswith("MSGAN's experiment")
    assert [name for name, _ in recipe_files.variants("msgan")] == [
        "dcgan:cifar10_msgan", "drit:yosemite_msgan", "drit:cat2dog_msgan",
        "pix2pix:facades_msgan", "pix2pix:maps_msgan", "stackgan_v2:birds_msgan",
    ]
    assert [name for name, _ in recipe_files.variants("dm_gan:*_ms")] == [
        "dm_gan:birds_ms", "dm_gan:coco_ms"]
    with pytest.raises(ZooError, match='matches "dm_gan:bird_mss".*Did you mean "dm_gan:birds_ms"'):
        recipe_files.variants("dm_gan:bird_mss")
