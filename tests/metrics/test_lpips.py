import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.metrics.lpips import lpips, lpips_by_layer, lpips_map, trunk_input


def features(seed=0):
    random = np.random.RandomState(seed)
    return [random.rand(2, 4, 3, 5), random.rand(2, 2, 2, 7)]


def test_distance_of_orthogonal_features():
    a, b = np.zeros([1, 2, 2, 3]), np.zeros([1, 2, 2, 3])
    a[..., 0], b[..., 1] = 5, 0.1  # the length does not count
    assert lpips([a], [b]) == pytest.approx([2])
    assert lpips([a], [b], [[0.5, 0.25, 9]]) == pytest.approx([0.75])
    assert lpips([a], [a]) == [0]


def test_layers_add_up_and_the_map_has_their_mean():
    a, b = features(0), features(1)
    layers = lpips_by_layer(a, b)
    assert layers.shape == (2, 2)
    np.testing.assert_allclose(layers.sum(0), lpips(a, b))
    np.testing.assert_allclose(lpips(a, b), lpips(b, a))
    same = lpips_map(a, b, 8, 6)
    assert same.shape == (2, 8, 6)
    np.testing.assert_allclose(same.mean((1, 2)), lpips(a, b), rtol=0.1)


def test_features_of_zeros_are_no_division_by_zero():
    assert lpips([np.zeros([1, 2, 2, 3])], [np.zeros([1, 2, 2, 3])]) == [0]


def test_trunk_input():
    x = np.tile([-0.030, -0.088, -0.188], (1, 2, 2, 1))
    np.testing.assert_allclose(trunk_input(x), np.zeros_like(x), atol=1e-12)
    np.testing.assert_array_equal(trunk_input(x, "0.0"), x)


def test_arguments_are_checked():
    a, b = features(0), features(1)
    for left, right in ((a, b[:1]), ([], []), (a, b[::-1]), ([a[0][0]], [b[0][0]])):
        with pytest.raises(ZooError, match="LPIPS needs features"):
            lpips(left, right)
    for wrong in ([np.ones(5)], [np.ones(5), np.ones([7, 1])]):
        with pytest.raises(ZooError, match="channel_weights"):
            lpips(a, b, wrong)
    with pytest.raises(ZooError, match="version"):
        trunk_input(np.zeros([1, 4, 4, 3]), "0.2")
    with pytest.raises(ZooError, match="shape"):
        trunk_input(np.zeros([4, 4, 3]))
    for images in (np.full([1, 4, 4, 3], 255), np.full([1, 4, 4, 3], np.nan)):
        with pytest.raises(ZooError, match=r"\[-1, 1\]|48 NaN"):
            trunk_input(images)
