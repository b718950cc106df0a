"""Variants that are another one with some settings changed, and the published ones."""

import importlib

import pytest

from recipes import dcgan, dm_gan, drit, mirror_gan, pix2pix, stackgan_v2, xmc_gan
from tests.support.recipes import validate
from zoo.errors import ZooError
from zoo.training import recipe_files, variants
from zoo.training.config import to_plain
from zoo.training.setting_rules import flatten
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
