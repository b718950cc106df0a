"""Inception-v3 of FID: the network of 2015 with which the published scores were computed.

Checked against mseitzer/pytorch-fid inception.py (`fid_inception_v3`), which has TensorFlow's
weights of 2015-12-05. It differs from the network of `inception_v3` in two pools: average pools
exclude the padding, and the last block uses a max pool. Its classifier has 1008 classes.
"""

import keras
from keras import ops

from zoo.networks.backbones.inception_v3 import (
    BLOCKS,
    STEM,
    ConvUnit,
    InceptionV3,
    Mixed,
    average_pool,
    max_pool,
)

TAPS = {64: "Conv2d_2b_3x3", 192: "Conv2d_4a_3x3", 768: "Mixed_6e", 2048: "Mixed_7c"}
_POOLED = (64, 192)  # these taps are after the max pool that follows
_LAST = list(BLOCKS)[-1]


def average_of_inside(x):
    """3x3, stride 1, mean of the pixels inside the image; keeps the size."""
    return ops.average_pool(x, 3, strides=1, padding="same")


def maximum_of_inside(x):
    """3x3, stride 1, maximum of the pixels inside the image; keeps the size."""
    return ops.max_pool(x, 3, strides=1, padding="same")


@keras.saving.register_keras_serializable("zoo")
class FidMixed(Mixed):
    """A block whose pool before `branch_pool` is as in the network of 2015."""

    def _step(self, step, x, training):
        if step is average_pool:
            return maximum_of_inside(x) if self.block == _LAST else average_of_inside(x)
        return super()._step(step, x, training)


@keras.saving.register_keras_serializable("zoo")
class FidInception(InceptionV3):
    """Images -> the features of FID and the classifier's logits.

    Args:
        classes: int, of the classifier; unused by FID.
        width_divisor: int, at least 1. Divides all numbers of channels; 1 is the network of FID.

    Shapes: (batch, 299, 299, 3) in [-1, 1] -> dict of
        features: the last pool (batch, 2048), used by FID.
        logits: (batch, classes), with the bias. `zoo.metrics.class_probabilities.class_logits`
            computes those of the official Inception score, which has no bias.
        taps: dict of number of channels -> spatial means (batch, channels): 64 and 192 after the
            two max pools, 768, and 2048.
    """

    def __init__(self, classes=1008, width_divisor=1, **kwargs):
        keras.layers.Layer.__init__(self, **kwargs)  # the parent would add its own blocks
        self.width_divisor, self.classes, self.stages = width_divisor, classes, {}
        for name, filters, *sizes in STEM:
            filters = max(1, filters // width_divisor)
            self.stages[name] = ConvUnit(filters, *sizes, name=name, dtype=self.dtype_policy)
        for block in BLOCKS:
            self.stages[block] = FidMixed(block, width_divisor, name=block, dtype=self.dtype_policy)
        self.fc = keras.layers.Dense(classes, name="fc", dtype=self.dtype_policy)

    def call(self, images, training=False):
        stages = super().call(images, training=training)
        taps = {}
        for channels, name in TAPS.items():
            x = stages[name]
            if channels in _POOLED:
                x = max_pool(x)
            taps[channels] = ops.mean(x, axis=(1, 2))
        return {"features": taps[2048], "logits": self.fc(taps[2048]), "taps": taps}

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
