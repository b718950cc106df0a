"""The last steps of a recipe's `build`: compiling a model, and its batches, score and samples."""

from zoo import training
from zoo.errors import ZooError


def compile_gan(model, config, **others):
    """Compiles a model with one Adam per network, with the settings of `config.optimizer`.

    `others`: further arguments of `compile`.
    """
    import keras

    model.compile(
        generator_optimizer=keras.optimizers.Adam(**config.optimizer),
        discriminator_optimizer=keras.optimizers.Adam(**config.optimizer),
        **others,
    )


def check_caption_batch(config):
    """Raises `ZooError` for a batch too small to contain mismatched images."""
    training.check_batch_size(
        config, 2, "the other pairs of a batch give mismatched captions and batch statistics"
    )


def caption_experiment(config, data, model, damsm, mismatched=False):
    """The `Experiment` of a compiled text-to-image model.

    `damsm`: a `DAMSM` whose image encoder scores the images, or None. `mismatched`: whether batches
    have mismatched images too. A stand-in is neither scored nor drawn from.
    """
    batches = data.batches(config, model, mismatched=mismatched)
    if data.is_stand_in:
        return training.Experiment(model, batches)
    return training.Experiment(
        model,
        batches,
        training.frechet_score(config, data, model, damsm and damsm.image_encoder),
        training.caption_samples(config, data, model),
    )


def image_experiment(config, data, model):
    """The `Experiment` of a compiled model of labels, pairs or two domains.

    A model without a latent gets one sample per condition and no score; a stand-in for the data is
    neither scored nor drawn from.
    """
    samples, batches = config.samples, data.batches(config, model)
    if data.is_stand_in:
        return training.Experiment(model, batches)
    return training.Experiment(
        model,
        batches,
        training.PairDistance(model, data, samples.seed) if model.latent_dim else None,
        training.ConditionSamples(
            model, training.fixed_conditions(model, data, samples.rows),
            samples.samples_per_condition if model.latent_dim else 1, samples.seed,
        ),
    )


def decay_arguments(config, data):
    """The arguments of a model with learning rate decay; empty without a `decay`.

    Raises:
        ZooError: the rates would be 0 before the training ends.
    """
    if not config.decay.epochs:
        return {}
    steps_per_epoch = _steps_per_epoch(config, data)
    if config.steps > config.decay.epochs * steps_per_epoch:
        epochs = -(-config.steps // steps_per_epoch)
        raise ZooError(
            f"The learning rates fall to 0 in config.decay.epochs={config.decay.epochs} epochs, "
            f"but this training has {config.steps} steps, {epochs} epochs: the last ones would "
            f"change nothing. Give --config.decay.epochs={epochs} "
            f"--config.decay.constant_epochs={epochs // 2}, or --config.decay.epochs=0 for "
            "constant rates."
        )
    return {"steps_per_epoch": steps_per_epoch, **config.decay}


def check_decay(config, data, directory):
    """Raises `ZooError` if the run in a folder would go on after its learning rates are 0."""
    epochs = config.get("decay", {}).get("epochs", 0)
    last = epochs * _steps_per_epoch(config, data)
    if epochs and config.steps > last:
        raise ZooError(
            f"The run in {directory} keeps the decay that it began with, config.decay.epochs="
            f"{epochs}: its learning rates are 0 after step {last}, and the rest of "
            f"{config.steps} steps would change nothing. Give --config.steps={last} to complete "
            f"it, or go on from it in a new folder with --config.init={directory}."
        )


def _steps_per_epoch(config, data):
    return -(-len(data) // config.batch_size)  # the last batch counts, as in the papers


def model_arguments(config):
    """`config.model` as arguments of a model whose EMA is optional: a decay of 0 means no EMA."""
    return {**config.model, "ema_decay": config.model.ema_decay or None}
