"""A training from its recipe: the folder, the pre-training of what is not given, the run.

`run` trains, `describe` says what a run would be. Both resolve the config, open the data and build
the model in the same way.
"""

import json
import time
from pathlib import Path

import keras

from zoo.errors import ZooError
from zoo.training import cost
from zoo.training.config import flatten, to_plain
from zoo.training.hardware import precision_advice
from zoo.training.pretraining import (
    check_pretraining,
    check_weights,
    named_presets,
    stages_to_train,
)
from zoo.training.recipe import as_recipe
from zoo.training.run_data import card_facts, check_folder, meaning_of, record
from zoo.training.run_folder import RunFolder, as_begun, check_owner
from zoo.training.setting_rules import STEPS
from zoo.training.trainer import Trainer, is_chief, make_strategy


def run(config, workdir, build=None, strategy=None):
    """Trains a recipe in a folder; started again, it resumes bit-exactly.

    Example:
        recipe = zoo.training.load_recipe("recipes/attn_gan.py:shapes")
        recipe.config.steps = 200
        zoo.training.run(recipe, "runs/a")

    Args:
        config: a `Recipe`, or a `ConfigDict` of captioned images together with `build`; for other
            data make a `Recipe` with its `open_data`.
        workdir: str, the run's folder: new, empty, or this run's own.
        build: (config, data, pretrained) -> `zoo.training.Experiment`; a recipe has its own.
        strategy: a `tf.distribute` strategy; None: the one that `config.strategy` names.
            `config.threads` is not looked at: it must be set before TensorFlow starts.

    Returns:
        True when the run is complete, False when a signal stopped it.

    Raises:
        ZooError: settings or data that cannot be used, a folder of another run, or a training that
            broke down.
    """
    recipe = as_recipe(config, build)
    recipe.validate()
    strategy = strategy or make_strategy(recipe.config.strategy)
    recipe = recipe.with_config(as_begun(recipe.config, workdir))
    data = recipe.open_data(recipe.config)
    recipe = resolve(recipe, data)
    check_owner(workdir, recipe.config)
    check_folder(workdir, data)
    check_weights(recipe)
    experiment, first = None, stages_to_train(recipe)
    if not first or not (Path(workdir) / "config.json").exists():
        # A mistake in the settings shows here, before anything is written or pre-trained.
        experiment = build_experiment(recipe, data, strategy)
    folder = RunFolder(workdir, recipe.config, writer=is_chief(strategy))
    try:
        for line in (*data.notes, precision_advice(recipe.config.dtype)):
            if line:
                folder.log(line)
        record(folder, data)
        presets = named_presets(recipe)
        if first:
            del experiment
            presets = pretrain_all(recipe, data, folder, strategy)
            if presets is None:
                return False
            experiment = build_experiment(recipe, data, strategy, presets)
        _note_data(experiment, recipe, data, presets)
        folder.log(data.describe(experiment.model))
        folder.log("parameters: " + parameter_summary(experiment.model))
        return Trainer(experiment, recipe.config, folder, strategy).run()
    finally:
        folder.close()


def describe(config, build=None, strategy=None):
    """What a run would be, as text: settings, sizes, one batch. Writes nothing.

    Args:
        config, build, strategy: see `run`.

    Returns:
        str of several lines; with one replica the last ones are an estimate of time and memory,
        which takes as long as tracing a step and a second more.
    """
    recipe = as_recipe(config, build)
    recipe.validate()
    strategy = strategy or make_strategy(recipe.config.strategy)
    data = recipe.open_data(recipe.config)
    recipe = resolve(recipe, data)
    experiment = build_experiment(recipe, data, strategy)
    lines = [json.dumps(to_plain(recipe.config), indent=2, ensure_ascii=False)]
    lines += data.notes
    lines.append(data.describe(experiment.model))
    lines.append("parameters: " + parameter_summary(experiment.model))
    batch = next(iter(experiment.batches(0)))
    for name, value in batch.items():
        for part in value if isinstance(value, tuple) else (value,):
            lines.append(f"batch {name}: {part.dtype.name} {tuple(part.shape)}")
    if strategy.num_replicas_in_sync == 1:
        lines.append(cost.describe_run(experiment.model, batch, recipe.config))
    return "\n".join(lines)


def parameter_summary(model):
    """`"generator 1,234, ..."`."""
    return ", ".join(f"{name} {count:,}" for name, count in model.parameter_counts().items())


def resolve(recipe, data):
    """A copy whose `steps` are known: `epochs` passes over the data where `steps` is 0."""
    config = recipe.config.copy_and_resolve_references()
    recipe, count = recipe.with_config(config), len(data)
    parts = [("config", config)]
    parts += [(f"config.{s.group}", config[s.group]) for s in stages_to_train(recipe)]
    for name, part in parts:
        if part.batch_size > count:
            raise ZooError(
                f"{name}.batch_size is {part.batch_size}, but there are only {count} training "
                "pictures: use a smaller batch."
            )
        part.steps = part.steps or part.epochs * count // part.batch_size
        if part.steps > STEPS:
            raise ZooError(f"{name}.epochs {part.epochs} are {part.steps} steps: at most {STEPS}.")
    check_pretraining(recipe)
    if not config.steps:
        raise ZooError("config.epochs passes over so few images make no step.")
    return recipe


def build_experiment(recipe, data, strategy, presets=None):
    """The `Experiment` of a resolved recipe. The same config gives the same first weights.

    `presets`: dict of stage name -> preset of a trained one; by default those that the config
    names. For a stage without one the recipe builds an untrained network, which is enough to
    describe a run.
    """
    config = recipe.config
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.dtype)
    with strategy.scope():
        experiment = recipe.build(config, data, presets or named_presets(recipe))
    experiment.metadata = {**_metadata(recipe, experiment.model), **experiment.metadata}
    return experiment


# What says where files were, which means nothing elsewhere.
_FILES = ("data.directory", "text_cache", "image_weights", "text_encoder.preprocess",
          "text_encoder.encoder")


def _metadata(recipe, model):
    """What the presets' model card says about where they come from."""
    training = flatten(to_plain(recipe.config))
    for name in (*_FILES, *named_presets(recipe)):
        training.pop(name, None)
    config = recipe.config
    return {
        "name": f"{config.system}_{config.dataset}_{model.image_size}",
        "source": {"recipe": recipe.source},
        "training": training,
    }


def _note_data(experiment, recipe, data, presets):
    """Tells an experiment what its presets and checkpoints say of the data."""
    experiment.metadata["training_data"] = card_facts(data)
    experiment.meaning = meaning_of(experiment.model, recipe.config, data, presets)


def pretrain_all(recipe, data, folder, strategy):
    """Trains the stages that a system needs and that are not given, one after the other.

    Returns:
        dict of stage name -> preset, "" where none is needed; None when a signal stopped it.
    """
    presets, earlier = named_presets(recipe), {}
    first = [stage.name for stage in stages_to_train(recipe)]
    for stage in recipe.stages:
        if stage.name in first:
            presets[stage.name] = pretrain(recipe, stage, data, folder, strategy, earlier)
            if presets[stage.name] is None:
                return None
        earlier = {**earlier, stage.name: presets[stage.name]}
    return presets


def pretrain(recipe, stage, data, folder, strategy, earlier):
    """Trains a stage in a folder of a `RunFolder`, unless that was done.

    `earlier`: dict of stage name -> preset of the stages before it.

    Returns:
        str, its preset, the best one where there is a score; None when a signal stopped it.
    """
    part = recipe.of_stage(stage)
    place = folder.path / stage.name
    check_folder(place, data)
    inner = RunFolder(place, part.config, writer=folder.writer)
    try:
        record(inner, data, rows=False)
        if not is_done(inner, part.config.steps):
            inner.log(
                f"pre-training a {stage.name.upper()} (--config.{stage.name}=PRESET would use a "
                "trained one)"
            )
            experiment = build_experiment(part, data, strategy, earlier)
            _note_data(experiment, part, data, earlier)
            inner.log(data.describe(experiment.model))
            if not Trainer(experiment, part.config, inner, strategy).run():
                return None
            _wait_for_preset(inner, part.config.steps)
    finally:
        inner.close()
    return str(inner.preset("best" if inner.preset("best").exists() else "last"))


def is_done(folder, steps):
    """Whether a `RunFolder` has the preset of its last step, the last thing that a run writes."""
    return ((folder.read_json("presets.json") or {}).get("last") or {}).get("step") == steps


def _wait_for_preset(folder, step, seconds=600):
    """Other workers of a cluster wait until the chief has written the last preset."""
    end = time.monotonic() + seconds
    while not is_done(folder, step):
        if time.monotonic() > end:
            raise ZooError(
                f"The chief worker wrote no preset to {folder.path}: all workers of a cluster "
                "need the same --workdir on a shared disk."
            )
        time.sleep(0.2)
