"""The smallest XMC-GAN with all parts, for tests."""

import keras
import numpy as np

from zoo.models.xmc_gan import XMCGAN

WORDS, FEATURES = 3, 6


def xmc_gan(**changes):
    keras.utils.set_random_seed(1)
    arguments = {
        "max_words": WORDS,
        "text_encoder": {"kind": "word_embeddings", "features": FEATURES},
        "image_size": 64,
        "generator_filters": 2,
        "discriminator_filters": 2,
        "latent_dim": 4,
        "seed": 3,
    }
    return XMCGAN(**{**arguments, **changes})


def text(rows, seed=0):
    """Random vectors, as `generate` takes them."""
    rng = np.random.default_rng(seed)
    words = rng.normal(size=(rows, WORDS, FEATURES)).astype("float32")
    lengths = np.arange(rows, dtype="int32") % WORDS + 1
    return {"words": words, "sentence": words.mean(1), "lengths": lengths}
