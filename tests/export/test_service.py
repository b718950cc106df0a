"""The served function itself, before it is saved."""

import numpy as np
import tensorflow as tf

from export import service


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
