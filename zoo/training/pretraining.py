"""Pre-training stages: networks that a system needs trained first (DAMSM, MirrorGAN's STREAM)."""

from dataclasses import dataclass
from typing import Any

from ml_collections import ConfigDict

from zoo.errors import ZooError
from zoo.training.config import negatives_of
from zoo.training.following import changed_settings

# Settings that a stage inherits from its system's config, so that the two always agree.
INHERITED_BY_PRETRAINING = (
    "data", "dataset", "system", "seed", "strategy", "threads", "jit_compile", "statistics",
    "negatives", "text", "text_encoder", "text_cache", "size",
)
OPTIONAL = ("negatives", "size")  # not in every config


@dataclass(frozen=True)
class Stage:
    """A network that a system depends on, and its training if the config names no preset of it.

    Attributes:
        name: str. The setting that names a preset of it, the system of its recipe, and its folder
            in the run, such as "damsm".
        group: str. The group of the system's config with its settings, such as "pretraining".
        recipe: the module of its own recipe (see `zoo.training.recipe.Recipe`).
        needed: bool. Whether the system cannot be trained without it. If False, a preset that the
            config names only scores the images.
    """

    name: str
    group: str
    recipe: Any
    needed: bool = True

    def config(self, config):
        """The stage's own config: its group and the inherited settings of the system's `config`."""
        result = ConfigDict(config[self.group])
        with result.unlocked():
            inherited = set(INHERITED_BY_PRETRAINING) - {k for k in OPTIONAL if k not in config}
            result.update({key: config[key] for key in inherited})
            result.system = self.name
            result.negatives = negatives_of(config)
        return result


def settings_of_stage(config):
    """The group of settings of a stage: its recipe's `config` without the inherited settings."""
    settings = config.items(preserve_field_references=True)
    return {k: v for k, v in settings if k not in INHERITED_BY_PRETRAINING}


def named_presets(recipe):
    """dict of stage name -> the preset that the config names, or ""."""
    return {stage.name: recipe.config[stage.name] for stage in recipe.stages}


def stages_to_train(recipe):
    """The stages of a `Recipe` that its system needs and for which its config names no preset."""
    return [s for s in recipe.stages if s.needed and recipe.config[s.name] == ""]


def check_unused(recipe):
    """Raises `ZooError` for a changed setting of a stage that is not trained."""
    trained = stages_to_train(recipe)
    for stage in recipe.stages:
        if recipe.defaults is None or stage in trained:
            continue
        group, preset = stage.group, recipe.config[stage.name]
        for key, value in changed_settings(recipe.config[group], recipe.defaults[group]).items():
            why = f'config.{stage.name} names one, "{preset}": leave out one of the two' if (
                preset) else "the system does not need one with these settings: leave it out"
            raise ZooError(
                f"config.{group}.{key}={value} would have no effect: no {stage.name.upper()} is "
                f"trained, because {why}."
            )


def check_pretraining(recipe):
    """Raises `ZooError` for settings with which a stage cannot be trained."""
    for stage in stages_to_train(recipe):
        part = recipe.of_stage(stage)
        try:
            part.validate()
        except ZooError as error:
            raise ZooError(f"In the group config.{stage.group}: {error}") from error
        model, last = part.config.model, last_size(recipe.config)
        if model.get("image_encoder") == "compact" and model.image_size != last:
            setting = "image_size" if "image_size" in recipe.config.model else (
                "the last of stage_sizes")
            raise ZooError(
                f"config.{stage.group}.model.image_size is {model.image_size}, but in config.model "
                f"{setting} is {last}: the compact encoder needs them equal."
            )


def last_size(config):
    """Side in pixels of the images that a config's system generates."""
    return config.model.get("image_size") or config.model.stage_sizes[-1]


def check_weights(recipe):
    """Raises `ZooError` if the system or one of its stages lacks pre-trained weights, see
    `require_weights`."""
    recipe.check_weights(recipe.config)
    for stage in stages_to_train(recipe):
        part = recipe.of_stage(stage)
        try:
            part.check_weights(part.config)
        except ZooError as error:  # it names flags of the stage's own recipe
            text = str(error).replace("--config.", f"--config.{stage.group}.")
            raise ZooError(text) from error


def require_weights(config, kind, encoder, file):
    """Requires pre-trained weights for a frozen image encoder.

    Args:
        config: a config with `model.image_encoder` and `model.image_weights`.
        kind: str, the `image_encoder` that is frozen: "inception_v3".
        encoder: str, its name in the message: "a frozen Inception-v3".
        file: str, torchvision's file of its weights.

    Raises:
        ZooError: if the config selects this encoder without weights.
    """
    if config.model.image_encoder == kind and not config.model.image_weights:
        raise ZooError(
            f"{config.system.upper()} is trained on top of {encoder}, which needs ImageNet "
            f"weights: give --config.model.image_weights=PATH (torchvision's {file}, or its arrays "
            "as .npz), or --config.model.image_encoder=compact."
        )
