"""The convolutional trunk of a residual network with bottleneck blocks (ResNet-50, -101, -152).

Paper: Deep Residual Learning for Image Recognition, arXiv 1512.03385. Checked against torchvision's
`ResNet` without classifier: the stride of a block is in its 3x3 convolution, and all padding is
symmetric.
"""

import keras
from keras import ops

from zoo.layers.batch_normalization import BatchNormalization
from zoo.layers.padded_convolution import PaddedConv2D

EXPANSION = 4  # a block's output has this many times its inner channels
BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


class ConvNorm(keras.layers.Layer):
    """Convolution without bias, then batch norm; the padding keeps the size apart from stride."""

    def __init__(self, filters, size, stride=1, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.size, self.stride = filters, size, stride
        self.conv = PaddedConv2D(
            filters,
            size,
            stride,
            pad=size // 2,
            use_bias=False,
            kernel_initializer=keras.initializers.VarianceScaling(
                2.0, "fan_out", "untruncated_normal"
            ),
            name="conv",
            dtype=self.dtype_policy,
        )
        self.norm = BatchNormalization(name="norm", dtype=self.dtype_policy)

    def call(self, x, training=False):
        return self.norm(self.conv(x), training=training)

    def get_config(self):
        config = {"filters": self.filters, "size": self.size, "stride": self.stride}
        return {**super().get_config(), **config}


class Bottleneck(keras.layers.Layer):
    """relu(x + 1x1, 3x3, 1x1 convolutions of x); the first block of a stage projects x.

    Shapes: (batch, h, w, any) -> (batch, h / stride, w / stride, 4 filters), rounded up.
    """

    def __init__(self, filters, stride=1, project=False, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.stride, self.project = filters, stride, project
        out, policy = EXPANSION * filters, self.dtype_policy
        self.units = [
            ConvNorm(filters, 1, name="unit_1", dtype=policy),
            ConvNorm(filters, 3, stride, name="unit_2", dtype=policy),
            ConvNorm(out, 1, name="unit_3", dtype=policy),
        ]
        self.shortcut = None
        if project:
            self.shortcut = ConvNorm(out, 1, stride, name="shortcut", dtype=policy)

    def call(self, x, training=False):
        first, second, third = self.units
        y = ops.relu(first(x, training=training))
        y = third(ops.relu(second(y, training=training)), training=training)
        if self.shortcut is not None:
            x = self.shortcut(x, training=training)
        return ops.relu(x + y)

    def get_config(self):
        config = {"filters": self.filters, "stride": self.stride, "project": self.project}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable("zoo")
class ResNet(keras.layers.Layer):
    """Images -> the features of the four stages.

    Args:
        blocks: ints. Blocks of each stage; `BLOCKS` has those of the common depths.
        filters: int. Channels of the stem and inner channels of the first stage, doubled by each
            later one; 64 is the real network.

    Shapes: float (batch, h, w, 3) -> dict of `stage_1` (batch, h / 4, w / 4, 4 filters) to
        `stage_4` (batch, h / 32, w / 32, 32 filters), sizes rounded up.
    """

    def __init__(self, blocks=BLOCKS[50], filters=64, **kwargs):
        super().__init__(**kwargs)
        self.blocks = list(blocks)
        self.filters = filters
        policy = self.dtype_policy
        self.stem = ConvNorm(filters, 7, 2, name="stem", dtype=policy)
        self.stages = [
            [
                Bottleneck(
                    filters * 2**i,
                    stride=2 if i and not j else 1,
                    project=not j,
                    name=f"stage_{i + 1}_block_{j + 1}",
                    dtype=policy,
                )
                for j in range(count)
            ]
            for i, count in enumerate(self.blocks)
        ]

    def call(self, images, training=False):
        x = ops.relu(self.stem(images, training=training))
        x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))  # zero is the minimum after a ReLU
        x, outputs = ops.max_pool(x, 3, strides=2, padding="valid"), {}
        for i, stage in enumerate(self.stages):
            for block in stage:
                x = block(x, training=training)
            outputs[f"stage_{i + 1}"] = x
        return outputs

    def get_config(self):
        return {**super().get_config(), "blocks": self.blocks, "filters": self.filters}
