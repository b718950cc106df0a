"""The served function itself, before it is saved."""

import numpy as np
import pytest
import tensorflow as tf

from export import service
from export.saved_model import export_saved_model
from tests import tiny


def test_it_holds_raw_variables_only(model, tmp_path):
    path = str(tmp_path / "vocabulary.txt")
    model.vocabulary.save(path)
    served = service.Service(model, path)
    assert len({id(v) for v in served.weights}) == len(served.weights) == len(served.variables)
    assert all(isinstance(v, tf.Variable) for v in served.variables)
    needed = {id(v.value) for v in model.preset_variables().values()}
    assert {id(v) for v in served.weights} == needed
    outputs = served.serve(tf.constant(["a red circle"]), tf.constant([3], tf.int64))
    np.testing.assert_array_equal(outputs["image"], model.generate("a red circle", seed=3))


def test_example_requests_are_known_words_and_fit(model):
    requests = service.example_requests(model, sizes=(1, 3))
    assert [len(request["captions"]) for request in requests] == [1, 3]
    assert requests[1]["seed"].dtype == np.int64
    words = requests[0]["captions"][0].decode().split()
    assert words and all(word in model.vocabulary for word in words)
    assert len(words) <= model.max_words


@pytest.mark.parametrize("kind", ["embeddings", "none"])
def test_models_that_read_no_captions(kind, tmp_path):
    """The signature takes embeddings and seeds, or seeds alone, and gives the same pictures."""
    model = tiny.stackgan_v2(kind, compiled=False)
    path = export_saved_model(model, tmp_path / "served")
    (request,) = service.example_requests(model, sizes=(3,))
    rows = np.random.default_rng(0).normal(size=[3, tiny.TEXT["features"]]).astype("float32")
    if kind == "embeddings":
        assert request.pop("embeddings").shape == rows.shape
        request["embeddings"] = rows
        expected = model.generate(rows, seed=[0, 1, 2])
    else:
        expected = model.generate(images_per_caption=3, seed=0)
    assert set(request) == ({"seed", "embeddings"} if kind == "embeddings" else {"seed"})
    served = tf.saved_model.load(path).signatures["serving_default"]
    outputs = served(**{name: tf.constant(value) for name, value in request.items()})
    assert np.abs(outputs["image"].numpy().astype(int) - expected).max() <= 1
    assert len({image.tobytes() for image in expected}) == 3
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least one row"):
        served(**{name: tf.constant(value[:0]) for name, value in request.items()})
