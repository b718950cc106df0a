import keras
import numpy as np
import pytest

from zoo.networks.backbones.perceptual_trunk import PerceptualTrunk, Pool
from zoo.networks.build import build_on, symbolic_input


@pytest.mark.parametrize(("size", "expected"), [(5, 2), (6, 3), (7, 3)])
def test_windows_beyond_the_edge(size, expected):
    x = np.arange(size**2, dtype="float32").reshape(1, size, size, 1)
    y = np.asarray(Pool(3, ceil=True)(x))
    assert y.shape == (1, expected, expected, 1)
    assert y[0, -1, -1, 0] == x.max()
    assert Pool(3)(x).shape == (1, (size - 1) // 2, (size - 1) // 2, 1)


def test_config_and_unknown_trunk():
    trunk = build_on(PerceptualTrunk("squeeze", name="trunk"), symbolic_input(None, 64, 64, 3))
    same = PerceptualTrunk.from_config(trunk.get_config())
    assert same.trunk == "squeeze"
    assert list(same.convolutions) == list(trunk.convolutions)
    assert all(isinstance(layer, keras.layers.Layer) for layer in trunk.convolutions.values())
    with pytest.raises(ValueError, match="trunk"):
        PerceptualTrunk("resnet")
