"""The variant `folder` of all recipes, and `zoo train FOLDER`."""

import json
import os
import re
import subprocess
import sys

import pytest

from recipes import (
    attn_gan,
    bicyclegan,
    damsm,
    dcgan,
    dm_gan,
    drit,
    mirror_gan,
    pix2pix,
    stackgan_v2,
    stream,
    train,
    xmc_gan,
)
from tests.support import folders, programs
from tests.support.recipes import resolve, validate
from tests.support.runs import ROOT, SIZES, environment
from zoo import command_line
from zoo.errors import ZooError
from zoo.preparation import prepare
from zoo.preparation.record import NAME
from zoo.training.config import differing_keys, to_plain
from zoo.training.recipe import load_recipe
from zoo.training.run_folder import as_begun
from zoo_cli import program
from zoo_cli.own_data import flags_of_folder

TEXT = (attn_gan, damsm, dm_gan, mirror_gan, stackgan_v2, stream, xmc_gan)


def record(folder, train=500, kind="captions", groups=None, **words):
    """A folder with nothing but a `dataset.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    words = {"max_words": 9, "min_count": 2, **words}
    content = {"kind": kind, "images": {"train": train}, "groups": groups or {}, "words": words}
    (folder / NAME).write_text(json.dumps(content))
    return str(folder)


@pytest.mark.parametrize("recipe", TEXT)
def test_the_sizes_are_those_of_other_variants(recipe):
    config = recipe.get_config("folder")
    paper = "coco" if recipe is xmc_gan else "birds"
    for size, dataset in (("small", "emoji"), ("paper", paper)):
        config.size = size
        validate(config)
        other = recipe.get_config(dataset)
        assert config.model.to_dict() == other.model.to_dict()
        assert (config.batch_size, config.epochs) == (other.batch_size, other.epochs)
        assert config.data.crop == ("none" if recipe is xmc_gan else other.data.crop)
        assert (config.data.name, config.data.words) == ("folder", "unicode")
        if "pretraining" in config and paper == "birds":
            assert config.pretraining.to_dict() == other.pretraining.to_dict()
    assert config.is_locked


@pytest.mark.parametrize(("recipe", "small", "paper"), [
    (dcgan, "cifar10_small", "cifar10"), (pix2pix, "facades_128", "facades"),
    (bicyclegan, "facades_128", "facades"), (drit, "emoji", "yosemite")])
def test_the_sizes_of_images_without_captions(recipe, small, paper):
    config = recipe.get_config("folder")
    for size, dataset in (("small", small), ("paper", paper)):
        config.size = size
        validate(config)
        other = recipe.get_config(dataset)
        assert config.model.to_dict() == other.model.to_dict()
        assert (config.steps, config.batch_size, config.epochs) == (
            other.steps, other.batch_size, other.epochs)
        if "decay" in config:
            assert config.decay.to_dict() == other.decay.to_dict()
        assert config.data.load_size == other.data.load_size
        assert (config.dtype, config.data.held_out_split) == (other.dtype, "test")
        assert config.data.get("direction", "a2b") == "a2b"
        assert config.data.get("domains", ("A", "B")) == ("A", "B")
    assert config.is_locked


def test_settings_follow_from_the_number_of_pairs(tmp_path):
    config = pix2pix.get_config("folder")
    config.data.directory = record(tmp_path / "a", 100, "pairs")
    assert (config.epochs, config.batch_size) == (2 * 40, 2)
    assert config.decay.to_dict() == {"epochs": 80, "constant_epochs": 40}
    two = {"train/A": 100, "train/B": 100, "test/A": 9, "test/B": 9}  # files, not pairs
    config.data.directory = record(tmp_path / "two", 200, "pairs", groups=two)
    assert config.epochs == 2 * 40
    domains = drit.get_config("folder")
    domains.size = "paper"
    sides = {"train/A": 1231, "train/B": 962}
    domains.data.directory = record(tmp_path / "d", 2193, "domains", groups=sides)
    assert domains.epochs == 1200
    config.epochs = 30
    assert config.decay.to_dict() == {"epochs": 30, "constant_epochs": 15}
    config.epochs, config.steps, config.batch_size = 0, 9000, 3
    config.data.directory = record(tmp_path / "e", 100, "pairs")
    assert config.decay.to_dict() == {"epochs": 265, "constant_epochs": 132}  # of 34 steps
    domains.size, domains.epochs = "small", 30  # as `emoji`, whose rates are constant
    assert domains.decay.to_dict() == {"epochs": 0, "constant_epochs": 0}
    config.data.directory = record(tmp_path / "b", kind="domains")
    with pytest.raises(ZooError, match="holds domains, but this recipe reads pairs of images"):
        validate(config)


def test_a_setting_that_is_given_follows_nothing():
    config = attn_gan.get_config("folder")
    config.model.generator_filters = 7
    config.size = "paper"
    again = config.copy_and_resolve_references()
    config.size = "small"
    assert config.model.generator_filters == again.model.generator_filters == 7
    assert (config.model.stage_sizes, again.model.stage_sizes) == ((16, 32, 64), (64, 128, 256))
    assert again.pretraining.model.image_size == 299 and config.pretraining.model.image_size == 64
    config.size = "big"
    with pytest.raises(ZooError, match='config.size must be "small" or "paper", got'):
        validate(config)


def test_the_size_is_a_flag():
    for settings, expected in (
        (["--config.size=paper"], ((64, 128, 256), 20)),
        (["--config.batch_size=3", "--config.size=paper"], ((64, 128, 256), 3)),
        (["--config.model.stage_sizes=(16,32)"], ((16, 32), 16)),
    ):
        line = ["--config=recipes/attn_gan.py:folder", *settings]
        with programs.parsed(train, *line, config_flag="config"):
            recipe = command_line.recipe()
            recipe.validate()
        assert (recipe.config.model.stage_sizes, recipe.config.batch_size) == expected


def test_settings_follow_from_the_data(tmp_path):
    config = attn_gan.get_config("folder")
    config.data.directory = record(tmp_path / "a", 500)
    assert config.epochs == round(60 * (7191 / 500) ** 0.5) == 228
    assert config.pretraining.epochs == 114
    assert (config.data.max_words, config.data.min_count) == (9, 2)
    assert config.model.ema_decay == 0.999 and config.batch_size == 16
    config.steps = 300
    assert config.model.ema_decay == 0.99  # of a short training
    assert config.epochs == 0  # the length is given in steps
    config.steps = 0
    config.data.directory = record(tmp_path / "b", 20)
    assert config.epochs == 1138 and (config.batch_size, config.pretraining.batch_size) == (10, 10)
    config.data.directory = record(tmp_path / "c", 4)
    assert config.epochs == 2000
    config.data.max_words = 5
    assert config.copy_and_resolve_references().data.max_words == 5
    with pytest.raises(ZooError, match="holds pairs, but this recipe reads images with captions"):
        config.data.directory = record(tmp_path / "c", kind="pairs")
        validate(config)


@pytest.mark.parametrize(("kind", "recipe"), [
    ("captions", "attn_gan"), ("classes", "dcgan"), ("pairs", "pix2pix"), ("domains", "drit")])
def test_the_kind_chooses_the_recipe(tmp_path, kind, recipe):
    folder = record(tmp_path / "mine", kind=kind)
    assert flags_of_folder(folder, None) == [
        f"--config={recipe}:folder", f"--config.data.directory={folder}"]


@pytest.mark.parametrize(("options", "words"), [
    ({"recipe": "drit"}, "one of pix2pix, bicyclegan for pairs"),
    ({"recipe": "pix2pix2"}, 'Did you mean "pix2pix"'),
    ({"kind": "domains"}, "was prepared as pairs"), ({"kind": "pair"}, 'Did you mean "pairs"'),
])
def test_another_recipe_or_kind(tmp_path, options, words):
    folder = record(tmp_path, kind="pairs")
    assert flags_of_folder(folder, None, "bicyclegan")[0] == "--config=bicyclegan:folder"
    with pytest.raises(ZooError, match=words):
        flags_of_folder(folder, None, **options)


def test_a_mistyped_recipe_prepares_nothing(tmp_path):
    folders.classes(tmp_path / "mine", 4)
    for recipe in ("dcgann", "dcgan:shapes"):
        with pytest.raises(ZooError, match=f"--recipe must be one of .*got '{recipe}'"):
            flags_of_folder(str(tmp_path / "mine"), str(tmp_path / "run"), recipe)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(("name", "kind", "settings"), [
    ("pix2pix", "pairs", {"steps": 50}), ("attn_gan", "captions", {"steps": 200, "size": "paper"}),
    ("dcgan", "classes", {"steps": 10}),
])
def test_a_run_may_be_continued_for_more_steps(tmp_path, name, kind, settings):
    """What follows from the steps, such as the EMA decay, keeps its value."""
    def config(**changes):
        config = load_recipe(f"{name}:folder").config
        config.update_from_flattened_dict({"data.directory": folder, **changes})
        return config

    folder, run = record(tmp_path / "mine", kind=kind), tmp_path / "run"
    run.mkdir()
    begun = config(**settings).copy_and_resolve_references()
    (run / "config.json").write_text(json.dumps(to_plain(begun)))
    longer = config(**{**settings, "steps": 5000})
    assert set(differing_keys(to_plain(begun), longer)) & {"model.ema_decay", "decay.epochs"}
    continued = as_begun(longer, run)
    assert continued.steps == 5000 and differing_keys(to_plain(begun), continued) == []
    assert continued.batch_size == begun.batch_size
    set_by_user = config(**{**settings, "steps": 5000, "model.ema_decay": 0.5})
    assert differing_keys(to_plain(begun), as_begun(set_by_user, run)) == ["model.ema_decay"]


def test_a_stage_of_which_epochs_are_given_has_the_same_steps_again(tmp_path):
    config = load_recipe("attn_gan:folder").config
    config.data.directory = record(tmp_path / "mine", 500)
    begun = to_plain(resolve(config, range(500)))
    (tmp_path / "config.json").write_text(json.dumps(begun))
    assert begun["pretraining"]["steps"] and begun["pretraining"]["epochs"]
    assert differing_keys(begun, resolve(as_begun(config, tmp_path), range(500))) == []


def test_a_folder_in_another_spelling(tmp_path):
    folder = record(tmp_path / "mine", kind="pairs")
    assert flags_of_folder(f"{folder}/./", None) == flags_of_folder(folder, None)


def test_a_mistyped_folder_is_called_so():
    for name, more in (("my_imgs", "For example"), ("dcgn", 'Did you mean "dcgan"')):
        with pytest.raises(ZooError, match=f'a folder of images, or a recipe .*got "{name}", which '
                                           f"is neither. .*{more}"):
            program.run(["train", name])


def test_a_folder_needs_a_workdir(tmp_path):
    with pytest.raises(ZooError, match="--workdir is missing"):
        flags_of_folder(str(tmp_path), None)
    with pytest.raises(ZooError, match="takes a folder of images, or a recipe as NAME:DATASET"):
        program.run(["train", str(tmp_path / "no folder")])


@pytest.mark.parametrize("given", [[], ["--workdir=run"]])
def test_a_dry_run_writes_nothing(tmp_path, monkeypatch, capfd, given):
    folders.classes(tmp_path / "cats", 4)
    monkeypatch.chdir(tmp_path)
    command = ["train", "cats", "--dry_run", *given, "--config.batch_size=4"]
    done = subprocess.run([sys.executable, "-c", "import sys; from zoo_cli.program import main; "
                           "main()", *command], env=environment())
    output = capfd.readouterr().out
    assert done.returncode == 0 and "preparing cats in " in output, output
    assert [path.name for path in tmp_path.iterdir()] == ["cats"]
    used = re.search(r"preparing cats in (\S+)", output)[1]
    assert not os.path.exists(used) and not os.path.exists(os.path.dirname(used))


def test_images_prepared_before_are_those_of_the_same_folder(tmp_path):
    """A run's folder names them, so another folder with the same --workdir would go unnoticed."""
    cats, dogs, workdir = tmp_path / "cats", tmp_path / "dogs", str(tmp_path / "run")
    folders.classes(cats, 4)
    folders.classes(dogs, 5)
    prepare(cats, f"{workdir}_data")
    flags = flags_of_folder(str(cats), workdir)
    assert flags == ["--config=dcgan:folder", f"--config.data.directory={workdir}_data"]
    cats.rename(tmp_path / "moved")
    assert flags_of_folder(str(tmp_path / "moved"), workdir) == flags
    with pytest.raises(ZooError, match='run_data was prepared from "cats" with .* files, not '
                                       'from "dogs" with .*: give another --workdir, or delete'):
        flags_of_folder(str(dogs), workdir)
    with pytest.raises(ZooError, match="cats: no such folder .*zoo train .*run_data\" continues"):
        flags_of_folder(str(cats), workdir)
    assert flags_of_folder(f"{workdir}_data", workdir) == flags
    content = json.loads((tmp_path / "run_data" / NAME).read_text())
    del content["source"]  # as an older version wrote it
    (tmp_path / "run_data" / NAME).write_text(json.dumps(content))
    assert flags_of_folder(str(dogs), workdir) == flags


def zoo_train(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "zoo_cli.program", "train", *arguments], cwd=ROOT,
        env=environment(), text=True, capture_output=True, timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.large
def test_zoo_train_on_captions_does_it_all(tmp_path):
    """From a folder with captions.txt to a preset, in one command; the second one resumes."""
    captions = folders.captioned(tmp_path / "mine", 60)
    lines = [f"{name}\t{caption}" for name, caption in captions.items()]
    (tmp_path / "mine" / "captions.txt").write_text("\n".join(lines))
    sizes = [size for size in SIZES if ".data." not in size]
    arguments = (str(tmp_path / "mine"), "--workdir", str(tmp_path / "run"), *sizes)
    text = zoo_train(*arguments)
    assert "found     images with captions: captions.txt" in text and "done: 12 steps" in text
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["data"]["directory"] == str(tmp_path / "run_data")
    assert config["data"]["max_words"] == 3 and config["size"] == "small"
    assert (tmp_path / "run" / "presets" / "last" / "README.md").exists()
    assert "12 of 12 is already done" in zoo_train(*arguments)


@pytest.mark.large
@pytest.mark.parametrize("kind", ["classes", "pairs", "domains"])
def test_zoo_train_on_the_other_kinds(tmp_path, kind):
    if kind == "classes":
        folders.classes(tmp_path / "mine")
        more = ("--config.model.filters=4", "--config.model.image_size=16")
    else:
        folders.two_folders(tmp_path / "mine")
        more = {
            "pairs": ("--config.model.image_size=32", "--config.model.generator_filters=4",
                      "--config.model.discriminator_filters=4",
                      "--config.model.discriminator_layers=1"),
            "domains": ("--config.model.image_size=32", "--config.model.filters=4",
                        "--config.model.discriminators.scales=1",
                        "--config.model.discriminators.layers=2",
                        "--config.model.content_discriminator.layers=0",
                        "--config.data.load_size=36"),
        }[kind]
    prepare(tmp_path / "mine", tmp_path / "data", kind=kind)
    text = zoo_train(str(tmp_path / "data"), f"--workdir={tmp_path / 'run'}", "--config.steps=2",
                     "--config.batch_size=2", "--config.samples.rows=2", *more)
    assert "done: 2 steps" in text
