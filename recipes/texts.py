"""What reads the captions of a text-to-image recipe: its settings, the model's part, the texts.

`config.text` chooses it, and `text_encoder` and `text_cache` belong to "hub" alone. A DAMSM or
STREAM that is trained first reads as the system itself does (`recipes.text_to_image.SHARED`).
"""

from zoo.errors import ZooError, nearest

KEYS = ("text", "text_encoder", "text_cache")
KINDS = ("captions", "embeddings", "hub", "none")
READS = {  # of `KINDS`, by system
    "attn_gan": ("captions", "hub"),
    "damsm": ("captions", "hub"),
    "dm_gan": ("captions", "hub"),
    "mirror_gan": ("captions",),
    "stream": ("captions",),
    "xmc_gan": ("captions", "hub"),
}
REASONS = {
    "mirror_gan": " MirrorGAN tells each caption back in the words of its vocabulary, so it needs "
                  "a recurrent encoder of the same words.",
}
HANDLES = ("preprocess", "encoder")


def text_settings():
    """The settings of a recipe that say what reads the captions."""
    return {
        "text": "captions",  # by a recurrent encoder | "hub" | "embeddings" | "none", see `READS`
        "text_encoder": {  # of "hub"
            "preprocess": "",  # handle of the module that makes word pieces; "": BERT's
            "encoder": "",  # handle of the encoder; "": BERT base, uncased
            "sentence": "all_places",  # XMC-GAN's | "words": mean of real pieces | "pooled"
        },
        "text_cache": "",  # folder of vectors by recipes.cache_text; "": the encoder runs
    }


def check(config):
    """Raises `ZooError` for settings of the text that cannot be used; opens nothing."""
    kinds = READS.get(config.system, KINDS)
    if config.text not in kinds:
        expected = f"one of {', '.join(kinds)}" if len(kinds) > 1 else kinds[0]
        raise ZooError(
            f'config.text must be {expected} for {config.system}, got "{config.text}".'
            f"{nearest(config.text, kinds)}{REASONS.get(config.system, '')}"
        )
    handles = _handles(config)
    if config.text == "hub":
        if len(handles) == 1:
            raise ZooError(
                "config.text_encoder.preprocess and config.text_encoder.encoder belong together: "
                f"give both, or none for BERT base. Received: {handles}."
            )
        return
    unused = [f"text_encoder.{name}" for name in handles]
    unused += ["text_cache"] if config.text_cache else []
    if unused:
        raise ZooError(
            f'config.{unused[0]} is of use with --config.text=hub alone, but config.text is '
            f'"{config.text}".'
        )


def hub_text_encoder(config):
    """The `text_encoder` of a model that reads by a hub encoder, see
    `zoo.conditions.text_condition`."""
    return {"kind": "hub", **_handles(config), "sentence": config.text_encoder.sentence}


def text_arguments(config, data, damsm):
    """The arguments of a text-to-image system that say what it reads.

    Args:
        config: a `config` with `text_settings`.
        data: `zoo.training.data.Data`.
        damsm: the `DAMSM` whose text encoder reads "captions"; else it is not looked at.
    """
    encoder = {
        "captions": lambda: damsm.text_encoder_config,
        "embeddings": lambda: {"kind": "embeddings", "features": data.features},
        "hub": lambda: hub_text_encoder(config),
        "none": lambda: {"kind": "none"},
    }[config.text]()
    return {
        "vocabulary": damsm.vocabulary.tokens if config.text == "captions" else None,
        "max_words": config.data.max_words, "text_encoder": encoder,
    }


def needs_damsm(config):
    """Whether a DAMSM is a part of the training, and not at most the judge of its pictures."""
    learns = "damsm_weight" in config.model  # its image side too
    return config.get("text", "captions") in (("captions", "hub") if learns else ("captions",))


def open_damsm(config, handle):
    """The trained `DAMSM` of a preset, for a config's system.

    One with a hub encoder that is a part of the training reads by the modules that the config
    names, wherever those lay when it was trained.

    Raises:
        ZooError: it does not read as the config's system does, or cannot be loaded.
    """
    from zoo.models.damsm import DAMSM
    from zoo.presets.hub import reads_by_hub

    if not needs_damsm(config):
        return DAMSM.from_preset(handle, text_encoder=modules_of(config, handle))
    hub = config.get("text") == "hub"
    if reads_by_hub(handle) != hub:
        has, other = ("words of a vocabulary", "hub") if hub else ("word pieces", "captions")
        raise ZooError(
            f'The DAMSM {handle} reads {has}, but config.text is "{other}": give one that was '
            f"trained with --config.text={other}, or none, so that one is trained first."
        )
    try:
        return DAMSM.from_preset(handle, text_encoder=_handles(config) or None if hub else None)
    except ZooError as error:
        raise ZooError(f"config.damsm {handle}: {error}") from None


def modules_of(config, handle):
    """The `text_encoder` of `zoo.from_preset` for a preset that was trained with this config.

    A preset's own word is no reason to run a module, the config's is.

    Returns:
        dict of handles; None if the config names none, or the preset reads without.
    """
    from zoo.presets.hub import reads_by_hub

    handles = _handles(config) if config.get("text") == "hub" else {}
    return handles if handles and reads_by_hub(handle) else None


def open_cache(config, model):
    """The `TextCache` that a config names, or None.

    Raises:
        ZooError: it was made with another encoder or settings than the model's.
    """
    if not config.get("text_cache"):
        return None
    from zoo.data import TextCache

    cache, encoder = TextCache(config.text_cache), model.hub_encoder
    for name, own in (("sha256", dict(encoder.digests)), ("max_tokens", encoder.max_tokens),
                      ("sentence", encoder.sentence)):
        if cache.index[name] != own:
            raise ZooError(
                f"config.text_cache {config.text_cache} was made with another text encoder or "
                f"setting: its {name} is {cache.index[name]}, the model's {own}. Make it again "
                "with python -m recipes.cache_text."
            )
    return cache


def _handles(config):
    """dict of the handles that a config names, of `HANDLES`."""
    return {name: config.text_encoder[name] for name in HANDLES if config.text_encoder[name]}
