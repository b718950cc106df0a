"""Golden parity of SOA's detector: Darknet files, and the complete YOLOv3."""

import numpy as np

from tests.golden import procedural
from tests.golden.golden import Case, description, nhwc, tensor
from zoo.importers.darknet_weights import parse_config, state_dict_of_weights
from zoo.importers.state_dict import load_state_dict
from zoo.importers.yolo import detector_targets
from zoo.networks.backbones.darknet import Darknet, yolo_v3
from zoo.networks.build import build_on, symbolic_input


def detector(layers, size):
    """A built detector and its official names."""
    network = build_on(Darknet(layers, name="detector"), symbolic_input(None, size, size, 3))
    return network, detector_targets(network)


def test_files(precision):
    case = Case("metrics", "soa_yolo_tiny")
    network, targets = detector(parse_config(case.meta["cfg"]), case.meta["resolution"])
    data = case.inputs["weights_file"].tobytes()
    load_state_dict(targets, state_dict_of_weights(network, data))
    case.check("prediction", network(tensor(nhwc(case.inputs["images"]))))
    case.check_all_seen()


def test_whole_detector():
    case = Case("metrics", "soa_yolo_full_procedural")
    network, targets = detector(yolo_v3(), case.meta["resolution"])
    assert sum(
        int(np.prod(t.variable.shape)) for n, t in targets.items() if "running" not in n
    ) == (61_949_149)
    procedural.load(targets, case.meta["conv_gain"])
    images = tensor(case.inputs["images_u8"] / 255)
    outputs, got = network.outputs_of_layers(images), np.asarray(network(images))
    means = [
        np.abs(np.asarray(x)).mean() if layer["type"] in ("convolutional", "upsample") else -1
        for x, layer in zip(outputs, network.description, strict=True)
    ]
    case.check("module_mean_abs", means)
    case.check("prediction", got[:, :: case.meta["stride"]])
    case.check("prediction_mean", got.mean(1))
    case.check("prediction_shape", got.shape)
    case.check_all_seen()


def test_layers_of_yolo_v3():
    official = description("metrics", "yolov3_layers")["layers"]
    ours = yolo_v3()
    assert [layer["type"] for layer in ours] == [layer["type"] for layer in official]
    for layer, want in zip(ours, official, strict=True):
        if layer["type"] == "convolutional":
            keys = ("filters", "size", "stride", "pad", "normalized")
            assert [layer[key] for key in keys] == [
                want[key] for key in ("cout", "k", "s", "p", "bn")
            ]
        elif layer["type"] == "yolo":
            assert layer["anchors"] == want["anchors"]
        elif layer["type"] != "upsample":
            assert layer["from"] == want["from"]
