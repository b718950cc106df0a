"""The convolutional trunk of Inception-v3, with the layer names of its common checkpoint.

Paper: Rethinking the Inception Architecture, arXiv 1512.00567. Checked against torchvision's
`Inception3` (without auxiliary head, classifier and input transform). Two differences from
`keras.applications.InceptionV3`: batch norms have a scale, and average pools include the padding.
"""

import typing

import keras
from keras import ops

from zoo.layers.batch_normalization import BatchNormalization


class Conv(typing.NamedTuple):
    """A convolution of the tables below; with stride 1 its zero padding keeps the size."""

    name: str
    filters: int
    size: int | tuple[int, int]
    stride: int = 1
    padding: str = "same"


def max_pool(x):
    """3x3, stride 2, no padding."""
    return ops.max_pool(x, 3, strides=2, padding="valid")


def average_pool(x):
    """3x3, stride 1, zero padding 1 that is included in the divisor; keeps the size."""
    padded = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return ops.average_pool(padded, 3, strides=1, padding="valid")


# A block is a tuple of branches with the same input, and a branch is a list of steps. A step is a
# `Conv`, a pool, or a fork: a list of `Conv` with the same input. Outputs are concatenated in this
# order.


def _block_35(pool):
    """35x35."""
    return (
        [Conv("branch1x1", 64, 1)],
        [Conv("branch5x5_1", 48, 1), Conv("branch5x5_2", 64, 5)],
        [
            Conv("branch3x3dbl_1", 64, 1),
            Conv("branch3x3dbl_2", 96, 3),
            Conv("branch3x3dbl_3", 96, 3),
        ],
        [average_pool, Conv("branch_pool", pool, 1)],
    )


def _block_35_to_17():
    return (
        [Conv("branch3x3", 384, 3, 2, "valid")],
        [
            Conv("branch3x3dbl_1", 64, 1),
            Conv("branch3x3dbl_2", 96, 3),
            Conv("branch3x3dbl_3", 96, 3, 2, "valid"),
        ],
        [max_pool],
    )


def _block_17(inner):
    """17x17, with 7x7 convolutions split into 1x7 and 7x1."""
    row, column = (1, 7), (7, 1)
    return (
        [Conv("branch1x1", 192, 1)],
        [
            Conv("branch7x7_1", inner, 1),
            Conv("branch7x7_2", inner, row),
            Conv("branch7x7_3", 192, column),
        ],
        [
            Conv("branch7x7dbl_1", inner, 1),
            Conv("branch7x7dbl_2", inner, column),
            Conv("branch7x7dbl_3", inner, row),
            Conv("branch7x7dbl_4", inner, column),
            Conv("branch7x7dbl_5", 192, row),
        ],
        [average_pool, Conv("branch_pool", 192, 1)],
    )


def _block_17_to_8():
    return (
        [Conv("branch3x3_1", 192, 1), Conv("branch3x3_2", 320, 3, 2, "valid")],
        [
            Conv("branch7x7x3_1", 192, 1),
            Conv("branch7x7x3_2", 192, (1, 7)),
            Conv("branch7x7x3_3", 192, (7, 1)),
            Conv("branch7x7x3_4", 192, 3, 2, "valid"),
        ],
        [max_pool],
    )


def _block_8():
    """8x8, with forks into 1x3 and 3x1."""
    row, column = (1, 3), (3, 1)
    return (
        [Conv("branch1x1", 320, 1)],
        [
            Conv("branch3x3_1", 384, 1),
            [Conv("branch3x3_2a", 384, row), Conv("branch3x3_2b", 384, column)],
        ],
        [
            Conv("branch3x3dbl_1", 448, 1),
            Conv("branch3x3dbl_2", 384, 3),
            [Conv("branch3x3dbl_3a", 384, row), Conv("branch3x3dbl_3b", 384, column)],
        ],
        [average_pool, Conv("branch_pool", 192, 1)],
    )


STEM = (
    Conv("Conv2d_1a_3x3", 32, 3, 2, "valid"),
    Conv("Conv2d_2a_3x3", 32, 3, 1, "valid"),
    Conv("Conv2d_2b_3x3", 64, 3),
    Conv("Conv2d_3b_1x1", 80, 1),
    Conv("Conv2d_4a_3x3", 192, 3, 1, "valid"),
)
POOLED_AFTER = ("Conv2d_2b_3x3", "Conv2d_4a_3x3")
BLOCKS = {
    "Mixed_5b": _block_35(pool=32),
    "Mixed_5c": _block_35(pool=64),
    "Mixed_5d": _block_35(pool=64),
    "Mixed_6a": _block_35_to_17(),
    "Mixed_6b": _block_17(inner=128),
    "Mixed_6c": _block_17(inner=160),
    "Mixed_6d": _block_17(inner=160),
    "Mixed_6e": _block_17(inner=192),
    "Mixed_7a": _block_17_to_8(),
    "Mixed_7b": _block_8(),
    "Mixed_7c": _block_8(),
}
STAGES = (*(conv.name for conv in STEM), *BLOCKS)


@keras.saving.register_keras_serializable("zoo")
class ConvUnit(keras.layers.Layer):
    """Convolution without bias -> batch norm (epsilon 1e-3) -> ReLU; official `BasicConv2d`.

    Shapes: (batch, h, w, any) -> (batch, h', w', filters).
    """

    def __init__(self, filters, size, stride=1, padding="same", **kwargs):
        super().__init__(**kwargs)
        self.filters, self.size, self.stride, self.padding = filters, size, stride, padding
        self.conv = keras.layers.Conv2D(
            filters,
            size,
            strides=stride,
            padding=padding,
            use_bias=False,
            kernel_initializer="he_normal",
            name="conv",
            dtype=self.dtype_policy,
        )
        self.bn = BatchNormalization(epsilon=1e-3, name="bn", dtype=self.dtype_policy)

    def call(self, x, training=False):
        return ops.relu(self.bn(self.conv(x), training=training))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "size": self.size,
            "stride": self.stride,
            "padding": self.padding,
        }


def _unit(conv, width_divisor, dtype):
    filters = max(1, conv.filters // width_divisor)
    return ConvUnit(filters, conv.size, conv.stride, conv.padding, name=conv.name, dtype=dtype)


@keras.saving.register_keras_serializable("zoo")
class Mixed(keras.layers.Layer):
    """The block that `BLOCKS[block]` describes. `units`: its `ConvUnit`s by official name.

    Shapes: (batch, h, w, any) -> (batch, h', w', channels of all branches).
    """

    def __init__(self, block, width_divisor=1, **kwargs):
        super().__init__(**kwargs)
        self.block, self.width_divisor = block, width_divisor
        self.units = {}
        for step in (step for branch in BLOCKS[block] for step in branch):
            for conv in step if isinstance(step, list) else [step]:
                if isinstance(conv, Conv):
                    self.units[conv.name] = _unit(conv, width_divisor, self.dtype_policy)

    def call(self, x, training=False):
        outputs = []
        for branch in BLOCKS[self.block]:
            y = x
            for step in branch:
                y = self._step(step, y, training)
            outputs.append(y)
        return ops.concatenate(outputs, axis=-1)

    def _step(self, step, x, training):
        if isinstance(step, Conv):
            return self.units[step.name](x, training=training)
        if isinstance(step, list):
            return ops.concatenate([self._step(conv, x, training) for conv in step], axis=-1)
        return step(x)  # a pool

    def get_config(self):
        return {**super().get_config(), "block": self.block, "width_divisor": self.width_divisor}


@keras.saving.register_keras_serializable("zoo")
class InceptionV3(keras.layers.Layer):
    """Images -> every named stage of Inception-v3, `Conv2d_1a_3x3` to `Mixed_7c` (see `STAGES`).

    Args:
        width_divisor: int, at least 1. Divides all numbers of channels; 1 is the paper's network.

    Shapes: images (batch, 299, 299, 3) in [-1, 1] -> dict of (batch, h, w, c), among them
        `Mixed_5d` (35, 35, 288), `Mixed_6e` (17, 17, 768) and `Mixed_7c` (8, 8, 2048). There are
        two max pools between stages.
    """

    def __init__(self, width_divisor=1, **kwargs):
        super().__init__(**kwargs)
        self.width_divisor = width_divisor
        self.stages = {conv.name: _unit(conv, width_divisor, self.dtype_policy) for conv in STEM}
        for block in BLOCKS:
            self.stages[block] = Mixed(block, width_divisor, name=block, dtype=self.dtype_policy)

    def call(self, images, training=False):
        outputs, x = {}, images
        for name, stage in self.stages.items():
            x = outputs[name] = stage(x, training=training)
            if name in POOLED_AFTER:
                x = max_pool(x)
        return outputs

    def conv_units(self):
        """Every `ConvUnit` by its official name, such as `Mixed_5b.branch1x1`."""
        units = {}
        for name, stage in self.stages.items():
            inner = stage.units if isinstance(stage, Mixed) else {None: stage}
            units |= {f"{name}.{unit}" if unit else name: layer for unit, layer in inner.items()}
        return units

    def get_config(self):
        return {**super().get_config(), "width_divisor": self.width_divisor}
