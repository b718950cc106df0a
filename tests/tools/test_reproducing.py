"""The page of the published experiments: complete, and made of the stored numbers."""

import json
import shlex

import pytest

from tests.support.published_counts import COUNTS
from tools import reproducing
from zoo.evaluation.protocols import PROTOCOLS
from zoo.training import recipe_files
from zoo.training.gpus import GPUS
from zoo.training.pretraining import check_weights

OTHERS = ("shapes", "emoji", "folder", "facades_128", "cifar10_small", "cats_dogs")
NUMBERS = json.loads(reproducing.NUMBERS.read_text("utf-8"))


def test_every_published_variant_has_a_row():
    published = {name for name, _ in recipe_files.variants()
                 if name.partition(":")[2] not in OTHERS}
    published -= {"stackgan_v2:birds", "stackgan_v2:coco"}  # settings that no paper has
    assert {row.variant for row in reproducing.ROWS} == published
    assert set(NUMBERS) <= published
    assert set(COUNTS) <= published


@pytest.mark.parametrize("variant", sorted(set(COUNTS) & set(NUMBERS)))
def test_the_stored_parameters_are_the_authors(variant):
    stored = NUMBERS[variant]["parameters"]
    assert {name: stored[name] for name in COUNTS[variant]} == COUNTS[variant]


def test_the_table_is_made_of_the_numbers():
    text = reproducing.PAGE.read_text("utf-8")
    start = text.index(reproducing.START) + len(reproducing.START)
    assert text[start:text.index(reproducing.END)] == reproducing.table(NUMBERS)
    assert "`zoo train dm_gan:birds_ms " in text
    names = [gpu.name for gpu in GPUS]
    for numbers in NUMBERS.values():
        assert list(numbers.get("hours", names)) == names


def test_every_training_has_the_weights_and_networks_that_it_needs():
    folders = {"runs/" + row.variant.replace(":", "_") for row in reproducing.ROWS}
    for row in reproducing.ROWS:
        recipe, _ = reproducing.schedule(row.variant)
        settings = dict(word.split("=") for word in row.settings.split())
        config = recipe.config.copy_and_resolve_references()
        config.update_from_flattened_dict(
            {key.removeprefix("--config."): value for key, value in settings.items()})
        check_weights(recipe.with_config(config))
        for stage in recipe.stages:
            if config[stage.name]:
                assert config[stage.name].removesuffix("/presets/best") in folders


def test_commands_name_the_variant_its_data_and_the_papers_protocol():
    rows = {row.variant: row for row in reproducing.ROWS}
    row = rows["pix2pix:facades_msgan"]
    assert reproducing.train_command(row) == (
        "zoo train pix2pix:facades_msgan --workdir=runs/pix2pix_facades_msgan "
        "--config.data.directory=data/facades")
    assert "--protocol=msgan_image" in reproducing.evaluate_command(row)
    assert "--bins=20 --condition_split=val" in reproducing.evaluate_command(row)
    assert "--inception=keras" in reproducing.evaluate_command(rows["xmc_gan:coco"])
    assert reproducing.evaluate_command(rows["damsm:birds"]) == ""
    for row in reproducing.ROWS:
        assert row.protocol in ("", *PROTOCOLS)
        assert len(shlex.split(reproducing.train_command(row))) >= 5
