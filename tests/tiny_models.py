"""A model small enough to be built, saved and exported in a test."""

WORDS = ("a", "red", "blue", "green", "circle", "square", "on", "white")


def tiny_attn_gan(seed=0, **changes):
    """An untrained AttnGAN of 16, 32 and 64 pixels whose pictures depend on caption and seed."""
    import keras

    from zoo.models.attn_gan import AttnGAN

    keras.utils.set_random_seed(seed)
    arguments = {
        "vocabulary": ["<end>", "<unk>", *WORDS], "max_words": 6, "stage_sizes": (16, 32, 64),
        "generator_filters": 4, "discriminator_filters": 4, "residual_blocks": 1, "latent_dim": 8,
        "condition_dim": 8, "text_encoder": {"features": 16, "embedding_dim": 12},
        "image_encoder": {"kind": "compact", "features": 16}, **changes,
    }
    model = AttnGAN(**arguments)
    for variable in model.ema_generator.trainable_variables:
        if variable.path.split("/")[-1] == "kernel":  # stronger pictures than a fresh network's
            variable.assign(variable * 1.5)
    return model
