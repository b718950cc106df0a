"""Builders of the label-to-image and image-to-image systems, see `recipes.builders`."""

import keras

from zoo.training.image_samples import ConditionSamples, PairDistance, fixed_conditions


def build_dcgan(config, data):
    """A `DCGAN` of the classes of its data."""
    from zoo.models.dcgan import DCGAN

    names = [str(name) for name in data.source.class_names]
    model = DCGAN(classes=len(names), class_names=names, seed=config.seed, **config.model)
    _compile(model, config)
    return model


def build_pix2pix(config, data):
    from zoo.models.pix2pix import Pix2Pix

    return _build_u_net(Pix2Pix, config, data)


def build_bicyclegan(config, data):
    from zoo.models.bicyclegan import BicycleGAN

    return _build_u_net(BicycleGAN, config, data)


def _build_u_net(system, config, data):
    model = system(seed=config.seed, **schedule(config, data), **config.model)
    _compile(model, config)
    return model


def build_drit(config, data):
    from zoo.models.drit import DRIT

    settings = config.model.to_dict()
    model = DRIT(seed=config.seed, **schedule(config, data), **settings)
    content = {**config.optimizer, "learning_rate": config.content_learning_rate}
    _compile(model, config, content_discriminator_optimizer=keras.optimizers.Adam(**content))
    return model


def schedule(config, data):
    """The arguments of a model whose learning rates fall; none without a `decay`."""
    if not config.decay.epochs:
        return {}
    return {"steps_per_epoch": max(len(data) // config.batch_size, 1), **config.decay}


def _compile(model, config, **others):
    model.compile(
        generator_optimizer=keras.optimizers.Adam(**config.optimizer),
        discriminator_optimizer=keras.optimizers.Adam(**config.optimizer),
        **others,
    )


def score_of(config, data, model):
    """The held-out figures; None for a model without a latent."""
    return PairDistance(model, data, config.samples.seed) if model.latent_dim else None


def samples_of(config, data, model):
    """The fixed sample grid."""
    settings = config.samples
    return ConditionSamples(
        model, fixed_conditions(model, data, settings.rows),
        settings.samples_per_condition if model.latent_dim else 1, settings.seed,
    )


# Pictures a replica at least, whether their number must be even, and why.
SMALLEST_BATCHES = {
    "dcgan": (2, False, "batch statistics of one picture say nothing"),
    "pix2pix": (1, False, "a step needs a pair"),
    "bicyclegan": (2, True, "BicycleGAN cuts each batch in halves"),
    "drit": (2, True, "DRIT translates the first half of a batch"),
}
BUILDERS = {
    "dcgan": build_dcgan, "pix2pix": build_pix2pix, "bicyclegan": build_bicyclegan,
    "drit": build_drit,
}
