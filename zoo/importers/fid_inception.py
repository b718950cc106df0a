"""FID's Inception-v3 of 2015 by the names of its PyTorch port.

The file is mseitzer/pytorch-fid's `pt_inception-2015-12-05-6726825d.pth`, TensorFlow's weights of
2015-12-05. torchvision's own `inception_v3` has the same names and other weights, and is refused.
"""

import re

from zoo.errors import ZooError
from zoo.importers.state_dict import batch_norm, conv, linear, load_state_dict, size_of
from zoo.networks.backbones.fid_inception import FidInception
from zoo.networks.backbones.inception_v3 import STEM
from zoo.networks.build import build_on, symbolic_input

CLASSES = 1008
_UNUSED = re.compile(r"AuxLogits\.")


def inception_targets(network):
    """Official name -> `Target` for every array of a built `FidInception`."""
    targets = linear("fc", network.fc)
    for name, unit in network.conv_units().items():
        targets |= conv(f"{name}.conv", unit.conv) | batch_norm(f"{name}.bn", unit.bn)
    return targets


def load_fid_inception(path):
    """Loads the network of a file, in float32.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """
    from zoo.importers.files import read_state_dict

    arrays = {name: a for name, a in read_state_dict(path).items() if not _UNUSED.match(name)}
    classes = size_of(arrays, "fc.weight", 0)
    if classes != CLASSES:
        raise ZooError(
            f"{path} has {classes} classes, but FID's Inception of 2015 has {CLASSES}: it is "
            "another network, such as torchvision's for ImageNet, whose distances are not FID. "
            "Give pt_inception-2015-12-05-6726825d.pth."
        )
    divisor = max(1, STEM[0].filters // size_of(arrays, "Conv2d_1a_3x3.conv.weight", 0))
    network = FidInception(CLASSES, divisor, name="fid_inception", dtype="float32")
    build_on(network, symbolic_input(None, 299, 299, 3, dtype="float32"))
    load_state_dict(inception_targets(network), arrays)
    network.trainable = False
    return network
