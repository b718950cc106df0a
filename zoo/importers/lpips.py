"""Loads LPIPS from its files: a trunk of torchvision, and the channel weights.

Trunks: torchvision's ImageNet weights `alexnet-owt-*.pth`, `vgg16-*.pth`, `squeezenet1_1-*.pth`, or
the trunk's arrays under the names of richzhang/PerceptualSimilarity (`net.slice1.0.weight`).
Channel weights: that repository's `lpips/weights/v0.1/{alex,vgg,squeeze}.pth` (or v0.0), with the
names `lin0.model.1.weight` ...
"""

import re

import numpy as np

from zoo.checks import check_weights
from zoo.errors import ZooError
from zoo.importers.state_dict import conv, load_state_dict
from zoo.networks.backbones.perceptual_trunk import TRUNKS, PerceptualTrunk
from zoo.networks.build import build_on, symbolic_input

_HEAD = re.compile(r"lins?\.?(\d+)\.model\.1\.weight")
# the shape of torchvision's features.0.weight
_FIRST = {"alex": (64, 3, 11, 11), "vgg": (64, 3, 3, 3), "squeeze": (64, 3, 3, 3)}


def trunk_targets(trunk):
    """Name in the LPIPS module (`net.slice1.0.weight`) -> `Target` of a built trunk."""
    targets = {}
    for official, layer in trunk.convolutions.items():
        targets |= conv(official, layer)
    return targets


def torchvision_targets(trunk):
    """`trunk_targets` under torchvision's names (`features.0.weight`)."""
    return {
        re.sub(r"^net\.slice\d+\.", "features.", name): target
        for name, target in trunk_targets(trunk).items()
    }


def trunk_of(names):
    """The trunk "alex", "vgg" or "squeeze", from names (and shapes, given a dict of arrays).

    Raises:
        ZooError: another network.
    """
    if any(".squeeze." in name for name in names):
        return "squeeze"
    known = ("features.0.weight", "net.slice1.0.weight")
    first = next((names[name] for name in known if name in names), None)
    for trunk, shape in _FIRST.items():
        if first is not None and np.shape(first) == shape:
            return trunk
    raise ZooError(
        "The file is not a trunk of LPIPS: expected the features of torchvision's AlexNet, VGG16 "
        f"or SqueezeNet 1.1, but its names start with {', '.join(list(names)[:3])}."
    )


def load_trunk(path):
    """A `PerceptualTrunk` in float32 from a file; its classifier is not read.

    Raises:
        ZooError: the file cannot be read, or is of another network.
    """
    from zoo.importers.files import read_state_dict

    arrays = read_state_dict(path)
    trunk = PerceptualTrunk(trunk_of(arrays), name="trunk", dtype="float32")
    build_on(trunk, symbolic_input(None, 64, 64, 3, dtype="float32"))
    own = any(name.startswith("net.slice") for name in arrays)
    targets = trunk_targets(trunk) if own else torchvision_targets(trunk)
    prefix = "net." if own else "features."
    load_state_dict(targets, {n: a for n, a in arrays.items() if n.startswith(prefix)})
    trunk.trainable = False
    return trunk


def channel_weights(arrays, trunk="alex"):
    """The channel weights for `zoo.metrics.lpips`, float64 (channels,) per layer.

    Args:
        arrays: dict of official name -> array (1, channels, 1, 1).
        trunk: name of their trunk.

    Raises:
        ZooError: other names, numbers of channels, or negative weights.
    """
    heads = {name: a for name, a in arrays.items() if _HEAD.fullmatch(name)}
    check_weights("The weights of LPIPS' channels", heads)
    by_layer = {
        int(_HEAD.fullmatch(name)[1]): np.asarray(a, np.float64).reshape(-1)
        for name, a in heads.items()
    }
    weights = [by_layer[layer] for layer in sorted(by_layer)]
    sizes = [steps[-1].filters for steps in TRUNKS[trunk]]
    if [len(w) for w in weights] != sizes or sorted(by_layer) != list(range(len(sizes))):
        raise ZooError(
            f'The channel weights must match the trunk "{trunk}", whose layers have {sizes} '
            f"channels, got {[len(w) for w in weights]}."
        )
    if min(w.min() for w in weights) < 0:
        raise ZooError("The channel weights of LPIPS must not be negative, but some are.")
    return weights
