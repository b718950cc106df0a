"""What XMC-GAN's training is built of, see `recipes.builders`."""

from recipes.summaries import CaptionSamples
from zoo.errors import ZooError


def build_xmc_gan(config, data, damsm=None):
    """The `Experiment` of an XMC-GAN's config."""
    from recipes import builders

    if config.text not in ("hub", "captions"):
        raise ZooError(f'config.text must be hub or captions for XMC-GAN, got "{config.text}".')
    model = xmc_gan_model(config, damsm)
    _compile(model, config.optimizer)
    if config.text == "captions":
        model.load_damsm(damsm)
        texts = score_texts = data.tokenizer(model)
        samples = builders.caption_samples(config, data, model)
    else:
        score_texts = model.hub_encoder
        texts = open_cache(config, model) or score_texts
        samples = _samples(config, model)
    return builders.make_experiment(
        config, model, _batches(config, data, model, texts),
        _score(config, data, model, damsm, score_texts), samples,
    )


def xmc_gan_model(config, damsm):
    """An `XMCGAN` whose image network, if it has one, is a trained one."""
    from zoo.models.xmc_gan import XMCGAN

    if config.text == "captions":
        text = {
            "vocabulary": damsm.vocabulary.tokens, "text_encoder": damsm.text_encoder_config,
        }
    else:
        text = {"text_encoder": text_encoder(config)}
    kind = config.image_network
    model = XMCGAN(
        **text, max_words=config.data.max_words, seed=config.seed, **config.model,
        image_network=None if kind == "none" else {"kind": kind},
    )
    if kind != "none":
        _load_image_network(model, kind, config.image_weights)
    return model


def text_encoder(config):
    """The `text_encoder` of a model (see `TextToImage`) by a config's group of that name."""
    group = config.text_encoder
    handles = {name: group[name] for name in ("preprocess", "encoder") if group[name]}
    if len(handles) == 1:
        raise ZooError(
            "config.text_encoder.preprocess and config.text_encoder.encoder belong together: give "
            f"both, or none for BERT base. Received: {handles}."
        )
    return {"kind": "hub", **handles, "sentence": group.sentence}


def open_cache(config, model):
    """The `TextCache` that a config names, or None.

    Raises:
        ZooError: it was made with another encoder or settings than the model's.
    """
    if not config.text_cache:
        return None
    from zoo.data import TextCache

    cache, encoder = TextCache(config.text_cache), model.hub_encoder
    for name, own in (("sha256", dict(encoder.digests)), ("max_tokens", encoder.max_tokens),
                      ("sentence", encoder.sentence)):
        if cache.index[name] != own:
            raise ZooError(
                f"config.text_cache {config.text_cache} was made with another text encoder or "
                f"setting: its {name} is {cache.index[name]}, the model's {own}. Make it again "
                "with python -m recipes.prepare_data."
            )
    return cache


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


def _batches(config, data, model, texts):
    from zoo.data import text_to_image_dataset

    settings = config.data

    def from_step(start):
        return text_to_image_dataset(
            data.source, texts, model.image_sizes, config.batch_size, seed=config.seed,
            start_step=start, crop=settings.crop, flip=settings.flip, cache=settings.cache,
        )

    return from_step


def _score(config, data, model, damsm, texts):
    """The held-out score by a DAMSM's image encoder, if there is one that fits."""
    from recipes.scores import FrechetScore

    encoder = None if damsm is None else damsm.image_encoder
    if encoder is None or getattr(encoder, "image_size", model.image_size) != model.image_size:
        data.notes.append("no held-out score: no DAMSM at hand reads such pictures")
        return None
    return FrechetScore(
        model, data.held_out, texts, config.batch_size, config.data.crop, encoder=encoder
    )


def _samples(config, model):
    """The fixed sample grid; word pieces read every caption."""
    captions = list(config.samples.captions)
    if not captions:
        return None
    return CaptionSamples(
        model, captions, config.samples.images_per_caption, config.samples.seed,
        unknown=config.data.unknown, labels=captions,
    )
