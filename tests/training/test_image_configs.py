"""Recipes of labels and images: the settings of the papers, data, and user errors."""

import numpy as np
import pytest
from PIL import Image

from recipes import bicyclegan, dcgan, drit, pix2pix
from tests.support.recipes import build, open_data, resolve, train, validate
from zoo.errors import ZooError
from zoo.models.base.learning_rates import linear_decay
from zoo.training.experiments import decay_arguments
from zoo.training.run_folder import RunFolder
from zoo.training.samples import Conditions, ConditionSamples, fixed_conditions, sample_grid

VARIANTS = {
    dcgan: ("shapes", "cifar10", "cifar10_small", "folder"),
    pix2pix: ("shapes", "facades", "maps", "facades_128", "folder"),
    bicyclegan: ("shapes", "facades_128", "folder", "facades", "maps", "edges2shoes",
                 "edges2handbags", "night2day"),
    drit: ("shapes", "yosemite", "cat2dog", "emoji", "cats_dogs", "folder"),
}
RATES = {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "epsilon": 1e-8}


@pytest.mark.parametrize("recipe,dataset", [(r, d) for r in VARIANTS for d in VARIANTS[r]])
def test_every_variant_is_valid_and_locked(recipe, dataset):
    config = recipe.get_config(dataset)
    validate(config)
    assert config.is_locked and config.dataset == dataset
    assert config.model.mode_seeking_weight == 0.0


def test_paper_settings():
    config = dcgan.get_config("cifar10")
    assert (config.epochs, config.batch_size, config.data.flip) == (200, 32, False)
    assert (config.model.filters, config.model.weight_decay) == (128, 1e-4)
    assert config.optimizer.to_dict() == RATES
    config = pix2pix.get_config("facades")
    assert (config.batch_size, config.data.direction, config.data.load_size) == (1, "b2a", 0)
    assert config.decay.to_dict() == {"epochs": 400, "constant_epochs": 200}
    config = bicyclegan.get_config("edges2shoes")
    assert (config.batch_size, config.epochs, config.model.source_channels) == (2, 60, 1)
    assert (config.data.direction, config.model.dropout) == ("a2b", 0.5)
    assert bicyclegan.get_config("maps").data.load_size == 600
    config = drit.get_config("yosemite")
    assert (config.epochs, config.data.load_size, config.model.image_size) == (1200, 256, 216)
    assert config.optimizer.to_dict() == {**RATES, "learning_rate": 1e-4}
    assert (config.content_learning_rate, config.model.concat) == (4e-5, True)
    assert not drit.get_config("cat2dog").model.concat


def changed(recipe, dataset, **changes):
    config = recipe.get_config(dataset).unlock()
    config.update_from_flattened_dict(changes)
    return config.lock()


def test_a_source_of_another_kind_is_rejected():
    config = changed(dcgan, "shapes", **{"data.name": "pairs"})
    with pytest.raises(ZooError, match="must be one of classes, cifar10, shape_classes for dcgan"):
        open_data(config)


def test_missing_folder_error_names_the_setting():
    with pytest.raises(ZooError, match=r'setting "directory".*--config.data.directory=PATH'):
        open_data(pix2pix.get_config("facades"))


@pytest.mark.parametrize("recipe,size,message", [
    (dcgan, 1, "at least 2, because the batch statistics"),
    (bicyclegan, 3, "an even number, because BicycleGAN splits"),
    (drit, 5, "an even number, because DRIT translates"),
])
def test_batch_sizes_that_cannot_be_split(recipe, size, message):
    config = changed(recipe, "shapes", batch_size=size, **{"data.count": 8})
    data = open_data(config)
    with pytest.raises(ZooError, match=message):
        build(config, data)


def write_images(folder, count, size=(64, 32)):
    folder.mkdir(parents=True)
    for index in range(count):
        Image.new("RGB", size, (index, 0, 0)).save(folder / f"{index}.png")


def pairs_of(folder, **settings):
    settings = {f"data.{key}": value for key, value in settings.items()}
    return open_data(changed(
        pix2pix, "shapes", **{"data.name": "pairs", "data.directory": str(folder), **settings}
    ))


def test_without_a_held_out_split_a_fraction_is_held_out(tmp_path):
    write_images(tmp_path / "train", 9)
    data = pairs_of(tmp_path)
    assert data.word == "held-out (10 % by hash)" and len(data) == 6
    assert data.held_out_images(5)["target"].shape == (3, 32, 32, 3)
    data = pairs_of(tmp_path, held_out_fraction=0.0)
    assert data.word == "training" and data.held_out is data.source and len(data) == 9
    assert "samples use training images" in data.notes[0]


def test_another_split_is_used_and_named(tmp_path):
    write_images(tmp_path / "train", 9)
    write_images(tmp_path / "test", 2)
    data = pairs_of(tmp_path, held_out_split="val")
    assert (data.word, len(data), len(data.held_out)) == ("held-out (test)", 9, 2)
    assert 'there is no split "val"' in data.notes[0]


def domains_of(folder):
    return open_data(changed(
        drit, "shapes", **{"data.name": "unpaired", "data.directory": str(folder)}
    ))


def test_a_domain_without_its_test_folder_is_an_error(tmp_path):
    for name in ("trainA", "trainB", "testA"):
        write_images(tmp_path / name, 9, (32, 32))
    with pytest.raises(ZooError, match="test"):
        domains_of(tmp_path)
    (tmp_path / "testA").rename(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").rename(tmp_path.parent / f"{tmp_path.name}_elsewhere")
    data = domains_of(tmp_path)
    assert data.word == "held-out (10 % by hash)" and len(data.source.a) == 6


def test_labels_have_no_held_out_images(tmp_path):
    for name in ("cat", "dog"):
        write_images(tmp_path / name, 9, (32, 32))
    data = open_data(changed(
        dcgan, "shapes", **{"data.name": "classes", "data.directory": str(tmp_path)}
    ))
    assert (len(data), data.word, data.held_out, data.whole) == (18, "training", None, None)


class Echo:
    """Returns each condition, k gray levels brighter in sample k."""

    def generate(self, images, samples_per_condition, seed):
        made = np.repeat(images, samples_per_condition, axis=0)
        steps = np.tile(np.arange(samples_per_condition), len(images)) + seed
        return made + steps[:, None, None, None].astype(np.uint8)


def test_a_row_has_its_source_then_the_samples():
    source = np.full((2, 4, 4, 3), 10, np.uint8)
    conditions = Conditions("", source, references=[source + 90])
    images, canvas = sample_grid(Echo(), conditions, 3, seed=1)
    assert canvas.shape == (2 * 6 + 2, 4 * 6 + 2, 3) and images.shape == (6, 4, 4, 3)
    for row in range(2):
        middle = [canvas[4 + 6 * row, 4 + 6 * column, 0] for column in range(4)]
        assert middle == [100, 11, 12, 13]


def test_the_samples_of_both_directions_are_returned(tmp_path):
    both = [Conditions(name, np.full((1, 4, 4, 3), gray, np.uint8))
            for name, gray in (("a2b", 10), ("b2a", 90))]
    a2b, b2a = ConditionSamples(Echo(), both, 2, seed=0)(tmp_path, 7)
    assert a2b[:, 0, 0, 0].tolist() == [10, 11] and b2a[:, 0, 0, 0].tolist() == [90, 91]
    assert (tmp_path / "step_0000007_a2b.png").exists()


def test_conditions_of_two_domains():
    data = open_data(changed(drit, "shapes", **{"data.count": 8, "data.held_out_count": 3}))
    a2b, b2a = fixed_conditions(None, data, 2)
    assert (a2b.name, b2a.arguments) == ("a2b", {"direction": "b2a"})
    assert a2b.values.shape == (2, 32, 32, 3) and a2b.references[0].dtype == np.uint8
    assert a2b.values.mean() > b2a.values.mean()  # white and black backgrounds


@pytest.mark.parametrize("images,batch,epochs", [(400, 1, 400), (11, 4, 40), (10, 8, 7)])
def test_the_learning_rates_fall_until_the_last_step(images, batch, epochs):
    """Of sets that batches do not divide, too: `epochs` passes never outlast the decay."""
    steps = epochs * images // batch
    config = changed(pix2pix, "facades", **{
        "batch_size": batch, "steps": steps, "decay.epochs": epochs, "decay.constant_epochs": 0,
    })
    arguments = decay_arguments(config, range(images))
    assert arguments == {
        "steps_per_epoch": -(-images // batch), "epochs": epochs, "constant_epochs": 0
    }
    last = (steps - 1) // arguments["steps_per_epoch"]
    assert float(linear_decay(last, epochs, 0)) > 0


def test_a_training_longer_than_its_learning_rates():
    config = changed(pix2pix, "facades_128", steps=12000)  # batches of 2; a decay of 40 epochs
    with pytest.raises(ZooError, match=(
        "decay.epochs=40 epochs, but this training has 12000 steps, 60 epochs: .*"
        "--config.decay.epochs=60 --config.decay.constant_epochs=30, or --config.decay.epochs=0"
    )):
        decay_arguments(config, range(400))
    constant = changed(pix2pix, "facades_128", steps=12000, **{"decay.epochs": 0})
    assert decay_arguments(constant, range(400)) == {}


def test_a_run_that_has_begun_keeps_its_decay(tmp_path):
    config = changed(pix2pix, "shapes", steps=4, batch_size=4, **{
        "data.count": 20, "decay.epochs": 1, "decay.constant_epochs": 0,
    })
    RunFolder(tmp_path / "run", resolve(config, open_data(config)), quiet=True).close()
    config.steps = 40
    with pytest.raises(ZooError, match=(
        "rates are 0 after step 5, and the rest of 40 steps .* Give --config.steps=5 to complete "
        "it, or go on from it in a new folder with --config.init=.*run"
    )):
        train(config, tmp_path / "run")
