"""The generator of the label-conditional DCGAN.

Papers: DCGAN, arXiv 1511.06434; with labels and these sizes, MSGAN, arXiv 1903.05628, section 4.1.
    Checked against HelenMao/MSGAN DCGAN-Mode-Seeking/networks.py (`generator`).
Known deviation: batch-norm scales start at 1 (`gamma_initialization`).
"""

import keras
from keras import ops

from zoo.models.dcgan.layers import batch_norm, check_image_size, concat_labels, weights
from zoo.precision import at_least_float32_dtype


@keras.saving.register_keras_serializable("zoo")
class DCGANGenerator(keras.layers.Layer):
    """Latent and label -> image, by 4x4 transposed convolutions from one pixel.

    Args:
        image_size: int, a power of two of at least 16. 32 is the paper's; others follow the same
            rule, one layer per upsampling from 4x4.
        filters: int. d, channels of the features before the image; each earlier layer has twice as
            many (128: 512, 256, 128 at 32 pixels).
        latent_dim: int. Size of the latent.
        classes: int. Number of labels; a label enters as a one-hot vector after the latent.
        gamma_initialization: see `zoo.models.dcgan.layers.batch_norm`.

    Inputs, a dict: `latents` (batch, latent_dim), `labels` int (batch,) in [0, classes).

    Returns a dict: `images` (batch, image_size, image_size, 3) in [-1, 1], at least float32.
    """

    def __init__(
        self,
        image_size=32,
        filters=128,
        latent_dim=100,
        classes=10,
        gamma_initialization="ones",
        **kwargs,
    ):
        super().__init__(**kwargs)
        num_upsamples = check_image_size(image_size)
        self.image_size = image_size
        self.filters = filters
        self.latent_dim = latent_dim
        self.classes = classes
        self.gamma_initialization = gamma_initialization
        widths = [filters * 2**i for i in range(num_upsamples - 1, -1, -1)]
        inputs = [latent_dim + classes, *widths]
        self.deconvs, self.norms = [], []
        for i, width in enumerate(widths):
            up = {"strides": 2, "padding": "same"} if i else {"padding": "valid"}
            self.deconvs.append(
                keras.layers.Conv2DTranspose(
                    width,
                    4,
                    **up,
                    **weights(inputs[i]),
                    name=f"deconv_{i + 1}",
                    dtype=self.dtype_policy,
                )
            )
            self.norms.append(
                batch_norm(gamma_initialization, name=f"norm_{i + 1}", dtype=self.dtype_policy)
            )
        self.head = keras.layers.Conv2DTranspose(
            3,
            4,
            strides=2,
            padding="same",
            activation="tanh",
            **weights(inputs[-1]),
            name="image",
            dtype=at_least_float32_dtype(self),
        )

    def call(self, inputs, training=False):
        x = concat_labels(inputs["latents"][:, None, None, :], inputs["labels"], self.classes)
        for deconv, norm in zip(self.deconvs, self.norms, strict=True):
            x = ops.relu(norm(deconv(x), training=training))
        return {"images": self.head(x)}

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "filters": self.filters,
            "latent_dim": self.latent_dim,
            "classes": self.classes,
            "gamma_initialization": self.gamma_initialization,
        }
