import numpy as np
import pytest
import tensorflow as tf

from zoo.errors import ZooError
from zoo.seeds import HIGHEST, LOWEST, read_seeds


@pytest.mark.parametrize(
    ("seed", "count", "expected"),
    [
        (3, 2, [3, 3]),
        ([3, -4], 2, [3, -4]),
        (np.int32(-1), 1, [-1]),
        (np.uint64(7), 1, [7]),
        (np.array([1, 2], np.uint8), 2, [1, 2]),
        (tf.constant([5, 6]), 2, [5, 6]),
        (LOWEST, 1, [LOWEST]),
        (HIGHEST, 1, [HIGHEST]),
        ((1,), 1, [1]),
    ],
)
def test_seeds(seed, count, expected):
    seeds = read_seeds(seed, count)
    assert seeds.dtype == np.int64
    np.testing.assert_array_equal(seeds, np.array(expected, np.int64))


@pytest.mark.parametrize(
    "seed",
    ["x", "3", 1.5, 1.0, np.float32(2), float("nan"), float("inf"), True, np.True_, None, [1],
     [1, 2, 3], [1, True], [1, "2"], [[1, 2]], {1: 2}, b"1", 1j, [10**400, 0.5]],
)
def test_invalid_seeds(seed):
    with pytest.raises(ZooError, match="^noise_seed must be an integer, or a list") as error:
        read_seeds(seed, 2, name="noise_seed")
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    "seed",
    [10**20, -(10**20), 10**400, [1, HIGHEST + 1], np.uint64(2**64 - 1),
     pytest.param(10**5000, id="too long to be written")],
)
def test_seeds_out_of_range_say_the_range(seed):
    with pytest.raises(ZooError, match=f"from {LOWEST} to {HIGHEST}, got ") as error:
        read_seeds(seed, 2)
    assert len(str(error.value)) < 200


def test_the_seeds_after_it_must_be_in_range_too():
    read_seeds(HIGHEST - 3, 1, span=4)
    with pytest.raises(ZooError, match="because the 3 after it are used too"):
        read_seeds(HIGHEST - 2, 1, span=4)
