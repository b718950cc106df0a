"""An encoder of cells: shapes, learning, presets; encoders of images have no trace of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.support import tiny
from zoo.errors import ZooError
from zoo.models.feature_encoder import FeatureEncoder

CELLS = {"names": ["dark", "light"], "colors": [[0, 0, 0], [255, 255, 255]]}


def reader(size=32, kind="compact", **changes):
    keras.utils.set_random_seed(0)
    return FeatureEncoder([], "zoo-cells-encoder", size, 8, 4, kind, cells=CELLS, **changes)


@pytest.mark.parametrize("kind, grid", [("compact", 8), ("residual", 16)])
@pytest.mark.parametrize("size", [32, 64])
def test_outputs(kind, grid, size):
    model = reader(size, kind)
    outputs = model(np.zeros([3, size, size, 3], np.float32))
    assert model.grid == grid and set(outputs) == {"features", "cell_logits", "share_logits"}
    assert outputs["cell_logits"].shape == (3, grid, grid, 2)
    assert outputs["features"].shape == (3, 8) and outputs["share_logits"].shape == (3, 2)
    code = model.image_encoder(np.zeros([3, size, size, 3], np.float32))["code"]
    np.testing.assert_allclose(outputs["features"], code, atol=1e-6)


def batches(seed, count):
    random = np.random.default_rng(seed)
    for _ in range(count):
        cells = (random.uniform(size=[8, 8, 8]) < random.uniform(size=[8, 1, 1])).astype(int)
        images = (2.0 * cells - 1).repeat(4, 1).repeat(4, 2)[..., None].repeat(3, -1)
        yield {"images": tf.constant(images, tf.float32), "cells": tf.constant(cells)}


def test_it_learns_cells_and_shares():
    model = reader()
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    losses = tiny.steps(model, batches(0, 60))
    assert model.loss_names == ("loss", "accuracy", "share_loss")
    assert set(losses) == set(model.loss_names) and losses["accuracy"] > 0.8
    (batch,) = batches(1, 1)
    outputs = model(batch["images"], training=True)
    named = np.argmax(outputs["cell_logits"], -1)
    assert (named == batch["cells"].numpy()).mean() > 0.9
    shares = np.asarray(keras.ops.softmax(outputs["share_logits"]))[:, 1]
    assert np.corrcoef(shares, batch["cells"].numpy().mean((1, 2)))[0, 1] > 0.8


def whole_images():
    keras.utils.set_random_seed(0)
    return FeatureEncoder(["a", "b"], "zoo-tiny-encoder", 32, 4, 2)


@pytest.mark.parametrize("field", ["cells", "labels"])
def test_classes_of_every_integer_type(field):
    (batch,), losses = batches(0, 1), []
    numbers = batch["cells"] if field == "cells" else batch["cells"][:, 0, 0]
    for dtype in ("int64", "uint8", "uint16"):
        model = reader() if field == "cells" else whole_images()
        model.compile(optimizer=tiny.adam())
        example = {"images": batch["images"], field: tf.cast(numbers, dtype)}
        losses.append(tiny.steps(model, [example]))
    assert losses[0] == losses[1] == losses[2]


def test_the_preset_gives_the_same_outputs(tmp_path):
    model, images = reader(), np.random.default_rng(0).uniform(-1, 1, [2, 32, 32, 3]).astype("f4")
    model.save_to_preset(tmp_path / "reader")
    loaded = zoo.from_preset(tmp_path / "reader")
    assert loaded.cells == CELLS and loaded.class_names == []
    for name, value in model(images).items():
        np.testing.assert_allclose(loaded(images)[name], value, atol=1e-6)


def test_an_encoder_of_images_is_stored_as_before():
    model = FeatureEncoder(["a", "b"], "zoo-tiny-encoder", 16, 4, 2)
    assert "cells" not in model.get_config() and "cells" in reader().get_config()
    assert set(model.networks) == {"image_encoder", "head"}
    model.compile(optimizer=tiny.adam())
    assert model.loss_names == ("loss", "accuracy")


@pytest.mark.parametrize("changes, message", [
    ({"cells": {"names": ["a"], "colors": [[0, 0, 0]]}}, "two or more classes"),
    ({"cells": {**CELLS, "grid": 4}}, "`names` of two or more classes and as many `colors`"),
    ({"cells": {**CELLS, "colors": [[0, 0, 0]]}}, "got 2 and 1"),
    ({"class_names": ["a"]}, "has no `class_names` and no `word_names`"),
    ({"word_names": ["a"]}, "has no `class_names` and no `word_names`"),
    ({"cells": ["a", "b"]}, "a dict of its own arguments"),
])
def test_invalid_arguments(changes, message):
    settings = {"class_names": [], "cells": CELLS, **changes}
    with pytest.raises(ZooError, match=message):
        FeatureEncoder(encoder_name="zoo-cells-encoder", image_size=16, **settings)
