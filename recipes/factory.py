"""From a config to what trains: source, vocabulary, model, batches, scores."""

import json

import keras
from ml_collections import ConfigDict

from recipes import configs, evaluation
from recipes.attn_gan import SHARED
from recipes.run_folder import RunFolder, check_owner
from recipes.summaries import CaptionSamples
from recipes.trainer import Experiment, Trainer, is_chief
from zoo.data import get_source, text_to_image_dataset
from zoo.errors import ZooError, nearest
from zoo.text import CaptionTokenizer, Vocabulary

# --- running ----------------------------------------------------------------------------------


def train(config, workdir, strategy):
    """Train a config in a folder; returns True when the run is complete, False when stopped."""
    _builder(config.system)
    check_owner(workdir, config)
    data = Data(config)
    config = resolve(config, data)
    folder = RunFolder(workdir, config, writer=is_chief(strategy))
    try:
        for line in data.notes:
            folder.log(line)
        damsm = config.get("damsm")
        if damsm == "":
            if not _pretrain(config, data, folder, strategy):
                return False
            damsm = _pretrained(folder)
        experiment = build(config, data, strategy, damsm)
        folder.log("parameters: " + parameter_line(experiment.model))
        return Trainer(experiment, config, folder, strategy).run()
    finally:
        folder.close()


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
    for part in (config, config.get("pretraining")):
        if part is not None and not part.steps:
            part.steps = part.epochs * len(data.source) // part.batch_size
    if not config.steps:
        raise ZooError("config.epochs passes over so few pictures make no step.")
    return config


# --- data -------------------------------------------------------------------------------------


class Data:
    """The training source of a config and the held-out one.

    Attributes:
        source, held_out: sources (see `zoo.data`); without a held-out split, training pictures.
        notes: lines worth a place in the log.
    """

    def __init__(self, config):
        self.settings = settings = config.data
        self.image_size = max(_sizes(config))
        self.notes = []
        self.source = self._load("train", settings.count)
        try:
            held_out = self._load("test", settings.held_out_count)
        except ZooError as error:
            self.notes.append(f"no held-out split, scores use training pictures: {error}")
            held_out = self.source
        self.held_out = evaluation.Subset(held_out, settings.held_out_count)

    def _load(self, split, count):
        settings = self.settings
        if settings.name == "shapes":
            return get_source("shapes", size=self.image_size, count=count, split=split)
        arguments = {"directory": settings.directory, "split": split}
        if settings.name == "folder":
            arguments["on_error"] = settings.on_error
        try:
            source = get_source(settings.name, **arguments)
        except ZooError as error:
            raise ZooError(
                f"{error} Give your copy with --config.data.directory=PATH."
            ) from None
        skipped = getattr(source, "skipped", [])
        if skipped:
            self.notes.append(f"{split}: skipped {len(skipped)} lines, the first: {skipped[0]}")
        return source

    def vocabulary(self):
        """The words of the training captions that `min_count` lets in."""
        return Vocabulary.build(
            [caption for captions in self.source.captions for caption in captions],
            min_count=self.settings.min_count, unknown=self.settings.unknown == "unk",
        )

    def tokenizer(self, vocabulary):
        return CaptionTokenizer(vocabulary, self.settings.max_words, unknown=self.settings.unknown)

    def batches(self, config, model):
        """start step -> endless dataset of `model`'s batches."""
        settings = self.settings

        def from_step(start):
            return text_to_image_dataset(
                self.source, self.tokenizer(model.vocabulary), model.image_sizes,
                config.batch_size, seed=config.seed, start_step=start, crop=settings.crop,
                flip=settings.flip, cache=settings.cache,
            )

        return from_step

    def score(self, kind, config, model):
        return kind(
            model, self.held_out, self.tokenizer(model.vocabulary), config.batch_size,
            self.settings.crop,
        )


def _sizes(config):
    return config.model.get("stage_sizes") or (config.model.image_size,)


# --- builders ---------------------------------------------------------------------------------


def build(config, data, strategy, damsm=None):
    """The `Experiment` of a resolved config. The same config gives the same first weights.

    `damsm`: preset name or directory of a trained DAMSM, for the systems that need one; with none
    they get an untrained one, which is enough to describe them.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.dtype)
    with strategy.scope():
        return _builder(config.system)(config, data, damsm)


def _build_damsm(config, data, _=None):
    model = _damsm_model(config, data)
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
        write_samples=CaptionSamples(model, unknown=config.data.unknown, **config.samples),
        metadata=_metadata(config, model),
    )


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
    return {
        "name": f"{config.system}_{config.data.name}_{model.image_size}",
        "source": {"recipe": f"recipes/{config.system}.py"},
        "training": configs.flatten(configs.to_plain(config)),
    }


# --- pre-training -----------------------------------------------------------------------------


def pretraining_config(config):
    """The DAMSM config inside a GAN's: its `pretraining` group and what the two share."""
    result = ConfigDict(config.pretraining)
    with result.unlocked():
        result.update({key: config[key] for key in SHARED})
        result.system = "damsm"
    return result


def _pretrain(config, data, folder, strategy):
    part = pretraining_config(config)
    configs.validate(part)
    if part.model.image_encoder == "compact" and part.model.image_size != data.image_size:
        raise ZooError(
            f"config.pretraining.model.image_size is {part.model.image_size}, but the last of "
            f"config.model.stage_sizes is {data.image_size}: the compact encoder needs them equal."
        )
    inner = RunFolder(folder.path / "damsm", part, writer=folder.writer)
    try:
        if ((inner.read_json("presets.json") or {}).get("last") or {}).get("step") == part.steps:
            return True
        inner.log("pre-training a DAMSM (--config.damsm=PRESET would use a trained one)")
        return Trainer(build(part, data, strategy), part, inner, strategy).run()
    finally:
        inner.close()


def _pretrained(folder):
    presets = folder.path / "damsm" / "presets"
    return str(presets / ("best" if (presets / "best").exists() else "last"))
