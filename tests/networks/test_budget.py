"""Layers and weights inside a limit are counted before they take memory, and start as zeros."""

import threading

import keras
import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.networks.budget import limited
from zoo.networks.build import build_on, symbolic_input


def dense(units, inputs=4, **settings):
    return build_on(keras.layers.Dense(units, **settings), symbolic_input(None, inputs))


def test_a_layer_with_too_many_numbers_is_not_made():
    with pytest.raises(ZooError, match="The file is refused: .* 100 numbers in 2 arrays"):
        with limited("The file", 100, 2):
            dense(10**9)
    with pytest.raises(ZooError, match="larger model"), limited("The file", 100, 2):
        for _ in range(400):
            dense(1000)  # no single one is too large
    with pytest.raises(ZooError, match="larger model"), limited("The file", 10**6, 2):
        keras.layers.Embedding(10**12, 1).build()


def test_too_many_layers_are_not_made():
    with pytest.raises(ZooError, match="larger model"), limited("The file", 10**9, 3):
        [keras.layers.ReLU() for _ in range(10**6)]


def test_keras_does_not_swallow_the_refusal(recwarn):
    class Caught(keras.layers.Layer):
        def call(self, inputs):
            return self.inner(inputs)

    with pytest.raises(ZooError) as caught, limited("The file", 1, 1):
        layer = Caught()
        layer.inner = keras.layers.Dense(10**9)
        build_on(layer, symbolic_input(None, 4))
    assert len(str(caught.value)) < 200 and not recwarn.list


def test_values_start_as_zeros_and_those_that_no_file_fills_get_their_own():
    with limited("The file", 100, 2) as budget:
        layer = dense(3, bias_initializer="ones", kernel_initializer=keras.initializers.Constant(7))
    assert not np.any(layer.kernel) and not np.any(layer.bias)
    layer.bias.assign([1, 2, 3])
    budget.initialize([layer.bias])
    assert np.all(np.array(layer.kernel) == 7) and np.array(layer.bias).tolist() == [1, 2, 3]
    with limited("The file", 100, 2, blank=False):
        assert np.all(np.array(dense(3, bias_initializer="ones").bias) == 1)


def test_nothing_is_left_of_it():
    init, add = keras.layers.Layer.__init__, keras.layers.Layer.add_weight
    with limited("The file", 100, 2):
        with pytest.raises(ZooError), limited("Another", 1, 1):
            dense(10**9)
        assert keras.layers.Layer.__init__ is not init
    assert keras.layers.Layer.__init__ is init and keras.layers.Layer.add_weight is add
    assert np.any(dense(3).kernel)


def test_other_threads_are_not_limited():
    made = []
    with limited("The file", 1, 1):
        thread = threading.Thread(target=lambda: made.append(dense(2000, 2000)))
        thread.start()
        thread.join()
    assert np.any(made[0].kernel)
