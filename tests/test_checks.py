"""Checks of input numbers: finite, and for weights real floating-point numbers."""

import ml_dtypes
import numpy as np
import pytest

from zoo.checks import check_finite, check_weights
from zoo.errors import ZooError


@pytest.mark.parametrize(
    "array",
    [
        np.zeros([0]), np.float32(1), [1, 2.5], np.array([2**62]), np.array([True]),
        np.ones(3, "float16"), np.ones(3, ml_dtypes.bfloat16), {"a": [1.0], "b": np.int8(1)}, {},
    ],
)
def test_finite_numbers_pass(array):
    check_finite("x", array)


@pytest.mark.parametrize(
    ("array", "found"),
    [
        ([1.0, np.nan, np.nan], "x holds 2 NaN of 3 numbers"),
        (np.float16("inf"), "x holds 1 infinite of 1 number;"),
        (np.array([[-np.inf, np.nan]], "float32"), "x holds 1 NaN and 1 infinite of 2 numbers"),
        (np.full(4, np.nan, ml_dtypes.bfloat16), "x holds 4 NaN of 4 numbers"),
        (np.array([complex(0, np.nan)]), "x holds 1 NaN"),
        ({"good": [1.0], "bad/kernel": [np.inf]}, 'x: "bad/kernel" holds 1 infinite'),
        ([["text"]], "x does not consist of numbers"),
        ([object()], "x does not consist of numbers"),
        ([[1.0], [1.0, 2.0]], "x does not consist of numbers"),
    ],
)
def test_non_finite_numbers_are_named_and_counted(array, found):
    with pytest.raises(ZooError) as caught:
        check_finite("x", array)
    assert found in str(caught.value)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ml_dtypes.bfloat16])
def test_weights_of_floating_point_pass(dtype):
    check_weights("x", {"a": np.zeros([2, 3], dtype), "b": np.zeros([], dtype)})


@pytest.mark.parametrize(
    "dtype", ["int32", "uint8", "bool", "complex64", "complex128", "object", "U3", "S2", "M8[s]"]
)
def test_weights_of_another_type_are_named(dtype):
    with pytest.raises(ZooError, match=r'x: "a" has type .*, but weights must be real floating'):
        check_weights("x", {"b": np.zeros(2, "float32"), "a": np.zeros(2, dtype)})


def test_weights_must_be_finite_too():
    with pytest.raises(ZooError, match=r'the file: "a" holds 1 NaN of 2 numbers'):
        check_weights("the file", {"a": np.array([0, np.nan], "float16")})
