"""Loads YOLOv3 from Darknet's own weight file, or by the names of its PyTorch code.

SOA's authors use `yolov3.weights` of pjreddie.com (61,949,149 numbers after a header of five),
which `zoo.importers.darknet_weights` reads.
"""

import os
import warnings

from zoo.errors import ZooError, reason
from zoo.importers.archives import check_file
from zoo.importers.darknet_weights import parse_config, state_dict_of_weights
from zoo.importers.state_dict import batch_norm, conv, load_state_dict
from zoo.networks.backbones.darknet import Darknet, yolo_v3
from zoo.networks.budget import limited
from zoo.networks.build import build_on, symbolic_input


def detector_targets(network):
    """Official name -> `Target` for every array of a built `Darknet`."""
    targets = {}
    for index, unit in network.units.items():
        targets |= conv(f"module_list.{index}.conv_{index}", unit.conv)
        if unit.norm is not None:
            targets |= batch_norm(f"module_list.{index}.batch_norm_{index}", unit.norm)
    return targets


def load_detector(path, config=None, size=256):
    """A `Darknet` from its weight file.

    Args:
        path: the `.weights` file.
        config: path of its `.cfg` file; None for YOLOv3 with 80 classes.
        size: int, side of the images in pixels; SOA uses 256.

    Raises:
        ZooError: a file cannot be read, or the two do not match.
    """
    layers = yolo_v3()
    if config is not None:
        layers = parse_config(_bytes(config).decode("utf-8", "replace"))
    weights = _bytes(path)
    with limited(f"The detector {os.fspath(path)}", len(weights) // 4, len(layers), blank=False):
        network = _network(layers, size)
    load_state_dict(detector_targets(network), state_dict_of_weights(network, weights))
    network.trainable = False
    return network


def _network(layers, size):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras' warnings about layers that cannot be built
            return build_on(Darknet(layers, name="detector"), symbolic_input(None, size, size, 3))
    except ZooError:
        raise
    except Exception as error:  # incompatible layers fail anywhere in Keras
        raise ZooError(
            f"The layers of the Darknet configuration do not form a detector: {reason(error)}."
        ) from error


def _bytes(path):
    check_file(path)
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ZooError(f"{os.fspath(path)} cannot be read: {error.strerror}.") from error
