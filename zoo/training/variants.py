"""The settings of a recipe: the runtime settings, which all recipes share, and its variants.

All numbers of a paper are in its own recipe, not here.
"""

from ml_collections import ConfigDict

from zoo.errors import ZooError, nearest
from zoo.training.config import check_known_keys
from zoo.training.folder_variant import BySize, follow_size
from zoo.training.following import fixed, follow_length
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


class Based(dict):
    """A variant that is another one with some settings changed, as it stands on a recipe's page:
    `"birds_ms": Based("birds", {"model": {"mode_seeking_weight": 1.0}})`.

    Args:
        name: str, the other variant.
        settings: nested dict of the settings that differ from it.
    """

    def __init__(self, name, settings):
        super().__init__(settings)
        self.name = name


def based_on(dataset, variants):
    """The name of the variant that a `Based` one, possibly over several steps, comes from; that of
    another variant is returned unchanged."""
    while isinstance(variants.get(dataset), Based):
        dataset = variants[dataset].name
    return dataset


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
        "steps": 0,  # training steps; of `steps` and `epochs`, setting one makes the other 0
        "epochs": 0,  # passes over the training split
        "batch_size": 1,  # images per step, over all replicas
        "init": "",  # fine-tuning: the preset or run folder whose weights the networks start with
        "seed": 0,  # of the weights, the noise and the data order
        "dtype": "float32",  # "float32" | "mixed_bfloat16" | "auto": the faster one on this machine
        "strategy": "none",  # "none" | "mirrored" | "multiworker" (cluster in TF_CONFIG)
        "statistics": "replica",  # batch statistics of each "replica", or "global": of all together
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
        variant: nested dict of the settings that differ, a `Based` on another variant, or a
            `BySize` of two other variants.
        variants: all variants, for a `Based` or a `BySize`.

    Raises:
        ZooError: if `config` lacks one of the variant's settings.
    """
    if isinstance(variant, BySize):
        follow_size(config, variants, variant)
    else:
        _update(config, variant, variants)
        follow_length(config, fixed(config.steps), fixed(config.epochs))
    return config.lock()


def _update(config, variant, variants):
    if isinstance(variant, Based):
        _update(config, variants[variant.name], variants)
    check_known_keys(flatten(variant), config)
    config.update(variant)
