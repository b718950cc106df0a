"""The convolutional trunks of LPIPS: AlexNet, VGG16 and SqueezeNet 1.1.

Papers: arXiv 1404.5997 (the variant of AlexNet), 1409.1556, 1602.07360; arXiv 1801.03924 for the
layers whose features are compared. Checked against torchvision's `features` of these networks and
richzhang/PerceptualSimilarity lpips/pretrained_networks.py. Weights: torchvision's for ImageNet;
Keras' own VGG16 was trained separately.
"""

import typing

import keras
from keras import ops

from zoo.errors import check_choice
from zoo.layers.padded_convolution import PaddedConv2D


class Conv(typing.NamedTuple):
    """Convolution -> ReLU."""

    index: int  # torchvision's index in `features`
    filters: int
    size: int = 3
    stride: int = 1
    pad: int = 1


class Fire(typing.NamedTuple):
    """1x1 to few channels -> ReLU -> 1x1 parallel to 3x3, half of the filters each -> ReLU."""

    index: int
    squeezed: int
    filters: int


class Pool(typing.NamedTuple):
    """Max pool with stride 2. `ceil`: windows that extend one pixel beyond the edge count too."""

    size: int
    ceil: bool = False

    def __call__(self, x):
        if self.ceil:  # after a ReLU a zero is never above the maximum
            x = ops.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))
        return ops.max_pool(x, self.size, strides=2, padding="valid")


# A trunk is a tuple of slices; the features at the end of each slice are compared.
TRUNKS = {
    "alex": (
        (Conv(0, 64, 11, 4, 2),),
        (Pool(3), Conv(3, 192, 5, 1, 2)),
        (Pool(3), Conv(6, 384)),
        (Conv(8, 256),),
        (Conv(10, 256),),
    ),
    "vgg": (
        (Conv(0, 64), Conv(2, 64)),
        (Pool(2), Conv(5, 128), Conv(7, 128)),
        (Pool(2), Conv(10, 256), Conv(12, 256), Conv(14, 256)),
        (Pool(2), Conv(17, 512), Conv(19, 512), Conv(21, 512)),
        (Pool(2), Conv(24, 512), Conv(26, 512), Conv(28, 512)),
    ),
    "squeeze": (
        (Conv(0, 64, 3, 2, 0),),
        (Pool(3, ceil=True), Fire(3, 16, 128), Fire(4, 16, 128)),
        (Pool(3, ceil=True), Fire(6, 32, 256), Fire(7, 32, 256)),
        (Pool(3, ceil=True), Fire(9, 48, 384)),
        (Fire(10, 48, 384),),
        (Fire(11, 64, 512),),
        (Fire(12, 64, 512),),
    ),
}


@keras.saving.register_keras_serializable("zoo")
class PerceptualTrunk(keras.layers.Layer):
    """Images -> the features of every slice of a trunk.

    Args:
        trunk: "alex", "vgg" or "squeeze".

    Shapes: (batch, h, w, 3) from `zoo.metrics.lpips.trunk_input`, with height and width at least 31
        -> list of (batch, h', w', channels), 5 for AlexNet and VGG16, 7 for SqueezeNet.
    """

    def __init__(self, trunk="alex", **kwargs):
        super().__init__(**kwargs)
        self.trunk = check_choice("`trunk`", trunk, TRUNKS)
        self.convolutions = {}
        """Convolution by its name in the official LPIPS module, such as `net.slice1.0`."""
        for number, steps in enumerate(TRUNKS[trunk], 1):
            for step in steps:
                if not isinstance(step, Pool):
                    self._add(f"net.slice{number}.{step.index}", step)

    def _add(self, name, step):
        if isinstance(step, Conv):
            self.convolutions[name] = self._conv(name, *step[1:])
            return
        half = step.filters // 2
        parts = {
            "squeeze": (step.squeezed, 1, 1, 0),
            "expand1x1": (half, 1, 1, 0),
            "expand3x3": (half, 3, 1, 1),
        }
        for part, sizes in parts.items():
            self.convolutions[f"{name}.{part}"] = self._conv(f"{name}.{part}", *sizes)

    def _conv(self, name, filters, size, stride, pad):
        return PaddedConv2D(
            filters,
            size,
            stride,
            pad,
            activation="relu",
            name=name.replace(".", "_"),
            dtype=self.dtype_policy,
        )

    def call(self, images):
        outputs, x = [], images
        for number, steps in enumerate(TRUNKS[self.trunk], 1):
            for step in steps:
                if isinstance(step, Pool):
                    x = step(x)
                    continue
                x = self._step(f"net.slice{number}.{step.index}", step, x)
            outputs.append(x)
        return outputs

    def _step(self, name, step, x):
        if isinstance(step, Conv):
            return self.convolutions[name](x)
        x = self.convolutions[f"{name}.squeeze"](x)
        sides = [self.convolutions[f"{name}.{part}"](x) for part in ("expand1x1", "expand3x3")]
        return ops.concatenate(sides, axis=-1)

    def get_config(self):
        return {**super().get_config(), "trunk": self.trunk}
