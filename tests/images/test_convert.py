"""Bytes to floats and back."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.images.convert import to_float, to_float_in_pipeline, to_uint8

BYTES = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize("convert", [
    to_float, lambda x: to_float(tf.constant(x)), lambda x: to_float_in_pipeline(tf.constant(x)),
])
def test_bytes_survive_the_way_there_and_back(convert):
    floats = np.asarray(convert(BYTES))
    assert floats.dtype == np.float32 and floats[0] == -1 and floats[-1] == 1
    np.testing.assert_array_equal(to_uint8(floats), BYTES)
    np.testing.assert_array_equal(to_uint8(tf.constant(floats)), BYTES)


def test_a_graph_gives_the_floats_of_numpy():
    graph = tf.function(to_float, autograph=False)
    np.testing.assert_array_equal(graph(tf.constant(BYTES)), to_float(BYTES))


def test_floats_stay():
    floats = np.float32([0.25, -3])
    assert to_float(floats) is floats


@pytest.mark.parametrize("kind", [np.float32, tf.constant])
def test_what_lies_between_bytes_is_rounded_and_what_lies_beyond_is_clipped(kind):
    floats = np.float32([-1, -0.995, -0.993, 0, 0.999, 1, -1.4, 2])  # 0: 127.5
    np.testing.assert_array_equal(to_uint8(kind(floats)), [0, 1, 1, 128, 255, 255, 0, 255])
