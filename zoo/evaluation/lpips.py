"""LPIPS of pairs of images, from files or from Keras' VGG16."""

import functools
import hashlib

import numpy as np

from zoo.errors import ZooError
from zoo.evaluation.feature_networks import graph_of
from zoo.metrics.lpips import lpips, trunk_input

_MEANS = np.array([103.939, 116.779, 123.68])  # ImageNet means, BGR, 0 to 255


class LpipsDistance:
    """LPIPS with the weights of the options `lpips_trunk` and `lpips_heads`.

    Keras' VGG16 was trained independently of torchvision's and gives other values: its name
    contains "keras".

    Args:
        trunk: torchvision's file, "keras" for Keras' VGG16, or an .h5 file of its weights.
        heads: file of the official channel weights.
        version: "0.1" or "0.0".

    Raises:
        ZooError: if a file is missing or does not match.
    """

    def __init__(self, trunk, heads, version="0.1"):
        from zoo.importers.files import read_state_dict
        from zoo.importers.lpips import channel_weights, load_trunk
        from zoo.storage import sha256

        self.keras, self.version = trunk == "keras" or str(trunk).endswith(".h5"), version
        if self.keras:
            self.trunk, digest = keras_trunk(trunk)
        else:
            self.trunk, digest = load_trunk(trunk), sha256(trunk)
        self.weights = channel_weights(read_state_dict(heads), self.trunk.trunk)
        self.name = f"{'keras-' if self.keras else ''}{self.trunk.trunk}-{version}"
        self.files = {"trunk": digest, "heads": sha256(heads)}
        self.digest = hashlib.sha256(" ".join(self.files.values()).encode()).hexdigest()

    @functools.cached_property
    def _features(self):
        return graph_of(self.trunk)

    def __call__(self, a, b):
        """Distances float64 (batch,) of two uint8 (batch, h, w, 3)."""
        sides = [
            [np.asarray(layer) for layer in self._features(self._input(x).astype(np.float32))]
            for x in (a, b)
        ]
        return lpips(*sides, self.weights)

    def _input(self, images):
        if self.keras:  # Keras' preprocessing; that of `trunk_input` is torchvision's
            return images[..., ::-1] - _MEANS
        return trunk_input(images / 127.5 - 1, self.version, value_range=(-1, 1))

    def record(self):
        scaled = "BGR minus ImageNet's means" if self.keras else "[-1, 1]"
        return {"name": f"lpips {self.name}", "sha256": self.digest, "files": self.files,
                "input": f"images at their own size, {scaled}"}


def keras_trunk(where):
    """(`PerceptualTrunk`, SHA-256) of Keras' VGG16 with ImageNet weights, or those of a file.

    Raises:
        ZooError: if it cannot be loaded.
    """
    import keras

    from zoo.networks.backbones.perceptual_trunk import PerceptualTrunk
    from zoo.networks.build import build_on, symbolic_input
    from zoo.storage import sha256

    try:
        network = keras.applications.VGG16(
            include_top=False, weights="imagenet" if where == "keras" else where
        )
    except Exception as error:  # a failed download, a damaged file, other layers
        raise ZooError(
            f"Keras' VGG16 could not be loaded from {where} ({str(error).splitlines()[0][:160]}): "
            "give its weights without the top as an .h5 file, or torchvision's file, as "
            "`lpips_trunk`."
        ) from None
    trunk = PerceptualTrunk("vgg", name="trunk", dtype="float32")
    build_on(trunk, symbolic_input(None, 64, 64, 3))
    theirs = [layer for layer in network.layers if layer.weights]
    digest = hashlib.sha256()
    for mine, other in zip(trunk.convolutions.values(), theirs, strict=True):
        for variable, value in zip(mine.weights, other.get_weights(), strict=True):
            variable.assign(value)
            digest.update(value.tobytes())
    trunk.trainable = False
    return trunk, digest.hexdigest() if where == "keras" else sha256(where)
