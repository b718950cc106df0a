"""XMC-GAN as a model with its image network and optimizers, see `recipes.builders`."""

from zoo.errors import ZooError


def xmc_gan_model(config, text):
    """A compiled `XMCGAN` whose image network, if it has one, is a trained one.

    `text`: the arguments that say what it reads, see `recipes.texts`.
    """
    from zoo.models.xmc_gan import XMCGAN

    kind = config.image_network
    model = XMCGAN(
        **text, seed=config.seed, **config.model,
        image_network=None if kind == "none" else {"kind": kind},
    )
    if kind != "none":
        _load_image_network(model, kind, config.image_weights)
    _compile(model, config.optimizer)
    return model


def _load_image_network(model, kind, weights):
    if not weights:
        raise ZooError(
            f"config.image_network {kind} compares pictures, so it must be a trained one: give "
            "--config.image_weights=FILE (imagenet for Keras' networks), or "
            "--config.image_network=none."
        )
    if kind == "resnet50":
        from zoo.importers.xmc_gan import load_image_network

        load_image_network(model, weights)
    else:
        model.load_image_network(weights)


def _compile(model, settings):
    from zoo.models.xmc_gan import FlaxAdam

    shared = {name: settings[name] for name in ("beta_1", "beta_2", "epsilon")}
    model.compile(**{
        f"{name}_optimizer": FlaxAdam(learning_rate=settings[f"{name}_rate"], **shared)
        for name in ("generator", "discriminator")
    })
