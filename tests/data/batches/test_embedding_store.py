import numpy as np
import pytest
import tensorflow as tf

from zoo.data.batches.embedding_store import EmbeddingStore, as_embeddings
from zoo.errors import ZooError

ROWS = np.arange(24, dtype=np.float32).reshape(3, 2, 4)


class Source:
    def __init__(self, embeddings, count=3):
        self.embeddings, self.count = embeddings, count

    def __len__(self):
        return self.count


def _fields(store, index, uniform):
    uniform = None if uniform is None else tf.constant(uniform, tf.float32)
    return store.fields(tf.constant(index, tf.int64), uniform, None)["sentence"].numpy()


def test_equal_counts_become_one_array():
    for values in (ROWS, list(ROWS), ROWS.tolist(), ROWS.astype(np.float16), tuple(ROWS)):
        got = as_embeddings(values, 3, "file")
        assert isinstance(got, np.ndarray) and got.dtype == np.float32
        np.testing.assert_array_equal(got, ROWS)
    np.testing.assert_array_equal(as_embeddings(ROWS[:, 0], 3, "file"), ROWS[:, :1])


def test_unequal_counts_stay_a_list():
    got = as_embeddings([ROWS[0], ROWS[1, :1], ROWS[2, 0]], 3, "file")
    assert [row.shape for row in got] == [(2, 4), (1, 4), (1, 4)]
    assert all(row.dtype == np.float32 for row in got)


def test_objects_in_an_array_are_taken_apart():
    values = np.empty(2, object)
    values[:] = [ROWS[0], ROWS[1, :1]]
    assert [row.shape for row in as_embeddings(values, 2, "file")] == [(2, 4), (1, 4)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("text", "expected a list or an array .* of 3 images, got a str"),
        (None, "got a NoneType"),
        (np.float32(1.0), "got a float32"),
        (np.array(1.0), "got a ndarray"),
        ([], "embeddings of 0 images for 3"),
        (ROWS[:2], "embeddings of 2 images for 3"),
        (ROWS.astype(int), "row 0: expected floating-point numbers .* got int64 \\(2, 4\\)"),
        (ROWS[None].repeat(3, 0), "row 0: expected .* got float32 \\(3, 2, 4\\)"),
        ([1.0, 2.0, 3.0], "row 0: expected .* got float64 \\(\\)"),
        ([ROWS[0], ROWS[1], ROWS[2, :0]], "row 2: expected .* got float32 \\(0, 4\\)"),
        ([ROWS[0], [[1.0], [1.0, 2.0]], ROWS[2]], "row 1: expected floating-point numbers"),
        ([ROWS[0], ["a", "b"], ROWS[2]], "row 1: expected floating-point numbers"),
        ([ROWS[0], ROWS[1, :, :3], ROWS[2]], "row 1: 3 features, but row 0 has 4"),
        (np.where(ROWS == 20, np.nan, ROWS), "row 2: it has a value that is not finite"),
        (np.where(ROWS == 20, 1e300, ROWS.astype(float)), "row 2: it has a value that is not"),
    ],
)
def test_bad_values(values, message):
    with pytest.raises(ZooError, match=f"^some/file.*{message}"):
        as_embeddings(values, 3, "some/file")


@pytest.mark.parametrize("form", ["array", "list"])
def test_every_embedding_of_a_image_is_drawn_and_no_other(form):
    rows = ROWS if form == "array" else [ROWS[0], ROWS[1, :1], ROWS[2]]
    store = EmbeddingStore.make(Source(rows))
    np.testing.assert_array_equal(_fields(store, [2, 0, 1], None), [r[0] for r in ROWS[[2, 0, 1]]])
    np.testing.assert_array_equal(_fields(store, [2, 2], [0.49, 0.5]), ROWS[2])
    np.testing.assert_array_equal(_fields(store, [0, 1], [0.0, 0.0]), ROWS[:2, 0])
    last = _fields(store, [0, 1, 2], [0.9999999] * 3)
    np.testing.assert_array_equal(last, [row[-1] for row in rows])


def test_embeddings_of_another_number_of_images():
    with pytest.raises(ZooError, match="The source's embeddings: expected one row per image"):
        EmbeddingStore.make(Source(ROWS, count=4))
