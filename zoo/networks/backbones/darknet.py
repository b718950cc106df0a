"""Detectors described by a Darknet configuration, such as YOLOv3.

Paper: Redmon & Farhadi, arXiv 1804.02767. Checked against
tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis, SOA/darknet.py (`Darknet`)
and SOA/util.py (`predict_transform`). `darknet_files` reads the files of Darknet.
"""

import keras
import numpy as np
from keras import ops

from zoo.layers.batch_normalization import BatchNormalization
from zoo.layers.padded_convolution import PaddedConv2D
from zoo.layers.upsampling import upsample_nearest

_ANCHORS = ((116, 90, 156, 198, 373, 326), (30, 61, 62, 45, 59, 119), (10, 13, 16, 30, 33, 23))


def _conv(filters, size, stride=1, normalized=True):
    return {
        "type": "convolutional",
        "filters": filters,
        "size": size,
        "stride": stride,
        "pad": size // 2,
        "normalized": normalized,
    }


def _yolo(numbers, classes):
    anchors = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
    return {"type": "yolo", "anchors": anchors, "classes": classes}


def yolo_v3(classes=80):
    """The layers of YOLOv3: Darknet-53, and predictions at three scales, the coarsest first."""
    layers = [_conv(32, 3)]
    for filters, repeats in ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)):
        layers.append(_conv(filters, 3, stride=2))
        for _ in range(repeats):
            layers += [_conv(filters // 2, 1), _conv(filters, 3), {"type": "shortcut", "from": -3}]
    lateral = (None, 61, 36)  # the last layers with 16 and with 8 pixels per cell
    for filters, skip, anchors in zip((512, 256, 128), lateral, _ANCHORS, strict=True):
        if skip is not None:
            layers += [{"type": "route", "from": [-4]}, _conv(filters, 1), {"type": "upsample"}]
            layers.append({"type": "route", "from": [-1, skip]})
        layers += [_conv(filters, 1), _conv(2 * filters, 3)] * 3
        layers += [_conv(3 * (5 + classes), 1, normalized=False), _yolo(anchors, classes)]
    return layers


@keras.saving.register_keras_serializable("zoo")
class DarknetUnit(keras.layers.Layer):
    """Convolution -> batch norm -> LeakyReLU(0.1), or without the norm a plain convolution.

    Shapes: (batch, h, w, any) -> (batch, h', w', filters).
    """

    def __init__(self, filters, size, stride=1, pad=0, normalized=True, **kwargs):
        super().__init__(**kwargs)
        self.sizes = {"filters": filters, "size": size, "stride": stride, "pad": pad}
        self.conv = PaddedConv2D(
            filters,
            size,
            stride,
            pad,
            use_bias=not normalized,
            name="conv",
            dtype=self.dtype_policy,
        )
        self.norm = None
        if normalized:
            self.norm = BatchNormalization(name="norm", dtype=self.dtype_policy)

    def call(self, x):
        x = self.conv(x)
        return x if self.norm is None else ops.leaky_relu(self.norm(x), negative_slope=0.1)

    def get_config(self):
        normalized = self.norm is not None
        return {**super().get_config(), **self.sizes, "normalized": normalized}


@keras.saving.register_keras_serializable("zoo")
class Darknet(keras.layers.Layer):
    """Images -> predictions of boxes, for `zoo.metrics.detections.keep_detections`.

    Args:
        layers: list of dicts, from `yolo_v3` or `darknet_files.parse_config`. Indices in "from"
            count from 0, negative ones back from the layer itself.

    Shapes: images (batch, h, w, 3) in [0, 1], with height and width multiples of the largest stride
        -> (batch, predictions, 5 + classes): center x and y, width and height in pixels,
        objectness, class scores. Ordered by scale, then cell, then anchor.
    """

    def __init__(self, layers, **kwargs):
        super().__init__(**kwargs)
        self.description = [dict(layer) for layer in layers]
        self.units = {}
        """`DarknetUnit` by its index among the layers, as str."""
        for index, layer in enumerate(self.description):
            if layer["type"] == "convolutional":
                sizes = {key: value for key, value in layer.items() if key != "type"}
                self.units[str(index)] = DarknetUnit(
                    **sizes, name=f"layer_{index}", dtype=self.dtype_policy
                )

    def call(self, images):
        outputs = self.outputs_of_layers(images)
        scales = [
            x for x, layer in zip(outputs, self.description, strict=True) if layer["type"] == "yolo"
        ]
        return ops.concatenate(scales, axis=1)

    def outputs_of_layers(self, images):
        """list of the outputs of all layers."""
        outputs, x, size = [], images, images.shape[1:3]
        for index, layer in enumerate(self.description):
            kind = layer["type"]
            if kind == "convolutional":
                x = self.units[str(index)](x)
            elif kind == "upsample":
                x = upsample_nearest(x)
            elif kind == "route":
                sources = [at + index if at < 0 else at for at in layer["from"]]
                x = ops.concatenate([outputs[at] for at in sources], axis=-1)
            elif kind == "shortcut":
                at = layer["from"]
                x = outputs[-1] + outputs[at + index if at < 0 else at]
            else:
                x = predictions(x, layer["anchors"], size)
            outputs.append(x)
        return outputs

    def get_config(self):
        return {**super().get_config(), "layers": self.description}


def predictions(x, anchors, size):
    """The boxes of one scale.

    Args:
        x: (batch, rows, columns, anchors * (5 + classes)), raw.
        anchors: list of (width, height) in pixels.
        size: (height, width) of the images.

    Returns:
        (batch, rows * columns * anchors, 5 + classes), see `Darknet`.
    """
    rows, columns, channels = x.shape[1:]
    x = ops.reshape(x, (-1, rows, columns, len(anchors), channels // len(anchors)))
    cells = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1)  # x, y of each cell
    cells = ops.convert_to_tensor(cells[:, :, None], x.dtype)
    stride = ops.convert_to_tensor([size[1] / columns, size[0] / rows], x.dtype)
    centers = (ops.sigmoid(x[..., :2]) + cells) * stride
    sides = ops.exp(x[..., 2:4]) * ops.convert_to_tensor(np.array(anchors), x.dtype)
    boxes = ops.concatenate([centers, sides, ops.sigmoid(x[..., 4:])], axis=-1)
    return ops.reshape(boxes, (-1, rows * columns * len(anchors), boxes.shape[-1]))
