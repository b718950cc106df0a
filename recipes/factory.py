"""From a config to a run: its steps, its checks, its `Experiment`, its description."""

import json

import keras
from ml_collections import ConfigDict

from recipes import configs
from recipes.builders import damsm_model, get_builder
from recipes.sources import Data
from recipes.text_to_image import SHARED
from zoo.errors import ZooError


def describe(config, strategy):
    """What a run of this config would be, as text: settings, sizes, one batch. Writes nothing."""
    data = Data(config)
    config = resolve(config, data)
    experiment = build(config, data, strategy, config.get("damsm"))
    model = experiment.model
    lines = [json.dumps(configs.to_plain(config), indent=2, ensure_ascii=False)]
    lines += data.notes
    words = "no captions are read" if model.vocabulary is None else (
        f"vocabulary: {len(model.vocabulary)} tokens"
    )
    lines.append(f"pictures: {len(data.source)}, {words}")
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
    count = len(data.source)
    parts = [("config", config)]
    if pretrains(config):
        parts.append(("config.pretraining", config.pretraining))
    for name, part in parts:
        if part.batch_size > count:
            raise ZooError(
                f"{name}.batch_size is {part.batch_size}, but there are only {count} training "
                "pictures: use a smaller batch."
            )
        part.steps = part.steps or part.epochs * count // part.batch_size
    if pretrains(config):
        _check_pretraining(config)
    if not config.steps:
        raise ZooError("config.epochs passes over so few pictures make no step.")
    return config


def pretrains(config):
    """Whether a DAMSM is trained before this config's system: it needs one, and none is given."""
    return config.get("damsm") == "" and config.get("text", "captions") == "captions"


def pretraining_config(config):
    """The DAMSM config inside a GAN's: its `pretraining` group and what the two share."""
    result = ConfigDict(config.pretraining)
    with result.unlocked():
        result.update({key: config[key] for key in SHARED})
        result.system = "damsm"
    return result


def _check_pretraining(config):
    part = pretraining_config(config)
    configs.validate(part)
    size, last = part.model.image_size, config.model.stage_sizes[-1]
    if part.model.image_encoder == "compact" and size != last:
        raise ZooError(
            f"config.pretraining.model.image_size is {size}, but the last of "
            f"config.model.stage_sizes is {last}: the compact encoder needs them equal."
        )


def check_image_weights(config):
    """An Inception stays as it is in DAMSM's training, so it must be a trained one.

    Raises:
        ZooError: a DAMSM config with an Inception and no weights for it.
    """
    settings = config.model
    if settings.image_encoder == "inception_v3" and not settings.image_weights:
        raise ZooError(
            "DAMSM trains two projections of a frozen Inception-v3, which needs ImageNet weights: "
            "give image_weights=PATH in DAMSM's `model` group (torchvision's "
            'inception_v3_google-1a9a5a14.pth, or its arrays as .npz), or image_encoder="compact".'
        )


def build(config, data, strategy, damsm=None):
    """The `Experiment` of a resolved config. The same config gives the same first weights.

    `damsm`: preset name or directory of a trained DAMSM, for the systems that need one; with none
    they get an untrained one, which is enough to describe them.
    """
    replicas = strategy.num_replicas_in_sync
    if config.batch_size < 2 * replicas:
        raise ZooError(
            f"config.batch_size must be at least {2 * replicas}, two pictures a replica, because "
            "the others of a batch give the wrong captions and the batch statistics. "
            f"Received: {config.batch_size}."
        )
    builder = get_builder(config.system)
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.dtype)
    with strategy.scope():
        return builder(config, data, _open_damsm(config, data, damsm))


def _open_damsm(config, data, damsm):
    """The DAMSM beside a system: trained, untrained to describe it, or none."""
    if damsm:
        from zoo.models.damsm import DAMSM

        return DAMSM.from_preset(damsm)
    return damsm_model(pretraining_config(config), data) if pretrains(config) else None
