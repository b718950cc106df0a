import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.class_probabilities import class_logits, class_probabilities, full_batches


def test_logits_with_and_without_the_bias():
    x, w, b = [[1.0, 2.0]], [[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]], [10.0, 20.0, 30.0]
    np.testing.assert_array_equal(class_logits(x, w), [[1, 2, 4]])
    np.testing.assert_array_equal(class_logits(x, w, b), [[11, 22, 34]])


def test_softmax_of_large_logits_and_without_background():
    logits = [[1000.0, 0.0, np.log(3)]]
    np.testing.assert_allclose(class_probabilities(logits), [[1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(class_probabilities(logits, background=True), [[0.25, 0.75]])


def test_full_batches():
    assert full_batches(list(range(130))) == list(range(128))
    assert full_batches([1, 2, 3], batch_size=3) == [1, 2, 3]


def test_arguments_are_checked():
    for kernel, bias in (([[1.0]], None), ([[1.0], [2.0]], [1.0, 2.0])):
        with pytest.raises(ZooError, match="class_logits needs"):
            class_logits([[1.0, 2.0]], kernel, bias)
    for logits, background in (([1.0], False), ([[1.0]], True), (np.ones([2, 0]), False)):
        with pytest.raises(ZooError, match="shape"):
            class_probabilities(logits, background)
    with pytest.raises(ZooError, match="finite"):
        class_probabilities([[np.inf, 0]])
    for size in (0, True, 2.0):
        with pytest.raises(ZooError, match="batch_size"):
            full_batches([1], size)
    with pytest.raises(ZooError, match="A batch needs"):
        full_batches([1], 2)
