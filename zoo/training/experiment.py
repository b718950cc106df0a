"""From a config to a run: its steps, its checks, its `Experiment`, its description."""

import json

import keras

from recipes.builders import damsm_model, get_builder, smallest_batch
from recipes.texts import open_damsm
from zoo.errors import ZooError
from zoo.training import configs
from zoo.training.data import open_data
from zoo.training.pretraining import GROUPS, check_pretraining, pretraining_config, pretrains
from zoo.training.setting_rules import STEPS


def describe(config, strategy):
    """What a run of this config would be, as text: settings, sizes, one batch. Writes nothing."""
    data = open_data(config)
    config = resolve(config, data)
    experiment = build(config, data, strategy, config.get("damsm"), config.get("stream"))
    model = experiment.model
    lines = [json.dumps(configs.to_plain(config), indent=2, ensure_ascii=False)]
    lines += data.notes
    lines.append(data.describe(model))
    lines.append("parameters: " + parameter_line(model))
    batch = next(iter(experiment.batches(0)))
    for name, value in batch.items():
        for part in value if isinstance(value, tuple) else (value,):
            lines.append(f"batch {name}: {part.dtype.name} {tuple(part.shape)}")
    return "\n".join(lines)


def parameter_line(model):
    """`"generator 1,234, ..."`."""
    return ", ".join(f"{name} {count:,}" for name, count in model.parameter_counts().items())


def resolve(config, data):
    """A copy whose `steps` are known: `epochs` passes over the source where `steps` is 0."""
    config = config.copy_and_resolve_references()
    count = len(data)
    parts = [("config", config)]
    for group in (GROUPS[name] for name in pretrains(config)):
        parts.append((f"config.{group}", config[group]))
    for name, part in parts:
        if part.batch_size > count:
            raise ZooError(
                f"{name}.batch_size is {part.batch_size}, but there are only {count} training "
                "pictures: use a smaller batch."
            )
        part.steps = part.steps or part.epochs * count // part.batch_size
        if part.steps > STEPS:
            raise ZooError(f"{name}.epochs {part.epochs} are {part.steps} steps: at most {STEPS}.")
    check_pretraining(config)
    if not config.steps:
        raise ZooError("config.epochs passes over so few pictures make no step.")
    return config


def build(config, data, strategy, damsm=None, stream=None):
    """The `Experiment` of a resolved config. The same config gives the same first weights.

    `damsm`, `stream`: preset name or directory of a trained one, for the systems that need it; with
    none they get an untrained one, which is enough to describe them.
    """
    _check_batch_size(config, strategy.num_replicas_in_sync)
    builder = get_builder(config.system)
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.dtype)
    with strategy.scope():
        beside = {"stream": stream} if "stream" in config else {}
        return builder(config, data, _open_damsm(config, data, damsm), **beside)


def _check_batch_size(config, replicas):
    least, even, reason = smallest_batch(config.system)
    if config.batch_size < least * replicas or (even and config.batch_size % (2 * replicas)):
        number = "an even number" if even else f"at least {least * replicas}"
        each = f", {number if even else least} a replica" if replicas > 1 else ""
        raise ZooError(
            f"config.batch_size must be {number}{each}, because {reason}. "
            f"Received: {config.batch_size}."
        )


def _open_damsm(config, data, damsm):
    """The DAMSM beside a system: trained, untrained to describe it, or none."""
    if damsm:
        return open_damsm(config, damsm)
    return damsm_model(pretraining_config(config), data) if "damsm" in pretrains(config) else None
