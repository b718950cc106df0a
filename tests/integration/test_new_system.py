"""A system added as in CONTRIBUTING.md works with all programs, none of which mention it.

Its files are its own folder of `zoo.models`, its own recipe, and one line of the registry.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import zoo
import zoo.models
from export.saved_model import export_saved_model
from tests.support.graphs import eagerly
from tests.support.runs import assert_same_files
from zoo.errors import ZooError

FILES = Path(__file__).resolve().parents[1] / "support" / "new_system"
STRATEGY = tf.distribute.get_strategy()


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """The folder with the recipe, in a zoo that has the system."""
    folder = tmp_path_factory.mktemp("added")
    shutil.copytree(FILES / "spot_gan", folder / "models" / "spot_gan")
    (folder / "recipes").mkdir()
    shutil.copy(FILES / "recipe.py", folder / "recipes" / "spot_gan.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo.models, "__path__", [*zoo.models.__path__, str(folder / "models")])
        patch.setitem(zoo.models.SYSTEMS, "SpotGAN", "zoo.models.spot_gan")
        yield folder
    zoo.models.__dict__.pop("SpotGAN", None)
    for name in [name for name in sys.modules if name.startswith("zoo.models.spot_gan")]:
        del sys.modules[name]


def recipe_of(folder, **changes):
    recipe = zoo.training.load_recipe(str(folder / "recipes" / "spot_gan.py:shapes"))
    recipe.config.update(changes)
    return recipe


@pytest.fixture(scope="module")
def trained(added):
    """The folder of an uninterrupted run of two steps."""
    with eagerly():
        assert zoo.training.run(recipe_of(added), str(added / "whole"), strategy=STRATEGY)
    return added / "whole"


def test_it_is_described(added):
    text = zoo.training.describe(recipe_of(added), strategy=STRATEGY)
    assert '"system": "spot_gan"' in text and "parameters: generator " in text
    assert "batch images: float32 (4, 8, 8, 3)" in text
    assert "SpotGAN" in dir(zoo.models)


def test_it_trains_and_resumes(added, trained, eager):
    assert "done: 2 steps" in (trained / "log.txt").read_text()
    assert {path.name for path in (trained / "samples").iterdir()} == {
        "step_0000000.png", "step_0000001.png", "step_0000002.png"
    }
    for steps in (1, 2):
        assert zoo.training.run(
            recipe_of(added, steps=steps), str(added / "parts"), strategy=STRATEGY
        )
    assert "resumed at step 1" in (added / "parts" / "log.txt").read_text()
    assert_same_files(trained, added / "parts", "checkpoints/last.h5",
                      "presets/last/model.weights.h5")
    with pytest.raises(ZooError, match="Different: model.latent_dim"):
        recipe = recipe_of(added)
        recipe.config.model.latent_dim = 5
        zoo.training.run(recipe, str(added / "parts"), strategy=STRATEGY)


def test_its_preset_is_loaded_and_served(trained, tmp_path):
    model = zoo.from_preset(str(trained / "presets" / "last"))
    assert type(model) is zoo.models.SpotGAN
    metadata = zoo.presets.read_metadata(str(trained / "presets" / "last"))
    assert metadata["source"] == {"recipe": "recipes/spot_gan.py:shapes"}
    labels = [model.class_names[1], model.class_names[0]]
    images = model.generate(labels, seed=[4, 5])
    assert images.shape == (2, 8, 8, 3) and images.dtype == np.uint8
    assert not np.array_equal(images[0], images[1])
    served = tf.saved_model.load(export_saved_model(model, str(tmp_path / "served")))
    answer = served.signatures["pixels"](
        labels=tf.constant([1, 0], tf.int64), seed=tf.constant([4, 5], tf.int64)
    )["image"]
    assert np.abs(answer.numpy().astype(int) - images).max() <= 1


def test_a_config_with_its_own_build(added, tmp_path):
    """As in a notebook, where no file holds the recipe; the only run here whose step is traced."""
    recipe = recipe_of(added, steps=1)
    whole = zoo.training.Recipe(recipe.config, recipe.build, open_data=recipe.open_data)
    assert zoo.training.run(whole, str(tmp_path / "run"), strategy=STRATEGY)
    with pytest.raises(ZooError, match="a config with build=FUNCTION"):
        zoo.training.run(recipe.config, str(tmp_path / "other"))
