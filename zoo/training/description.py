"""Describes a run without training it: settings, parameters, shapes, time and memory.

Nothing is computed: the networks' variables are created without their initial values, and the step
is traced for the shapes of a batch.
"""

import contextlib
import dataclasses
import gc
import json
import tempfile
from typing import Any

import tensorflow as tf

from zoo.networks.build import without_values
from zoo.training import cost
from zoo.training.cluster import chosen_strategy
from zoo.training.config import to_plain
from zoo.training.gpus import describe_gpus
from zoo.training.launch import build_experiment, parameter_summary, resolve
from zoo.training.recipe import as_recipe
from zoo.training.stand_in import (
    known_data,
    needs_encoder,
    open_stand_in,
    stands_in,
    with_stand_in_encoder,
)


@dataclasses.dataclass(frozen=True)
class Plan:
    """A run that is built, but not started.

    Attributes:
        config: the resolved config, with `steps`.
        model: the compiled system; the values of its variables mean nothing.
        notes: list of str, lines for the log, such as that the data is not here.
        data_line: str, the data in words.
        batch: the batch as a nested structure of `tf.TensorSpec`.
        step: the `zoo.training.cost.Cost` of a step; None with more than one replica.
    """

    config: Any
    model: Any
    notes: list
    data_line: str
    batch: dict
    step: Any


def plan(config, build=None, strategy=None):
    """The `Plan` of a recipe.

    A paper's data set that is not there is replaced by one of the same size, and a text encoder of
    TensorFlow Hub that no setting names by one of BERT's sizes, see `zoo.training.stand_in`.

    Args:
        config, build, strategy: see `zoo.training.run`.

    Raises:
        ZooError: settings or data cannot be used.
    """
    recipe = as_recipe(config, build)
    recipe.validate()
    strategy = chosen_strategy(strategy, recipe.config.strategy)
    data = (open_stand_in(recipe) if stands_in(recipe.config)
            else recipe.open_data(recipe.config))
    recipe = resolve(recipe, data)
    with tempfile.TemporaryDirectory(prefix="zoo_encoder_") as folder, _garbage_kept():
        built, notes = recipe, list(data.notes)
        if needs_encoder(recipe.config):
            built, note = with_stand_in_encoder(recipe, folder)
            notes.append(note)
        with without_values():
            experiment = build_experiment(built, data, strategy)
        batch = _specs(experiment.batches(0))
        step = None
        if strategy.num_replicas_in_sync == 1:
            step = cost.step_cost(experiment.model, batch)
    model = experiment.model
    return Plan(recipe.config, model, notes, data.describe(model), batch, step)


@contextlib.contextmanager
def _garbage_kept():
    """A block without garbage collection: a tenth of the time of networks and their graphs, nearly
    all of which stay alive."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _specs(batches):
    """The `tf.TensorSpec`s of a data set's batches; a batch is drawn if they leave sizes open."""
    specs = batches.element_spec
    if all(spec.shape.is_fully_defined() for spec in tf.nest.flatten(specs)):
        return specs
    return tf.nest.map_structure(tf.TensorSpec.from_tensor, next(iter(batches)))


def describe(config, build=None, strategy=None):
    """Summary of a run as text. Writes nothing.

    Args:
        config, build, strategy: see `zoo.training.run`.

    Returns:
        str of several lines: settings, notes, parameter counts, the shapes of a batch; with one
        replica also an estimate of time and memory on this machine, and, for a paper's data set,
        one calculated for each of `zoo.training.gpus.GPUS`.
    """
    found = plan(config, build, strategy)
    lines = [json.dumps(to_plain(found.config), indent=2, ensure_ascii=False)]
    lines += found.notes
    lines.append(found.data_line)
    lines.append("parameters: " + parameter_summary(found.model))
    for name, value in found.batch.items():
        for part in value if isinstance(value, tuple) else (value,):
            lines.append(f"batch {name}: {part.dtype.name} {tuple(part.shape)}")
    if found.step is not None:
        lines.append(cost.describe_run(found.step, found.config))
        if known_data(found.config):
            lines.append(describe_gpus(found.step, found.config))
    return "\n".join(lines)

