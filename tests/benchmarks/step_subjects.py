"""The ten systems at the sizes of their recipes, with random batches: what `steps` measures."""

import importlib

import keras
import numpy as np
import tensorflow as tf

WORDS = ["<end>", "<unk>", *(f"w{i}" for i in range(2, 1000))]
CAPTIONS = ("attn_gan", "dm_gan", "mirror_gan", "stackgan_v2", "damsm")
# system -> (CPU recipe, paper's recipe, batch of the latter here: its own takes minutes on a CPU)
RECIPES = {
    "attn_gan": ("emoji", "birds", 4),
    "dm_gan": ("emoji", "birds", 4),
    "mirror_gan": ("emoji", "birds", 4),
    "stackgan_v2": ("emoji", "birds", 4),
    "xmc_gan": ("emoji", "coco", 4),
    "dcgan": ("cifar10", "cifar10", 32),
    "pix2pix": ("facades_128", "facades", 1),
    "bicyclegan": ("facades_128", "facades", 2),
    "drit": ("emoji", "yosemite", 2),
    "damsm": ("emoji", "birds", 8),
}
SCALES = ("cpu", "paper")


def make(system, scale, seeking=False):
    """(compiled model, batch) of a system.

    Args:
        system: str, of `RECIPES`.
        scale: "cpu" or "paper".
        seeking: bool. Mode seeking with the weight 1 instead of the recipe's, which is 0.
    """
    dataset, paper, small = RECIPES[system]
    config = recipe(system, dataset if scale == "cpu" else paper)
    batch = config.batch_size if scale == "cpu" else small
    settings = config.model.to_dict()
    if seeking:
        settings["mode_seeking_weight"] = 1.0
    if system in CAPTIONS:
        return _caption_system(system, config, settings, batch)
    make_system = {"xmc_gan": _xmc_gan, "dcgan": _dcgan, "drit": _drit}.get(system, _paired)
    return make_system(system, settings, batch)


def batch_size(batch):
    """Rows of a batch."""
    return len(tf.nest.flatten(batch)[0])


def conditions(system, batch):
    """What `generate` takes for a batch of a system, one condition per row."""
    if system in CAPTIONS:
        rows = zip(batch["tokens"].numpy(), batch["lengths"].numpy(), strict=True)
        return [" ".join(WORDS[token] for token in tokens[:length]) for tokens, length in rows]
    if system == "xmc_gan":
        return {name: batch[name].numpy() for name in ("words", "sentence", "lengths")}
    if system == "dcgan":
        return batch["labels"].numpy().tolist()
    sources = batch["images_a" if system == "drit" else "source"].numpy()
    return np.round((sources + 1) * 127.5).astype("uint8")


def recipe(system, dataset):
    """The config of a recipe's dataset."""
    return importlib.import_module(f"recipes.{system}").get_config(dataset)


def images(batch, size, channels=3, seed=0):
    """float32 (batch, size, size, channels) in [-1, 1]."""
    noise = np.random.default_rng(seed).uniform(-1, 1, (batch, size, size, channels))
    return noise.astype("float32")


def _compiled(model, rate=2e-4, **others):
    def adam():
        return keras.optimizers.Adam(rate, 0.5, 0.999, epsilon=1e-8)

    model.build_for_training()
    model.compile(**{**{name: adam() for name in model.optimizer_groups}, **others})
    return model


def _captions(batch, words=18):
    rng = np.random.default_rng(1)
    lengths = rng.integers(5, words + 1, batch)
    tokens = rng.integers(2, len(WORDS), (batch, words))
    tokens[np.arange(words)[None] >= lengths[:, None]] = 0
    return {"tokens": tokens.astype("int32"), "lengths": lengths.astype("int32")}


def _stages(batch, sizes, seed=0):
    largest = images(batch, sizes[-1], seed=seed)
    return tuple(np.ascontiguousarray(largest[:, :: sizes[-1] // s, :: sizes[-1] // s])
                 for s in sizes)


def _encoders(config):
    """(text encoder, image encoder): the arguments of those of a config's DAMSM."""
    settings = config.model
    text = {"features": settings.features, "embedding_dim": settings.embedding_dim,
            "cell": settings.cell}
    image = {"kind": settings.image_encoder, "features": settings.features}
    if settings.image_encoder == "compact":
        image |= {"filters": settings.image_filters, "image_size": settings.image_size}
    return text, image


def _caption_system(system, config, settings, batch):
    import zoo.models as models

    data = {**_captions(batch), "labels": np.arange(batch, dtype="int64")}
    own = system == "damsm"
    large = not own and settings["stage_sizes"][-1] >= 256
    text, image = _encoders(config if own else recipe("damsm", "birds" if large else "emoji"))
    shared = {"vocabulary": WORDS, "max_words": 18, "text_encoder": text}
    if own:
        size = config.model.image_size
        model = models.DAMSM(**shared, image_encoder=image, image_size=size)
        model.compile(keras.optimizers.Adam(2e-3))
        return model, _tensors({**data, "images": (images(batch, size),)})
    sizes = settings["stage_sizes"]
    if system == "stackgan_v2":
        model = models.StackGANV2(**shared, **settings)
        data["mismatched_images"] = _stages(batch, sizes, seed=5)
    elif system == "mirror_gan":
        captioner = {"kind": "resnet" if large else "compact"}
        model = models.MirrorGAN(**shared, **settings, captioner=captioner)
    else:
        name = {"attn_gan": "AttnGAN", "dm_gan": "DMGAN"}[system]
        model = getattr(models, name)(**shared, **settings, image_encoder=image)
    return _compiled(model), _tensors({**data, "images": _stages(batch, sizes)})


def _xmc_gan(system, settings, batch):
    from zoo.models.xmc_gan import XMCGAN, FlaxAdam

    features, words, rng = 768, 17, np.random.default_rng(2)
    model = XMCGAN(text_encoder={"kind": "word_embeddings", "features": features},
                   max_words=words, image_network=None, **{**settings, "network_weight": 0.0})
    names = ("generator_optimizer", "discriminator_optimizer")
    optimizers = {name: FlaxAdam(2e-4, 0.5, 0.999, epsilon=1e-8) for name in names}
    return _compiled(model, **optimizers), _tensors({
        "images": (images(batch, settings["image_size"]),),
        "labels": np.arange(batch, dtype="int64"),
        "words": rng.normal(size=(batch, words, features)).astype("float32"),
        "sentence": rng.normal(size=(batch, features)).astype("float32"),
        "lengths": rng.integers(3, words + 1, batch).astype("int32"),
    })


def _dcgan(system, settings, batch):
    from zoo.models.dcgan import DCGAN

    labels = np.arange(batch, dtype="int64") % 10
    return _compiled(DCGAN(classes=10, **settings)), _tensors(
        {"images": images(batch, settings["image_size"]), "labels": labels}
    )


def _paired(system, settings, batch):
    import zoo.models as models

    make_system = {"pix2pix": models.Pix2Pix, "bicyclegan": models.BicycleGAN}[system]
    size = settings["image_size"]
    return _compiled(make_system(**settings)), _tensors({
        "source": images(batch, size, settings["source_channels"]),
        "target": images(batch, size, seed=3),
    })


def _drit(system, settings, batch):
    from zoo.models.drit import DRIT

    size = settings["image_size"]
    model = DRIT(**{**settings, "full_step_every": 1})
    return _compiled(model), _tensors(
        {"images_a": images(batch, size), "images_b": images(batch, size, seed=4)}
    )


def _tensors(batch):
    return tf.nest.map_structure(tf.constant, batch)
