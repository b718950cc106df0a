"""One builder a system: model, batches, score and samples of a resolved config."""

import keras

from recipes import image_builders, mirror_builders, xmc_builders
from recipes.texts import hub_text_encoder, text_arguments
from zoo.errors import ZooError, nearest
from zoo.training import configs, scores
from zoo.training.caption_samples import CaptionSamples
from zoo.training.sample_captions import sample_rows
from zoo.training.trainer import Experiment


def get_builder(system):
    """A function of (config, data, damsm) that gives an `Experiment`.

    `damsm` is a `DAMSM` where the system has one beside it, else None.
    """
    if system not in BUILDERS:
        raise ZooError(
            f'config.system must be one of {", ".join(BUILDERS)}, got "{system}".'
            f"{nearest(system, BUILDERS)}"
        )
    return BUILDERS[system]


def _build_damsm(config, data, damsm=None):
    del damsm
    model = damsm_model(config, data)
    if config.model.image_weights:
        from zoo.importers.official import load_inception_trunk

        load_inception_trunk(model.image_encoder, config.model.image_weights)
    model.compile(optimizer=keras.optimizers.Adam(**config.optimizer))
    return make_experiment(
        config, model, data.batches(config, model),
        data.score(scores.MatchingScore, config, model),
    )


def damsm_model(config, data):
    """An untrained `DAMSM` of its config."""
    from zoo.models.damsm import DAMSM

    settings = config.model
    schedule = len(data.source) // config.batch_size if settings.epoch_schedule else None
    if config.text == "hub":
        text = {"text_encoder": hub_text_encoder(config)}
    else:
        text = {
            "vocabulary": data.vocabulary().tokens,
            "text_encoder": {"features": settings.features, "cell": settings.cell,
                             "embedding_dim": settings.embedding_dim},
        }
    return DAMSM(
        **text, max_words=config.data.max_words,
        image_size=settings.image_size, dropout=settings.dropout, clip_norm=settings.clip_norm,
        image_encoder=_image_encoder(settings), steps_per_epoch=schedule, seed=config.seed,
    )


def _image_encoder(settings):
    """Without `features`: they are the text encoder's."""
    result = {"kind": settings.image_encoder}
    if settings.image_encoder == "compact":
        result.update(filters=settings.image_filters, image_size=settings.image_size)
    return result


def _build_attn_gan(config, data, damsm):
    from zoo.models.attn_gan import AttnGAN

    return _build_damsm_guided(AttnGAN, config, data, damsm)


def _build_dm_gan(config, data, damsm):
    from zoo.models.dm_gan import DMGAN

    return _build_damsm_guided(DMGAN, config, data, damsm)


def _build_damsm_guided(system, config, data, damsm, **arguments):
    model = system(
        **text_arguments(config, data, damsm), image_encoder=damsm.image_encoder_config,
        seed=config.seed, **config.model, **arguments,
    )
    _compile(model, config)
    model.load_damsm(damsm)
    return make_experiment(
        config, model, data.batches(config, model),
        frechet_score(config, data, model, damsm.image_encoder),
        caption_samples(config, data, model),
    )


def _build_mirror_gan(config, data, damsm, stream=None):
    from zoo.models.mirror_gan import MirrorGAN

    stream = mirror_builders.open_stream(config, data, damsm, stream)
    experiment = _build_damsm_guided(
        MirrorGAN, config, data, damsm, captioner=stream.captioner_config
    )
    experiment.model.load_stream(stream)
    return experiment


def _build_stream(config, data, damsm=None):
    model = mirror_builders.build_stream(config, data, damsm)
    return make_experiment(
        config, model, data.batches(config, model),
        mirror_builders.score_of(config, data, model),
        mirror_builders.samples_of(config, data, model),
    )


def _build_stackgan_v2(config, data, damsm):
    from zoo.models.stackgan_v2 import StackGANV2

    model = StackGANV2(**text_arguments(config, data, damsm), seed=config.seed, **config.model)
    _compile(model, config)
    if config.text == "captions":
        model.load_damsm(damsm)
    return make_experiment(
        config, model, data.batches(config, model, mismatched=model.conditional),
        frechet_score(config, data, model, damsm and damsm.image_encoder),
        caption_samples(config, data, model),
    )


def _build_xmc_gan(config, data, damsm):
    model = xmc_builders.xmc_gan_model(config, text_arguments(config, data, damsm))
    if config.text == "captions":
        model.load_damsm(damsm)
    return make_experiment(
        config, model, data.batches(config, model),
        frechet_score(config, data, model, damsm and damsm.image_encoder),
        caption_samples(config, data, model),
    )


def frechet_score(config, data, model, encoder):
    """The held-out score by a DAMSM's image encoder; None without one that reads such pictures."""
    size = getattr(encoder, "image_size", model.image_size)  # a compact encoder has its own size
    if encoder is None or size != model.image_size:
        data.notes.append("no score, because no DAMSM is at hand" if encoder is None else
                          f"no score: the DAMSM reads {size} pixels, these pictures have "
                          f"{model.image_size}")
        return None
    return data.score(scores.FrechetScore, config, model, encoder=encoder)


def _compile(model, config):
    model.compile(
        generator_optimizer=keras.optimizers.Adam(**config.optimizer),
        discriminator_optimizer=keras.optimizers.Adam(**config.optimizer),
    )


def make_experiment(config, model, batches, score, samples=None):
    """The `Experiment` of a compiled model."""
    known = {} if score is None else {
        "evaluate": score, "best_metric": score.best_metric, "protocol": score.protocol,
        "images": score.images,
    }
    return Experiment(
        model, batches, write_samples=samples, metadata=_metadata(config, model), **known
    )


def caption_samples(config, data, model):
    """The fixed sample grid."""
    rows, labels = sample_rows(config, data, model)
    if rows is not None and not len(rows):
        data.notes.append("no sample grid: the model can read none of the captions")
        return None
    if labels and labels != list(config.samples.captions):
        data.notes.append("sample grid: " + "; ".join(labels))
    return CaptionSamples(
        model, rows, config.samples.images_per_caption, config.samples.seed,
        unknown=config.data.unknown, labels=labels,
    )


def _metadata(config, model):
    """What the presets' model card says about where they come from."""
    training = configs.flatten(configs.to_plain(config))
    for place in ("data.directory", "damsm", "stream", "text_cache", "image_weights",
                  "text_encoder.preprocess", "text_encoder.encoder"):
        training.pop(place, None)  # where files lay says nothing
    return {
        "name": f"{config.system}_{config.dataset}_{model.image_size}",
        "source": {"recipe": f"recipes/{config.system}.py:{config.dataset}"},
        "training": training,
    }


def _build_image_system(config, data, damsm=None):
    del damsm
    model = image_builders.BUILDERS[config.system](config, data)
    return make_experiment(
        config, model, data.batches(config, model),
        image_builders.score_of(config, data, model),
        image_builders.samples_of(config, data, model),
    )


def smallest_batch(system):
    """(pictures a replica at least, whether their number must be even, why)."""
    smallest = {
        **image_builders.SMALLEST_BATCHES,
        "xmc_gan": (4, True, "a batch is cut into discriminator_steps parts of two pairs at least"),
    }
    return smallest.get(system, (
        2, False, "the others of a batch give the wrong captions and the batch statistics",
    ))


BUILDERS = {
    "damsm": _build_damsm, "attn_gan": _build_attn_gan, "dm_gan": _build_dm_gan,
    "stackgan_v2": _build_stackgan_v2, "mirror_gan": _build_mirror_gan, "stream": _build_stream,
    "xmc_gan": _build_xmc_gan,
    **dict.fromkeys(image_builders.BUILDERS, _build_image_system),
}
