"""The timed subjects: the zoo's AttnGAN and PyTorch's, each as two functions without arguments.

`make_zoo` and `make_torch` return (train, generate, parameter counts by network). A call of `train`
runs one whole training iteration and waits for its losses; `generate` goes from captions to uint8.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from tests.benchmarks.settings import captions_of
from zoo.models.attn_gan import AttnGAN


def zoo_model(settings, dtype="float32"):
    """A compiled AttnGAN with new weights."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        model = AttnGAN(
            vocabulary=settings.vocabulary, max_words=settings.max_words,
            stage_sizes=settings.stage_sizes, generator_filters=settings.generator_filters,
            discriminator_filters=settings.discriminator_filters,
            residual_blocks=settings.residual_blocks, latent_dim=settings.latent_dim,
            condition_dim=settings.condition_dim,
            text_encoder={"features": settings.features, "embedding_dim": settings.embedding_dim},
            image_encoder={
                "kind": "compact", "features": settings.features,
                "filters": settings.image_filters, "image_size": settings.stage_sizes[-1],
            },
        )
        model.compile(generator_optimizer=adam(), discriminator_optimizer=adam())
    finally:
        keras.config.set_dtype_policy(before)
    return model


def adam():
    return keras.optimizers.Adam(2e-4, 0.5, 0.999, epsilon=1e-8)


def zoo_counts(model):
    """dict of network -> number of parameters, batch statistics included."""
    counts = {}
    for name, variable in model.network_variables().items():
        network = name.split("/")[0]
        counts[network] = counts.get(network, 0) + math.prod(variable.shape)
    return counts


def make_zoo(settings, batch, dtype):
    model = zoo_model(settings, dtype)
    tensors = tf.nest.map_structure(tf.constant, batch)
    step = tf.function(model.train_step, autograph=False)
    captions = captions_of(settings, batch)

    def train():
        losses = {name: float(value) for name, value in step(tensors).items()}
        assert all(np.isfinite(list(losses.values()))), losses

    def generate():
        return model.generate(captions, batch_size=len(captions))

    return train, generate, zoo_counts(model)


def make_torch(settings, batch, dtype, channels_last):
    from tests.benchmarks.torch_reference import references
    from tests.benchmarks.torch_reference.base import weights

    model = references.make(
        "attn_gan", zoo_model(settings), bfloat16=dtype == "mixed_bfloat16",
        channels_last=channels_last,
    )
    tensors = model.prepare(batch)
    captions = captions_of(settings, batch)

    def train():
        losses = model.train_step(tensors)
        assert all(np.isfinite(list(losses.values()))), losses

    counts = {
        name: sum(tensor.numel() for tensor in weights(network).values())
        for name, network in model.networks.items()
    }
    return train, lambda: model.generate(captions), counts
