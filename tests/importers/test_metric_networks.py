"""The files of FID's Inception, of LPIPS and of YOLOv3: names, sizes, other networks' files."""

import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.importers import lpips
from zoo.importers.darknet_weights import parse_config
from zoo.importers.fid_inception import inception_targets, load_fid_inception
from zoo.importers.yolo import detector_targets, load_detector
from zoo.metrics.lpips import lpips as distance
from zoo.networks.backbones.darknet import Darknet
from zoo.networks.backbones.fid_inception import FidInception
from zoo.networks.backbones.perceptual_trunk import TRUNKS, PerceptualTrunk
from zoo.networks.build import build_on, symbolic_input

CONFIG = """
[net]
width=64
[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
pad=1
activation=leaky
[convolutional]
filters=21
size=1
stride=1
pad=1
activation=linear
[yolo]
mask=0,1,2
anchors=10,13, 16,30, 33,23
classes=2
"""


def arrays(targets, seed=0):
    """Positive random arrays under official names."""
    rng = np.random.default_rng(seed)
    shapes = {name: t.to_official(t.variable.numpy()).shape for name, t in targets.items()}
    return {name: rng.uniform(0.01, 0.2, s).astype("float32") for name, s in shapes.items()}


def assert_loaded(targets, want):
    for name, target in targets.items():
        np.testing.assert_array_equal(target.to_official(target.variable.numpy()), want[name])


def narrow_inception(classes=1008):
    network = FidInception(classes, 16, name="inception")
    return arrays(inception_targets(build_on(network, symbolic_input(None, 299, 299, 3))))


def test_fid_inception(tmp_path):
    given, path = narrow_inception(), tmp_path / "inception.npz"
    np.savez(path, **given, **{"AuxLogits.fc.weight": np.ones(3)})
    network = load_fid_inception(path)
    assert_loaded(inception_targets(network), given)
    assert not network.trainable_variables
    np.savez(path, **{**given, "fc.weight": given["fc.weight"][:1000]})
    with pytest.raises(ZooError, match="1000 classes.*not FID"):
        load_fid_inception(path)
    np.savez(path, **{"features.0.weight": np.ones([2, 2])})
    with pytest.raises(ZooError, match="no fc.weight"):
        load_fid_inception(path)


@pytest.mark.parametrize("name", ["alex", "squeeze"])
def test_trunks_of_torchvision(tmp_path, name):
    trunk = build_on(PerceptualTrunk(name, name="trunk"), symbolic_input(None, 64, 64, 3))
    given, path = arrays(lpips.torchvision_targets(trunk)), tmp_path / "trunk.npz"
    assert "features.0.weight" in given
    np.savez(path, **given, **{"classifier.1.weight": np.ones([3, 3])})
    loaded = lpips.load_trunk(path)
    assert loaded.trunk == name
    assert_loaded(lpips.torchvision_targets(loaded), given)
    np.savez(path, **arrays(lpips.trunk_targets(trunk)))  # the names of the LPIPS module
    assert lpips.load_trunk(path).trunk == name


def test_other_files_are_no_trunks(tmp_path):
    with pytest.raises(ZooError, match="not a trunk of LPIPS"):
        lpips.trunk_of({"conv1.weight": np.ones([64, 3, 7, 7])})


def test_weights_of_the_channels():
    sizes = [steps[-1].filters for steps in TRUNKS["alex"]]
    heads = {f"lin{k}.model.1.weight": np.full([1, n, 1, 1], k, "f4") for k, n in enumerate(sizes)}
    weights = lpips.channel_weights(heads, "alex")
    assert [w.shape for w in weights] == [(n,) for n in sizes] and weights[4][0] == 4
    with pytest.raises(ZooError, match='must match the trunk "vgg"'):
        lpips.channel_weights(heads, "vgg")
    with pytest.raises(ZooError, match="must not be negative"):
        lpips.channel_weights({**heads, "lin0.model.1.weight": -np.ones([1, 64, 1, 1])}, "alex")


def test_lpips_from_files(tmp_path):
    from zoo.evaluation.lpips import LpipsDistance

    trunk = build_on(PerceptualTrunk("alex", name="trunk"), symbolic_input(None, 64, 64, 3))
    files = tmp_path / "trunk.npz", tmp_path / "heads.npz"
    targets = lpips.torchvision_targets(trunk)
    np.savez(files[0], **{n: t.to_official(t.variable.numpy()) for n, t in targets.items()})
    np.savez(files[1], **{
        f"lin{k}.model.1.weight": np.ones([1, steps[-1].filters, 1, 1])
        for k, steps in enumerate(TRUNKS["alex"])
    })
    measure = LpipsDistance(*files)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 256, (2, 2, 40, 40, 3), np.uint8)
    got = measure(a, b)
    assert measure.name == "alex-0.1" and (got > 0).all()
    np.testing.assert_array_equal(measure(a, a), 0)
    shift, scale = np.array([-0.03, -0.088, -0.188]), np.array([0.458, 0.448, 0.45])
    sides = [
        [np.asarray(layer) for layer in trunk(((x / 127.5 - 1 - shift) / scale).astype("float32"))]
        for x in (a, b)
    ]
    np.testing.assert_allclose(got, distance(*sides), rtol=1e-4)


def test_detector(tmp_path):
    (tmp_path / "tiny.cfg").write_text(CONFIG)
    network = build_on(Darknet(parse_config(CONFIG), name="d"), symbolic_input(None, 64, 64, 3))
    given = arrays(detector_targets(network))
    order = ["module_list.0.batch_norm_0.bias", "module_list.0.batch_norm_0.weight",
             "module_list.0.batch_norm_0.running_mean", "module_list.0.batch_norm_0.running_var",
             "module_list.0.conv_0.weight", "module_list.1.conv_1.bias",
             "module_list.1.conv_1.weight"]
    assert sorted(order) == sorted(given)
    body = np.concatenate([given[name].reshape(-1) for name in order]).astype("<f4").tobytes()
    (tmp_path / "tiny.weights").write_bytes(bytes(20) + body)
    loaded = load_detector(tmp_path / "tiny.weights", tmp_path / "tiny.cfg", 64)
    assert_loaded(detector_targets(loaded), given)
    with pytest.raises(ZooError, match="61949149|61,949,149|weights"):
        load_detector(tmp_path / "tiny.weights", size=32)
    with pytest.raises(ZooError, match="cannot be read"):
        load_detector(tmp_path / "none.weights", tmp_path / "tiny.cfg")
