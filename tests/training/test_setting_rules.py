"""Settings of another type or out of range give one clear error."""

import importlib
import math

import pytest

from recipes import attn_gan, dcgan, drit, pix2pix, xmc_gan
from zoo.errors import ZooError
from zoo.training import recipe_files
from zoo.training.config import to_plain
from zoo.training.setting_rules import (
    COUNTS,
    FLAGS,
    NUMBERS,
    check_settings,
    flatten,
    short_repr,
)

BAD = [
    (attn_gan, "optimizer.learning_rate", math.nan, "a finite number, got nan"),
    (attn_gan, "model.damsm_weight", math.inf, "a finite number, got inf"),
    (attn_gan, "pretraining.optimizer.beta_2", 1.0, "below 1, got 1.0"),
    (attn_gan, "pretraining.model.dropout", -0.5, "at least 0, got -0.5"),
    (attn_gan, "model.stage_sizes", (16, math.inf), "finite number of ordinary size, got inf"),
    (attn_gan, "model.stage_sizes", (16, 2**70), "ordinary size"),
    (attn_gan, "seed", -1, "at least 0, got -1"),
    (attn_gan, "seed", 2**63, "at most 4294967295, got 9223372036854775808"),
    (attn_gan, "seed", 10**400, "at most 4294967295, got a number of about"),
    (attn_gan, "threads", 20000, "at most 1024, got 20000"),
    (attn_gan, "steps", 10**30, "at most 1000000000000"),
    (attn_gan, "pretraining.steps", 10**30, "at most 1000000000000, got 10"),
    (attn_gan, "batch_size", True, "a whole number, got True"),
    (attn_gan, "batch_size", "4", "a whole number, got '4'"),
    (attn_gan, "batch_size", 4.0, "a whole number, got 4.0"),
    (attn_gan, "data.held_out_fraction", 1.0, "below 1, got 1.0"),
    (attn_gan, "data.held_out_fraction", -0.1, "at least 0"),
    (attn_gan, "data.held_out_fraction", math.nan, "a finite number"),
    (attn_gan, "data.held_out_count", 0, "at least 1, got 0"),
    (attn_gan, "data.flip", 1, "True or False, got 1"),
    (attn_gan, "data.directory", "a\0b", "NUL"),
    (attn_gan, "model.ema_statistics", object(), "a number, a string, a flag or a list"),
    (pix2pix, "data.load_size", -286, "at least 0"),
    (pix2pix, "decay.epochs", -5, "at least 0"),
    (drit, "content_learning_rate", -math.inf, "a finite number"),
    (drit, "model.weight_decay", "0.1", "a finite number"),
    (dcgan, "samples.rows", 0, "at least 1"),
    (xmc_gan, "optimizer.generator_rate", -1e-4, "at least 0"),
]


@pytest.mark.parametrize(("recipe", "key", "value", "message"), BAD)
def test_bad_settings(recipe, key, value, message):
    plain = to_plain(recipe.get_config("shapes"))
    *groups, last = key.split(".")
    group = plain
    for name in groups:
        group = group[name]
    assert last in group
    group[last] = value
    with pytest.raises(ZooError, match=rf"^config\.{key} must be .*{message}"):
        check_settings(plain)


def test_every_number_of_every_recipe_has_a_rule():
    known = {*COUNTS, *NUMBERS}
    for name in recipe_files.names():
        recipe = importlib.import_module(f"recipes.{name.removesuffix('.py')}")
        for key, value in flatten(recipe.get_config("shapes")).items():
            name = key.split(".")[-1]
            if isinstance(value, bool):
                assert name in FLAGS, key
            elif isinstance(value, (int, float)):
                assert name in known, key


def test_long_values_are_cut_off():
    assert len(short_repr("x" * 5000)) < 80 and "5002 characters" in short_repr("x" * 5000)
    assert short_repr(10**5000) == "a number of about 4983 digits"
