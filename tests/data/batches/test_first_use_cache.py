import numpy as np
import tensorflow as tf

from zoo.data.batches.first_use_cache import FirstUseCache

ROWS, SHAPES = 12, [(2, 3), (4,)]


def make_cache():
    """A cache, and the list of all indices that it computed."""
    computed = []

    def compute(index):
        seen = tf.py_function(lambda i: computed.extend(i.numpy()), [index], [])
        with tf.control_dependencies([seen]):
            base = tf.cast(index, tf.uint8)
        return tuple(
            tf.tile(tf.reshape(base + 10 * n, [-1] + [1] * len(shape)), [1, *shape])
            for n, shape in enumerate(SHAPES)
        )

    return FirstUseCache(compute, ROWS, SHAPES), computed


def test_each_row_is_computed_at_its_first_use_and_then_kept():
    cache, computed = make_cache()
    assert computed == []
    call = tf.function(cache, autograph=False)
    for index, expected in (([3, 5], [3, 5]), ([5, 3], []), ([5, 5, 5], []), ([0], [0])):
        rows = call(tf.constant(index, tf.int64))
        for n, (part, shape) in enumerate(zip(rows, SHAPES, strict=True)):
            assert part.dtype == tf.uint8
            np.testing.assert_array_equal(
                part, np.broadcast_to(
                    np.reshape(index, [-1] + [1] * len(shape)) + 10 * n, [len(index), *shape]
                )
            )
        assert computed == expected
        computed.clear()


def test_parallel_batches_of_several_epochs_are_equal():
    cache, computed = make_cache()
    data = tf.data.Dataset.range(ROWS).shuffle(ROWS, seed=1).repeat(4).batch(3, True)
    data = data.map(lambda index: (index, cache(index)), num_parallel_calls=4)
    for index, (first, second) in data.as_numpy_iterator():
        np.testing.assert_array_equal(first[:, 0, 0], index)
        np.testing.assert_array_equal(second[:, 0], index + 10)
    assert set(computed) == set(range(ROWS)) and len(computed) < 3 * ROWS
