"""From a config to what trains: model, batches, scores, samples. One builder a system."""

import json

import keras
from ml_collections import ConfigDict

from recipes import configs, evaluation
from recipes.attn_gan import SHARED
from recipes.sources import Data
from recipes.summaries import CaptionSamples
from recipes.trainer import Experiment
from zoo.errors import ZooError, nearest
from zoo.text import check_captions


def describe(config, strategy):
    """What a run of this config would be, as text: settings, sizes, one batch. Writes nothing."""
    data = Data(config)
    config = resolve(config, data)
    experiment = build(config, data, strategy, config.get("damsm"))
    lines = [json.dumps(configs.to_plain(config), indent=2, ensure_ascii=False)]
    lines += data.notes
    lines.append(f"pictures: {len(data.source)}, vocabulary: "
                 f"{len(experiment.model.vocabulary)} tokens")
    lines.append("parameters: " + parameter_line(experiment.model))
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
    config = ConfigDict(config)
    count = len(data.source)
    for name, part in (("config", config), ("config.pretraining", config.get("pretraining"))):
        if part is None:
            continue
        if part.batch_size > count:
            raise ZooError(
                f"{name}.batch_size is {part.batch_size}, but there are only {count} training "
                "pictures: use a smaller batch."
            )
        part.steps = part.steps or part.epochs * count // part.batch_size
    if config.get("damsm") == "":
        _check_pretraining(config)
    if not config.steps:
        raise ZooError("config.epochs passes over so few pictures make no step.")
    return config


def _check_pretraining(config):
    part = pretraining_config(config)
    configs.validate(part)
    size, last = part.model.image_size, config.model.stage_sizes[-1]
    if part.model.image_encoder == "compact" and size != last:
        raise ZooError(
            f"config.pretraining.model.image_size is {size}, but the last of "
            f"config.model.stage_sizes is {last}: the compact encoder needs them equal."
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
            "each picture is also shown with another one's caption. "
            f"Received: {config.batch_size}."
        )
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.dtype)
    with strategy.scope():
        return _builder(config.system)(config, data, damsm)


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


def _build_damsm(config, data, _=None):
    model = _damsm_model(config, data)
    if config.model.image_weights:
        from zoo.importers.official import load_inception_trunk

        load_inception_trunk(model.image_encoder, config.model.image_weights)
    model.compile(optimizer=keras.optimizers.Adam(**config.optimizer))
    score = data.score(evaluation.MatchingScore, config, model)
    return Experiment(
        model, data.batches(config, model), evaluate=score, best_metric=score.best_metric,
        protocol=score.protocol,
        metadata=_metadata(config, model),
    )


def _damsm_model(config, data):
    from zoo.models.damsm import DAMSM

    settings = config.model
    schedule = len(data.source) // config.batch_size if settings.epoch_schedule else None
    return DAMSM(
        vocabulary=data.vocabulary().tokens, max_words=config.data.max_words,
        image_size=settings.image_size, dropout=settings.dropout, clip_norm=settings.clip_norm,
        text_encoder={"features": settings.features, "cell": settings.cell,
                      "embedding_dim": settings.embedding_dim},
        image_encoder=_image_encoder(settings),
        steps_per_epoch=schedule, seed=config.seed,
    )


def _image_encoder(settings):
    result = {"kind": settings.image_encoder, "features": settings.features}
    if settings.image_encoder == "compact":
        result.update(filters=settings.image_filters, image_size=settings.image_size)
    return result


def _build_attn_gan(config, data, damsm):
    from zoo.models.attn_gan import AttnGAN
    from zoo.models.damsm import DAMSM

    if damsm:
        damsm = DAMSM.from_preset(damsm)
    else:
        damsm = _damsm_model(pretraining_config(config), data)
    model = AttnGAN(
        vocabulary=damsm.vocabulary.tokens, max_words=config.data.max_words, seed=config.seed,
        text_encoder=damsm.text_encoder_config, image_encoder=damsm.image_encoder_config,
        **config.model,
    )
    adam = config.optimizer
    model.compile(
        generator_optimizer=keras.optimizers.Adam(**adam),
        discriminator_optimizer=keras.optimizers.Adam(**adam),
    )
    model.load_damsm(damsm)
    score = data.score(evaluation.FrechetScore, config, model)
    return Experiment(
        model, data.batches(config, model), evaluate=score, best_metric=score.best_metric,
        protocol=score.protocol,
        write_samples=_samples(config, data, model),
        metadata=_metadata(config, model),
    )


def _samples(config, data, model):
    """The fixed sample grid; captions that the vocabulary cannot read give way to held-out ones."""
    settings, unknown = config.samples, config.data.unknown
    wanted = list(settings.captions)
    others = [captions[0] for captions in data.held_out.captions]
    captions = [c for c in wanted if _readable(c, model.vocabulary, unknown)]
    others = [c for c in dict.fromkeys(others) if _readable(c, model.vocabulary, unknown)]
    if not captions or len(captions) < len(wanted):
        captions += others[:max(len(wanted), 1) - len(captions)]
        data.notes.append("sample grid: " + "; ".join(captions))
    if not captions:
        return None
    return CaptionSamples(
        model, captions, settings.images_per_caption, settings.seed, unknown=unknown
    )


def _readable(caption, vocabulary, unknown):
    try:
        check_captions([caption], vocabulary, unknown=unknown)
    except ZooError:
        return False
    return True


BUILDERS = {"damsm": _build_damsm, "attn_gan": _build_attn_gan}


def _builder(system):
    if system not in BUILDERS:
        raise ZooError(
            f'config.system must be one of {", ".join(BUILDERS)}, got "{system}".'
            f"{nearest(system, BUILDERS)}"
        )
    return BUILDERS[system]


def _metadata(config, model):
    """What the presets' model card says about where they come from."""
    training = configs.flatten(configs.to_plain(config))
    for place in ("data.directory", "damsm"):  # where files lay says nothing to anybody else
        training.pop(place, None)
    return {
        "name": f"{config.system}_{config.dataset}_{model.image_size}",
        "source": {"recipe": f"recipes/{config.system}.py:{config.dataset}"},
        "training": training,
    }


def pretraining_config(config):
    """The DAMSM config inside a GAN's: its `pretraining` group and what the two share."""
    result = ConfigDict(config.pretraining)
    with result.unlocked():
        result.update({key: config[key] for key in SHARED})
        result.system = "damsm"
    return result
