"""Tensors in JSON and as protocol buffers, against TensorFlow's own messages."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from export import protos, tensors
from zoo.errors import ZooError

ARRAYS = [
    np.arange(6, dtype=np.int64).reshape(2, 3), np.array([], np.int64), np.float32([1.5, -2]),
    np.array([b"a", b"\xff\x00"], object), np.zeros([1, 2, 2, 3], np.uint8), np.int32([[7]]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_messages_are_those_of_tensorflow(array):
    ours = tensors.to_proto(array, protos.Tensor()).SerializeToString()
    read = tf.make_ndarray(tensor_pb2.TensorProto.FromString(ours))
    np.testing.assert_array_equal(read, array)
    assert read.shape == array.shape and read.dtype == array.dtype
    dtype = tf.string if array.dtype == object else array.dtype
    theirs = tf.make_tensor_proto(array, dtype).SerializeToString()
    back = tensors.from_proto(protos.Tensor.FromString(theirs), "x")
    np.testing.assert_array_equal(back, array)
    assert back.shape == array.shape and back.dtype == array.dtype


def test_a_last_value_stands_for_the_rest():
    message = tensor_pb2.TensorProto(dtype=9, int64_val=[4])
    message.tensor_shape.dim.add(size=3)
    message = protos.Tensor.FromString(message.SerializeToString())
    assert tensors.from_proto(message, "x").tolist() == [4, 4, 4]


@pytest.mark.parametrize(("change", "words"), [
    ({"dtype": 99}, "x has the type 99"),
    ({"tensor_content": b"abc"}, "do not fill its shape"),
    ({"tensor_content": b"\0" * 32}, "do not fill its shape"),
    ({"tensor_content": b"", "dtype": 4, "int_val": [1, 2, 300]}, "in the range of uint8, got 300"),
])
def test_messages_that_are_refused(change, words):
    message = tensors.to_proto(np.arange(3), protos.Tensor())
    for name, value in change.items():
        if name == "int_val":
            message.int_val.extend(value)
        else:
            setattr(message, name, value)
    with pytest.raises(ZooError, match=words):
        tensors.from_proto(message, "x")
    message = protos.Tensor(dtype=9)
    for size in (2**40, 2**40):
        message.tensor_shape.dim.add(size=size)
    with pytest.raises(ZooError, match="a known shape"):
        tensors.from_proto(message, "x")


@pytest.mark.parametrize("array", ARRAYS[:5], ids=lambda array: f"{array.dtype}{array.shape}")
def test_json_round_trip(array):
    back = tensors.from_json(tensors.to_json(array), "x", array.dtype, array.ndim)
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype


@pytest.mark.parametrize(("value", "dtype", "words"), [
    ([[1], [1, 2]], np.int64, "rows of equal lengths"),
    ([1, [2]], np.int64, "rows of equal lengths"),
    ([1.5], np.int64, "numbers of the type int64, got 1.5"),
    ([True], np.int64, "got True"),
    ([None], np.float32, "got None"),
    ([2**63], np.int64, "in the range of int64"),
    ([256], np.uint8, "in the range of uint8, got 256"),
    ([1e300], np.float32, "finite numbers in the range of float32"),
    ([10**400], np.float32, "finite numbers in the range of float32"),
    ([1], object, "must hold strings"),
    ([{"b64": "#"}], object, "not base64"),
    (["\ud800"], object, "surrogate"),
])
def test_json_that_is_refused(value, dtype, words):
    with pytest.raises(ZooError, match=words):
        tensors.from_json(value, "x", np.dtype(dtype), 1)
