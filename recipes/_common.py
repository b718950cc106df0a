"""Helpers that recipes share: runtime settings, variants, and the last steps of `build`.

All numbers of a paper are in its own recipe, not here.
"""

from ml_collections import ConfigDict

from recipes._folder import BySize, follow_size
from zoo import training
from zoo.errors import ZooError, nearest
from zoo.training.config import check_known_keys
from zoo.training.setting_rules import flatten

# Captions of the sample grids, by data set.
SAMPLE_CAPTIONS = {
    "shapes": (
        "a red circle", "a small star on the left", "a large green triangle",
        "a yellow shape on a black background",
    ),
    "emoji": (
        "grinning face", "red heart", "crying cat", "woman farmer: medium skin tone",
        "man running: dark skin tone", "full moon face", "clapping hands: light skin tone",
        "white medium square",
    ),
    "birds": (
        "this bird is red with white and has a very short beak",
        "a small blue bird with a white belly", "a yellow bird with black wings and a black head",
        "a large black bird with a long curved beak",
    ),
    "folder": ("",) * 8,  # replaced by held-out captions
    "coco": (
        "a bowl of fruit on a table", "a herd of sheep grazing on a green field",
        "a red bus driving down a city street", "a pizza with cheese on a plate",
    ),
}


def common_config(system, dataset, variants):
    """The runtime settings, which every recipe has.

    Args:
        system: str, the name of the recipe's file.
        dataset: str, the name that the user gave.
        variants: names of the recipe's datasets.

    Returns:
        an unlocked `ConfigDict`.

    Raises:
        ZooError: for an unknown dataset.
    """
    if dataset not in variants:
        raise ZooError(
            f'Unknown dataset "{dataset}": expected one of {", ".join(variants)}.'
            f"{nearest(dataset, variants)}"
        )
    return ConfigDict({
        "system": system,
        "dataset": dataset,  # the recipe's variant; part of the presets' name
        "steps": 0,  # training steps; 0: use `epochs`
        "epochs": 0,  # passes over the training split
        "batch_size": 1,  # images per step, over all replicas
        "init": "",  # fine-tuning: the preset or run folder whose weights the networks start with
        "seed": 0,  # of the weights, the noise and the data order
        "dtype": "float32",  # "float32" | "mixed_bfloat16"
        "strategy": "none",  # "none" | "mirrored" | "multiworker" (cluster in TF_CONFIG)
        "threads": 0,  # CPU threads; 0: TensorFlow's default
        "jit_compile": False,  # XLA; worth trying on a GPU only
        "checkpoint_every": 500,  # steps between two checkpoints
        "log_every": 20,  # steps between two log lines
        "sample_every": 500,  # steps between two sample grids and held-out scores; 0: never
        "sample_minutes": 5.0,  # a sample grid at least this often; 0: only after steps
    })


def with_variant(config, variant, variants=None):
    """The locked config with a variant's settings.

    Args:
        config: `ConfigDict`, the settings that the variants share.
        variant: nested dict of the settings that differ, or a `BySize` of two other variants.
        variants: all variants, for a `BySize`.

    Raises:
        ZooError: if `config` lacks one of the variant's settings.
    """
    if isinstance(variant, BySize):
        follow_size(config, variants, variant)
        return config.lock()
    check_known_keys(flatten(variant), config)
    config.update(variant)
    return config.lock()


def compile_gan(model, config, **others):
    """Compiles a model with one Adam per network, with the settings of `config.optimizer`.

    `others`: further arguments of `compile`.
    """
    import keras

    model.compile(
        generator_optimizer=keras.optimizers.Adam(**config.optimizer),
        discriminator_optimizer=keras.optimizers.Adam(**config.optimizer),
        **others,
    )


def check_caption_batch(config):
    """Raises `ZooError` for a batch too small to contain mismatched images."""
    training.check_batch_size(
        config, 2, "the other pairs of a batch give mismatched captions and batch statistics"
    )


def caption_experiment(config, data, model, damsm, mismatched=False):
    """The `Experiment` of a compiled text-to-image model.

    `damsm`: a `DAMSM` whose image encoder scores the images, or None. `mismatched`: whether batches
    have mismatched images too.
    """
    return training.Experiment(
        model,
        data.batches(config, model, mismatched=mismatched),
        training.frechet_score(config, data, model, damsm and damsm.image_encoder),
        training.caption_samples(config, data, model),
    )


def image_experiment(config, data, model):
    """The `Experiment` of a compiled model of labels, pairs or two domains.

    A model without a latent gets one sample per condition and no score.
    """
    samples = config.samples
    return training.Experiment(
        model,
        data.batches(config, model),
        training.PairDistance(model, data, samples.seed) if model.latent_dim else None,
        training.ConditionSamples(
            model, training.fixed_conditions(model, data, samples.rows),
            samples.samples_per_condition if model.latent_dim else 1, samples.seed,
        ),
    )


def decay_arguments(config, data):
    """The arguments of a model with learning rate decay; empty without a `decay`."""
    if not config.decay.epochs:
        return {}
    return {"steps_per_epoch": max(len(data) // config.batch_size, 1), **config.decay}


def model_arguments(config):
    """`config.model` as arguments of a model whose EMA is optional: a decay of 0 means no EMA."""
    return {**config.model, "ema_decay": config.model.ema_decay or None}
