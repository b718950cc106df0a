import numpy as np
import pytest

from zoo.errors import ZooError
from zoo.importers.darknet_weights import parse_config, state_dict_of_weights
from zoo.networks.backbones.darknet import Darknet, predictions, yolo_v3
from zoo.networks.build import build_on, symbolic_input

CONFIG = """
[net]
width=32
[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
pad=1
activation=leaky
# a comment
[convolutional]
filters=7
size=1
stride=1
pad=1
activation=linear
[yolo]
mask=1
anchors=1,2, 3,4
classes=2
"""


def test_configuration():
    first, second, last = parse_config(CONFIG)
    assert first == {
        "type": "convolutional",
        "filters": 4,
        "size": 3,
        "stride": 2,
        "pad": 1,
        "normalized": True,
    }
    assert (second["pad"], second["normalized"]) == (0, False)
    assert last == {"type": "yolo", "anchors": [[3, 4]], "classes": 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[yolo]", "[region]"), "is not supported"),
        (("leaky", "mish"), "is not supported"),
        (("filters=7", "filters=many"), "is invalid"),
        (("mask=1", "mask=5"), "is invalid"),
        (("filters=4", "filters 4"), "sections"),
        ((CONFIG, "[net]"), "got none"),
    ],
)
def test_other_configurations_are_refused(change, message):
    with pytest.raises(ZooError, match=message):
        parse_config(CONFIG.replace(*change))


def test_weights_fill_the_network_in_order():
    network = Darknet(parse_config(CONFIG), name="detector")
    build_on(network, symbolic_input(None, 32, 32, 3))
    count = 4 * 4 + 4 * 3 * 9 + 7 + 7 * 4
    data = np.zeros(5, "<i4").tobytes() + np.arange(count, dtype="<f4").tobytes()
    arrays = state_dict_of_weights(network, data)
    norm = [
        arrays[f"module_list.0.batch_norm_0.{name}"]
        for name in ("bias", "weight", "running_mean", "running_var")
    ]
    np.testing.assert_array_equal(np.concatenate(norm), np.arange(16))
    assert arrays["module_list.1.conv_1.weight"].shape == (7, 4, 1, 1)
    assert arrays["module_list.1.conv_1.bias"][0] == 16 + 108
    with pytest.raises(ZooError, match="weights"):
        state_dict_of_weights(network, data[:-4])


def test_boxes_of_one_scale():
    x = np.zeros([1, 2, 3, 2 * 6], "float32")
    x[0, 1, 2, 6:] = [0, 0, np.log(2), 0, 100, -100]  # the last cell's second anchor
    got = np.asarray(predictions(x, [[3, 4], [5, 6]], (16, 24)))
    assert got.shape == (1, 12, 6)
    np.testing.assert_allclose(got[0, -1], [20, 12, 10, 6, 1, 0], atol=1e-5)
    np.testing.assert_allclose(got[0, 0], [4, 4, 3, 4, 0.5, 0.5])


def test_config_of_the_layer():
    network = Darknet(parse_config(CONFIG), name="detector")
    assert Darknet.from_config(network.get_config()).description == network.description
    assert yolo_v3(classes=2)[-2]["filters"] == 21
