"""What the recipes of Pix2Pix and BicycleGAN share: the U-Net's settings and the data sets."""

from recipes.image_systems import image_config, image_data

U_NET = {
    "image_size": 256,
    "source_channels": 3,  # 1: a grey source, such as edges
    "latent_dim": 8,
    "generator_filters": 64,
    "where_add": "all",  # where the latent enters the U-Net: "all" | "input"
    "normalization": "instance",  # "instance" | "batch"
    "dropout": 0.0,  # of three blocks of the U-Net
    "discriminator_filters": 64,
    "discriminator_scales": 2,
    "discriminator_layers": 3,
    "l1_weight": 10.0,
}


def paired_config(system, model, data, epochs, constant_epochs):
    """The unlocked config of a system at 256 pixels.

    Args:
        system: "pix2pix" or "bicyclegan".
        model: dict. Settings that differ from `U_NET`, or are the system's own.
        data: dict. Arguments of `image_data`.
        epochs, constant_epochs: ints. Length of the training, and when its learning rates fall.
    """
    decay = {"epochs": epochs, "constant_epochs": constant_epochs}
    config = image_config(system, {**U_NET, **model}, {}, decay)
    config.epochs = epochs
    config.checkpoint_every = config.sample_every = 1000
    config.data = image_data("pairs", **{"held_out_split": "val", **data})
    return config


def small_shapes(config):
    """A config for two CPU cores and no files: from a shape's flat map to its picture."""
    config.epochs = config.decay.epochs = config.decay.constant_epochs = 0
    config.steps = 2000
    config.batch_size = 4
    config.checkpoint_every = 100
    config.sample_every = 500
    config.data = image_data("shape_pairs", flip=False)
    config.model.update({
        "image_size": 32, "generator_filters": 16, "discriminator_filters": 16,
        "discriminator_layers": 2,
    })
    return config


def small_pictures(config, epochs):
    """A config for two CPU cores: 128 pixels, half the channels.

    In float32: on a CPU a step of the U-Net takes 15 times as long in bfloat16.
    """
    config.epochs = config.decay.epochs = epochs
    config.decay.constant_epochs = epochs // 2
    config.checkpoint_every = config.sample_every = 500
    config.data.load_size = 143  # 286 for 256, halved
    config.data.cache = True
    config.model.update({
        "image_size": 128, "generator_filters": 32, "discriminator_filters": 32,
        "discriminator_layers": 2,
    })
    return config
