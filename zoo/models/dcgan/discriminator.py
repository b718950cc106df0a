"""The discriminator of the label-conditional DCGAN.

Papers and source: see the generator (networks.py, `discriminator`).
Known deviations: logits, where the official network ends with a sigmoid; batch-norm scales start at
    1 (`gamma_initialization`).
"""

import keras
from keras import ops

from zoo.models.dcgan.layers import batch_norm, check_image_size, concat_labels, weights
from zoo.precision import at_least_float32_dtype


@keras.saving.register_keras_serializable("zoo")
class DCGANDiscriminator(keras.layers.Layer):
    """Image and label -> logit, by 4x4 convolutions; batch norm in all but the first and last.

    Args:
        image_size: int, a power of two of at least 16; one layer per downsampling to 4x4.
        filters: int. d, channels of the first layer; each later layer has twice as many.
        classes: int. Number of labels; a label enters as one-hot channels after the colors.
        gamma_initialization: see `zoo.models.dcgan.layers.batch_norm`.

    Shapes: images (batch, image_size, image_size, 3) in [-1, 1], labels int (batch,) -> logits
        (batch,), at least float32.
    """

    def __init__(
        self, image_size=32, filters=128, classes=10, gamma_initialization="ones", **kwargs
    ):
        super().__init__(**kwargs)
        num_downsamples = check_image_size(image_size)
        self.image_size = image_size
        self.filters = filters
        self.classes = classes
        self.gamma_initialization = gamma_initialization
        widths = [filters * 2**i for i in range(num_downsamples)]
        inputs = [3 + classes, *widths]
        self.convs = [
            keras.layers.Conv2D(
                width,
                4,
                strides=2,
                padding="same",
                **weights(inputs[i]),
                name=f"conv_{i + 1}",
                dtype=self.dtype_policy,
            )
            for i, width in enumerate(widths)
        ]
        self.norms = [
            batch_norm(gamma_initialization, name=f"norm_{i + 1}", dtype=self.dtype_policy)
            for i in range(1, num_downsamples)
        ]
        self.logit = keras.layers.Conv2D(
            1,
            4,
            padding="valid",
            **weights(inputs[-1]),
            name="logit",
            dtype=at_least_float32_dtype(self),
        )

    def call(self, images, labels, training=False):
        x = concat_labels(images, labels, self.classes)
        for conv, norm in zip(self.convs, (None, *self.norms), strict=True):
            x = conv(x)
            if norm is not None:
                x = norm(x, training=training)
            x = ops.leaky_relu(x, negative_slope=0.2)
        return ops.reshape(self.logit(x), (-1,))

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "filters": self.filters,
            "classes": self.classes,
            "gamma_initialization": self.gamma_initialization,
        }
