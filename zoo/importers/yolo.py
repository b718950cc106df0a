"""YOLOv3 from Darknet's own weight file, or by the names of its PyTorch code.

`yolov3.weights` of pjreddie.com is what SOA's authors take (61,949,149 numbers behind five of a
header); `zoo.importers.darknet_weights` reads it.
"""

import os
import warnings

from zoo.errors import ZooError, reason
from zoo.importers.archives import check_file
from zoo.importers.darknet_weights import parse_config, state_dict_of_weights
from zoo.importers.state_dict import batch_norm, conv, load_state_dict
from zoo.networks.backbones.darknet import Darknet, yolo_v3
from zoo.networks.budget import limited
from zoo.networks.build import build, spec


def detector_targets(network):
    """Official name -> `Target` for every array of a built `Darknet`."""
    targets = {}
    for place, unit in network.units.items():
        targets |= conv(f"module_list.{place}.conv_{place}", unit.conv)
        if unit.norm is not None:
            targets |= batch_norm(f"module_list.{place}.batch_norm_{place}", unit.norm)
    return targets


def load_detector(path, config=None, size=256):
    """A `Darknet` from its weight file.

    Args:
        path: the `.weights` file.
        config: path of the `.cfg` file that it belongs to; None for YOLOv3 with 80 classes.
        size: int, pixels of the images; SOA's are of 256.

    Raises:
        ZooError: a file cannot be read, or does not fit.
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
            warnings.simplefilter("ignore")  # of Keras, about layers that cannot be built
            return build(Darknet(layers, name="detector"), spec(None, size, size, 3))
    except ZooError:
        raise
    except Exception as error:  # layers that do not fit together fail anywhere in Keras
        raise ZooError(
            f"The layers of the Darknet configuration do not make a detector: {reason(error)}."
        ) from error


def _bytes(path):
    check_file(path)
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ZooError(f"{os.fspath(path)} cannot be read: {error.strerror}.") from error
