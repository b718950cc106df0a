import numpy as np
import pytest

from zoo.metrics.bilinear import resize, weights


def test_weights():
    np.testing.assert_allclose(weights(2, 4), [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])
    np.testing.assert_allclose(weights(4, 2), [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
    expected = np.array([[3, 3, 1, 0], [0, 1, 3, 3]]) / 7
    np.testing.assert_allclose(weights(4, 2, antialias=True), expected)
    np.testing.assert_allclose(resize(np.ones([5, 7, 2]), 3, 9, antialias=True), 1)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("size", [(3, 11), (11, 3), (5, 7), (1, 1)])
def test_resizing_is_the_product_with_the_weights(size, antialias):
    images = np.random.RandomState(0).randint(0, 256, (2, 5, 7, 3), np.uint8)
    rows, columns = weights(5, size[0], antialias), weights(7, size[1], antialias)
    expected = np.einsum("Hh,Ww,nhwc->nHWc", rows, columns, images)
    got = resize(images, *size, antialias)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, expected, atol=1e-11)
