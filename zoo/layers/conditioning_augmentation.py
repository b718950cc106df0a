"""Conditioning augmentation: a Gaussian predicted from a sentence, and a sample from it."""

import keras
from keras import ops

from zoo.layers import initializers
from zoo.layers.stackgan_blocks import glu


@keras.saving.register_keras_serializable("zoo")
class ConditioningAugmentation(keras.layers.Layer):
    """c = mu + noise * exp(log_var / 2), with (mu, log_var) a gated linear map of the sentence.

    It samples at test time too (official `CA_NET`); `noise` is an input so that a run is
    reproducible.
    Source: StackGAN (arXiv 1612.03242) section 3.2; checked against AttnGAN code/model.py.

    Args:
        condition_dim: int. Size of the condition c (100 in the papers).

    Shapes: sentence (batch, features), noise (batch, condition_dim) ->
        condition, mu, log_var, each (batch, condition_dim).
    """

    def __init__(self, condition_dim, **kwargs):
        super().__init__(**kwargs)
        self.condition_dim = condition_dim
        self.linear = keras.layers.Dense(
            4 * condition_dim,
            kernel_initializer=initializers.orthogonal(),
            name="linear",
            dtype=self.dtype_policy,
        )

    def call(self, sentence, noise):
        mu, log_var = ops.split(glu(self.linear(sentence)), 2, axis=-1)
        return mu + noise * ops.exp(0.5 * log_var), mu, log_var

    def get_config(self):
        return {**super().get_config(), "condition_dim": self.condition_dim}
