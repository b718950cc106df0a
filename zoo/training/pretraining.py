"""Networks that are trained before a system and stand beside it: a DAMSM, MirrorGAN's STREAM."""

from dataclasses import dataclass
from typing import Any

from ml_collections import ConfigDict

from zoo.errors import ZooError

# What a stage takes from its system's config, so that the two cannot disagree.
INHERITED_BY_PRETRAINING = (
    "data", "dataset", "system", "seed", "strategy", "threads", "jit_compile",
    "text", "text_encoder", "text_cache",
)


@dataclass(frozen=True)
class Stage:
    """A network beside a system, and how it is trained where the config names no trained one.

    Attributes:
        name: str. The setting that names a preset of it, the system of its recipe, and its folder
            in the run: "damsm".
        group: str. The group of the system's config by which it is trained: "pretraining".
        recipe: the module of its own recipe (see `zoo.training.recipe.Recipe`).
        needed: bool. Whether the system cannot be trained without it; else a trained one that the
            config names only scores the images.
    """

    name: str
    group: str
    recipe: Any
    needed: bool = True

    def config(self, config):
        """The stage's own config: its group, and what it shares with the system's `config`."""
        result = ConfigDict(config[self.group])
        with result.unlocked():
            result.update({key: config[key] for key in INHERITED_BY_PRETRAINING})
            result.system = self.name
        return result


def settings_of_stage(config):
    """The group of settings of a stage: its recipe's `config` without what it inherits."""
    return {k: v for k, v in config.items() if k not in INHERITED_BY_PRETRAINING}


def named_presets(recipe):
    """dict of stage name -> the preset that the config names; "" for none."""
    return {stage.name: recipe.config[stage.name] for stage in recipe.stages}


def stages_to_train(recipe):
    """The stages of a `Recipe` that its system needs and its config names no preset of."""
    return [s for s in recipe.stages if s.needed and recipe.config[s.name] == ""]


def check_pretraining(recipe):
    """Raises `ZooError` for settings by which nothing can be trained first."""
    for stage in stages_to_train(recipe):
        part = recipe.of_stage(stage)
        part.validate()
        model, last = part.config.model, last_size(recipe.config)
        if model.get("image_encoder") == "compact" and model.image_size != last:
            setting = "image_size" if "image_size" in recipe.config.model else (
                "the last of stage_sizes")
            raise ZooError(
                f"config.{stage.group}.model.image_size is {model.image_size}, but in config.model "
                f"{setting} is {last}: the compact encoder needs them equal."
            )


def last_size(config):
    """Pixels of the images that a config's system makes."""
    return config.model.get("image_size") or config.model.stage_sizes[-1]


def check_weights(recipe):
    """Raises `ZooError` where the system or one of its stages lacks weights that it is not trained
    to have itself, see `require_weights`."""
    for part in (recipe, *map(recipe.of_stage, stages_to_train(recipe))):
        part.check_weights(part.config)


def require_weights(config, kind, encoder, file):
    """A frozen encoder stays as it is, so it must be a trained one.

    Args:
        config: a config with `model.image_encoder` and `model.image_weights`.
        kind: str, the `image_encoder` that is frozen: "inception_v3".
        encoder: str, what it is called: "a frozen Inception-v3".
        file: str, torchvision's file of its weights.

    Raises:
        ZooError: a part would be trained on top of it without its weights.
    """
    if config.model.image_encoder == kind and not config.model.image_weights:
        raise ZooError(
            f"{config.system.upper()} trains a part on top of {encoder}, which needs ImageNet "
            f"weights: give image_weights=PATH in its `model` group (torchvision's {file}, or "
            'its arrays as .npz), or image_encoder="compact".'
        )
