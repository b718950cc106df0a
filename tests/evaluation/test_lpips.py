"""LPIPS of an evaluation with Keras' VGG16; torchvision's trunks: tests/importers."""

import keras
import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.evaluation.lpips import LpipsDistance
from zoo.metrics.lpips import lpips
from zoo.networks.backbones.perceptual_trunk import TRUNKS

TAPS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
A, B = np.random.default_rng(0).integers(0, 256, (2, 2, 32, 32, 3), np.uint8)


@pytest.fixture
def heads(tmp_path):
    path = tmp_path / "vgg.npz"
    np.savez(path, **{
        f"lin{k}.model.1.weight": np.ones([1, steps[-1].filters, 1, 1])
        for k, steps in enumerate(TRUNKS["vgg"])
    })
    return path


def test_keras_network_has_keras_preprocessing(heads, tmp_path):
    network = keras.applications.VGG16(include_top=False, weights=None, input_shape=(32, 32, 3))
    network.save_weights(tmp_path / "keras.weights.h5")
    measure = LpipsDistance(str(tmp_path / "keras.weights.h5"), heads)
    assert measure.name == "keras-vgg-0.1"
    assert set(measure.record()["files"]) == {"trunk", "heads"}
    taps = keras.Model(network.input, [network.get_layer(name).output for name in TAPS])
    sides = [
        [np.asarray(y) for y in taps(keras.applications.vgg16.preprocess_input(x.astype("f4")))]
        for x in (A, B)
    ]
    got = measure(A, B)
    np.testing.assert_allclose(got, lpips(*sides), rtol=1e-3)
    assert (got > 0).all() and not measure(A, A).any()


def test_failed_download_error_names_the_files(heads, monkeypatch):
    def nothing(**_):
        raise OSError("no route to the host")

    monkeypatch.setattr(keras.applications, "VGG16", nothing)
    with pytest.raises(ZooError, match="VGG16 could not be loaded from keras.*`lpips_trunk`"):
        LpipsDistance("keras", heads)
