"""Starts a training run from a recipe: run folder, pre-training stages, training.

`zoo.training.describe` returns a summary of a run without training. Both resolve the config, open
the data and build the model in the same way.
"""

import os
import time
from pathlib import Path

import keras

from zoo.errors import ZooError
from zoo.presets.usage import condition_record
from zoo.training.cluster import chosen_strategy, is_chief, lost_workers_explained
from zoo.training.config import flatten, negatives_of, replace_auto, to_plain
from zoo.training.experiments import check_decay
from zoo.training.hardware import automatic_precision, precision_line, set_threads
from zoo.training.initial_weights import check_start, start_from, start_name
from zoo.training.pretraining import (
    check_pretraining,
    check_weights,
    named_presets,
    stages_to_train,
)
from zoo.training.recipe import as_recipe
from zoo.training.run_data import card_facts, check_folder, meaning_of, record
from zoo.training.run_folder import RunFolder, as_begun, check_config_matches
from zoo.training.setting_rules import STEPS
from zoo.training.trainer import Trainer


def run(config, workdir, build=None, strategy=None):
    """Trains a recipe in a run folder. Running it again resumes bit-exactly.

    Example:
        recipe = zoo.training.load_recipe("recipes/attn_gan.py:shapes")
        recipe.config.steps = 200
        zoo.training.run(recipe, "runs/a")

    Args:
        config: a `Recipe`, its name as for `load_recipe`, or a `ConfigDict` for captioned images
            together with `build`; for other data, create a `Recipe` with its own `open_data`.
        workdir: str, the run folder: new, empty, or the folder of this run.
        build: (config, data, pretrained) -> `zoo.training.Experiment`; overrides the recipe's own.
        strategy: a `tf.distribute` strategy; None: the one that `config.strategy` names.
            `config.threads` has an effect only before TensorFlow has started; the log says so.

    Returns:
        True when the run is complete, False when a signal stopped it.

    Raises:
        ZooError: if settings or data cannot be used, the folder belongs to another run, or training
            diverges, or another worker of the cluster is lost.
    """
    recipe = as_recipe(config, build)
    recipe.validate()
    if not isinstance(workdir, str | os.PathLike) or not os.fspath(workdir):
        raise ZooError(f"workdir must be the path of a run folder, got {workdir!r}.")
    threads = set_threads(recipe.config.get("threads", 0))
    strategy = chosen_strategy(strategy, recipe.config.strategy)
    with lost_workers_explained(strategy, lambda: "training had not begun"):
        return _run(recipe, workdir, strategy, threads)


def _run(recipe, workdir, strategy, threads):
    recipe = recipe.with_config(as_begun(recipe.config, workdir))
    data, wanted = recipe.open_data(recipe.config), recipe.config.dtype
    recipe = resolve(recipe, data)
    check_config_matches(workdir, recipe.config)
    check_folder(workdir, data)
    check_weights(recipe)
    begun = (Path(workdir) / "config.json").exists()
    if begun:
        check_decay(recipe.config, data, workdir)
    experiment, first = None, stages_to_train(recipe)
    if not first or not begun:
        # Invalid settings fail here, before anything is written or pre-trained.
        experiment = build_experiment(recipe, data, strategy, resumed=with_checkpoint(workdir))
    folder = RunFolder(workdir, recipe.config, writer=is_chief(strategy))
    try:
        precision = precision_line(wanted, recipe.config.dtype)
        for line in (*data.notes, "" if begun else precision, threads):  # begun: it is fixed
            if line:
                folder.log(line)
        record(folder, data)
        presets = named_presets(recipe)
        if first:
            del experiment
            presets = pretrain_all(recipe, data, folder, strategy)
            if presets is None:
                return False
            experiment = build_experiment(recipe, data, strategy, presets, with_checkpoint(workdir))
        _add_data_facts(experiment, recipe, data, presets)
        folder.log(data.describe(experiment.model))
        folder.log("parameters: " + parameter_summary(experiment.model))
        if experiment.start:
            folder.log(experiment.start)
        return Trainer(experiment, recipe.config, folder, strategy).run()
    finally:
        folder.close()


def parameter_summary(model):
    """`"generator 1,234, ..."`."""
    return ", ".join(f"{name} {count:,}" for name, count in model.parameter_counts().items())


def resolve(recipe, data):
    """A copy of the recipe with `steps` set: `epochs` passes over the data where `steps` is 0; and
    with this machine's `dtype` where it is "auto"."""
    config = recipe.config.copy_and_resolve_references()
    replace_auto(config, lambda key: automatic_precision())
    recipe, count = recipe.with_config(config), len(data)
    check_pretraining(recipe)
    parts = [("config", config)]
    parts += [(f"config.{s.group}", config[s.group]) for s in stages_to_train(recipe)]
    for name, part in parts:
        if part.batch_size > count:
            raise ZooError(
                f"{name}.batch_size is {part.batch_size}, but there are only {count} training "
                "images: use a smaller batch."
            )
        part.steps = part.steps or part.epochs * count // part.batch_size
        if part.steps > STEPS:
            raise ZooError(
                f"{name}.epochs={part.epochs} gives {part.steps} steps, more than the maximum of "
                f"{STEPS}: use fewer epochs."
            )
    check_start(recipe, stages_to_train(recipe))
    if not config.steps:
        raise ZooError(
            f"config.epochs={config.epochs} over {count} images in batches of {config.batch_size} "
            "gives no step: use more epochs or a smaller batch."
        )
    return recipe


def build_experiment(recipe, data, strategy, presets=None, resumed=None):
    """Builds the `Experiment` of a resolved recipe. The same config gives the same initial weights.

    Args:
        presets: dict of stage name -> preset of the trained network, by default those in the
            config. For a stage without a preset the recipe builds an untrained network, which
            suffices for `describe`.
        resumed: the folder of a run that resumes, whose words and weights its checkpoint has, so
            that the start of a fine-tuning is not read again. None for a new run.
    """
    config = recipe.config
    if resumed is not None and config.get("init"):
        config = config.copy_and_resolve_references()
        config.init = os.path.abspath(resumed)
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.dtype)
    with strategy.scope():
        experiment = recipe.build(config, data, presets or named_presets(recipe))
        if strategy.num_replicas_in_sync > 1:
            experiment.model.share(config.statistics, negatives_of(config))
        experiment.start = "" if resumed is not None else start_from(experiment.model, config)
    experiment.metadata = {**_metadata(recipe, experiment.model, resumed), **experiment.metadata}
    record, captions = condition_record(experiment.model), getattr(experiment.samples, "labels", [])
    if record and record["kind"] == "captions" and captions:
        experiment.metadata["condition"] = {**record, "caption": captions[0]}  # the card's example
    return experiment


# File paths, which are meaningless on another machine.
_FILES = ("data.directory", "init", "text_cache", "image_weights", "text_encoder.preprocess",
          "text_encoder.encoder", "score_encoder")


def _metadata(recipe, model, resumed=None):
    """Provenance metadata for the model card of the run's presets."""
    training = flatten(to_plain(recipe.config))
    for name in (*_FILES, *named_presets(recipe)):
        training.pop(name, None)
    training = {name: value for name, value in training.items() if not name.endswith(".init")}
    config = recipe.config
    if config.get("init"):
        training["init"] = start_name(config.init, resumed)
    return {
        "name": f"{config.system}_{config.dataset}_{model.image_size}",
        "source": {"recipe": recipe.source},
        "training": training,
    }


def _add_data_facts(experiment, recipe, data, presets):
    """Adds the facts about the data that the experiment's presets and checkpoints record."""
    experiment.metadata["training_data"] = card_facts(data)
    experiment.meaning = meaning_of(experiment.model, recipe.config, data, presets)


def pretrain_all(recipe, data, folder, strategy):
    """Trains, in order, the stages that a system needs and for which the config names no preset.

    Returns:
        dict of stage name -> preset, "" where none is needed; None when a signal stopped training.
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
    """Trains a stage in a subfolder of a `RunFolder`, unless it is already complete.

    `earlier`: dict of stage name -> preset of the preceding stages.

    Returns:
        str, path of its preset: the best one if the stage has a score, else the last one; None when
        a signal stopped training.
    """
    part = recipe.of_stage(stage)
    directory = folder.path / stage.name
    check_folder(directory, data)
    inner = RunFolder(directory, part.config, writer=folder.writer)
    try:
        record(inner, data, rows=False)
        if not is_done(inner, part.config.steps):
            inner.log(
                f"pre-training a {stage.name.upper()} (--config.{stage.name}=PRESET would use a "
                "trained one)"
            )
            experiment = build_experiment(part, data, strategy, earlier, with_checkpoint(directory))
            _add_data_facts(experiment, part, data, earlier)
            inner.log(data.describe(experiment.model))
            if experiment.start:
                inner.log(experiment.start)
            if not Trainer(experiment, part.config, inner, strategy).run():
                return None
            _wait_for_preset(inner, part.config.steps)
    finally:
        inner.close()
    return str(inner.preset("best" if inner.preset("best").exists() else "last"))


def with_checkpoint(directory):
    """The run folder, if it has a checkpoint, from which the run then resumes; else None."""
    return directory if (Path(directory) / "checkpoints" / "last.h5").exists() else None


def is_done(folder, steps):
    """Whether a `RunFolder` has the preset of the last step, which a run writes last."""
    return ((folder.read_json("presets.json") or {}).get("last") or {}).get("step") == steps


def _wait_for_preset(folder, step, seconds=600):
    """Waits, on the other workers of a cluster, until the chief has written the last preset."""
    end = time.monotonic() + seconds
    while not is_done(folder, step):
        if time.monotonic() > end:
            raise ZooError(
                f"The chief worker wrote no preset to {folder.path}: all workers of a cluster "
                "need the same --workdir on a shared file system."
            )
        time.sleep(0.2)
