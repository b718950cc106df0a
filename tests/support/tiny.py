"""The smallest systems with all parts, for tests."""

import keras
import numpy as np
import tensorflow as tf

from zoo.models.attn_gan import AttnGAN
from zoo.models.damsm import DAMSM
from zoo.models.dm_gan import DMGAN
from zoo.models.stackgan_v2 import StackGANV2

WORDS = "<end> <unk> a red blue green circle square big small on white".split()
TEXT = {"features": 16, "embedding_dim": 8}
IMAGE = {"kind": "compact", "features": 16, "filters": 4, "image_size": 32}
SIZES = (16, 32)


def adam():
    return keras.optimizers.Adam(2e-4, 0.5, 0.999, epsilon=1e-8)


def attn_gan(compiled=True, **changes):
    """An AttnGAN of two stages, 16 and 32 pixels."""
    return damsm_guided(AttnGAN, compiled, **changes)


def dm_gan(compiled=True, **changes):
    """A DM-GAN of the same sizes."""
    return damsm_guided(DMGAN, compiled, **changes)


def damsm_guided(system, compiled=True, **changes):
    """A system of AttnGAN's family, of the same sizes."""
    keras.utils.set_random_seed(1)
    arguments = {
        "vocabulary": WORDS,
        "max_words": 6,
        "stage_sizes": SIZES,
        "generator_filters": 4,
        "discriminator_filters": 4,
        "residual_blocks": 1,
        "latent_dim": 8,
        "condition_dim": 6,
        "text_encoder": TEXT,
        "image_encoder": IMAGE,
        "seed": 3,
    }
    model = system(**{**arguments, **changes})
    if compiled:
        model.compile(generator_optimizer=adam(), discriminator_optimizer=adam())
    return model


def damsm(**changes):
    keras.utils.set_random_seed(2)
    model = DAMSM(
        **{
            "vocabulary": WORDS,
            "max_words": 6,
            "image_size": SIZES[-1],
            "text_encoder": TEXT,
            "image_encoder": IMAGE,
            "seed": 5,
            **changes,
        }
    )
    model.compile(adam())
    return model


def stackgan_v2(kind="rnn", compiled=True, **changes):
    """A StackGAN++ of two stages that reads captions ("rnn"), "embeddings", or nothing ("none")."""
    keras.utils.set_random_seed(1)
    arguments = {
        "vocabulary": WORDS if kind == "rnn" else None,
        "max_words": 6,
        "text_encoder": {
            "rnn": TEXT,
            "embeddings": {"kind": "embeddings", "features": TEXT["features"]},
            "none": {"kind": "none"},
        }[kind],
        "stage_sizes": SIZES,
        "generator_filters": 4,
        "discriminator_filters": 4,
        "residual_blocks": 1,
        "latent_dim": 8,
        "condition_dim": 6,
        "seed": 3,
    }
    model = StackGANV2(**{**arguments, **changes})
    if compiled:
        model.compile(generator_optimizer=adam(), discriminator_optimizer=adam())
    return model


def batch(step=0, size=4, sizes=SIZES, max_words=6, kind="rnn", mismatched=False):
    """Random images and captions, determined by the step.

    `kind`: the form of the captions, see `stackgan_v2`; `mismatched`: with `mismatched_images`.
    """
    rng = np.random.default_rng(step)
    lengths = rng.integers(1, max_words + 1, size)
    tokens = rng.integers(1, len(WORDS), (size, max_words))
    tokens[np.arange(max_words)[None] >= lengths[:, None]] = 0

    def make_images():
        largest = rng.uniform(-1, 1, (size, sizes[-1], sizes[-1], 3)).astype("float32")
        return tuple(tf.constant(largest[:, :: sizes[-1] // s, :: sizes[-1] // s]) for s in sizes)

    result = {"images": make_images(), "labels": tf.constant(np.arange(size), tf.int64)}
    if kind == "rnn":
        result["tokens"] = tf.constant(tokens, tf.int32)
        result["lengths"] = tf.constant(lengths, tf.int32)
    if kind == "embeddings":
        result["sentence"] = tf.constant(rng.normal(size=(size, TEXT["features"])), tf.float32)
    if mismatched:
        result["mismatched_images"] = make_images()
    return result


def snapshot(variables):
    """dict of name -> array."""
    return {name: np.array(v.numpy()) for name, v in variables.items()}


_MADE = {}


def reused(make, *arguments, **settings):
    """The new system `make(*arguments, **settings)`, created only once per process.

    Creating a tiny system takes longer than its steps. Every variable is reset to its first value.
    Not for a test that needs two systems of equal settings, or that sets attributes without
    `monkeypatch`.
    """
    policy = keras.config.dtype_policy().name
    key = (make.__module__, make.__qualname__, repr(arguments), repr(settings), policy)
    if key not in _MADE:
        model = make(*arguments, **settings)
        _MADE[key] = model, snapshot(model.checkpoint_variables())
    model, start = _MADE[key]
    for name, variable in model.checkpoint_variables().items():
        variable.assign(start[name])
    model.reset_metrics()
    return model


def steps(model, batches):
    """The last step's losses as floats, without a graph: tracing costs more than some steps.

    Steps in a graph are tested for every system in tests/models/test_every_system.py.
    """
    for batch in batches:
        logs = model.train_step(batch)
    return {name: float(value) for name, value in logs.items()}
