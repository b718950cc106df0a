"""The text encoder of a text-to-image recipe: settings, model arguments, DAMSM, text cache.

`config.text` selects it: "captions", a recurrent encoder | "hub", an encoder from TensorFlow Hub |
"embeddings", pre-computed ones | "none". `text_encoder` and `text_cache` apply to "hub" only. A
DAMSM or STREAM that is pre-trained uses the same text settings as its system
(`zoo.training.pretraining.INHERITED_BY_PRETRAINING`).
"""

from zoo.errors import ZooError, check_choice
from zoo.text.hub import HANDLES, check_both_handles
from zoo.training.config import DEFAULTS_OF_OLD_RUNS


def check_text(config, kinds, why=""):
    """Raises `ZooError` for text settings that cannot be used. Opens no files.

    Args:
        config: a config with `text`, `text_encoder` and `text_cache`.
        kinds: tuple of str, the values of `config.text` that the system can be trained with.
        why: str, a sentence that explains why there are no others, or "".
    """
    check_choice("config.text", config.text, kinds, f" for {config.system}", why)
    handles = _handles(config)
    if config.text == "hub":
        check_both_handles("config.text_encoder.{}", handles)
        return
    unused = [f"text_encoder.{name}" for name in handles]
    unused += ["text_cache"] if config.text_cache else []
    if config.text_encoder.sentence != DEFAULTS_OF_OLD_RUNS["text_encoder.sentence"]:
        unused.append("text_encoder.sentence")
    if unused:
        raise ZooError(
            f'config.{unused[0]} applies only to --config.text=hub, but config.text is '
            f'"{config.text}": leave it out, or use hub.'
        )


def hub_text_encoder(config):
    """The argument `text_encoder` of a model with a hub encoder, see
    `zoo.conditions.text_condition`."""
    return {"kind": "hub", **_handles(config), "sentence": config.text_encoder.sentence}


def text_arguments(config, data, damsm):
    """The text arguments of a text-to-image system.

    Args:
        config: a config with `text`, `text_encoder` and `text_cache`.
        data: its `zoo.training.TextToImageData`.
        damsm: the `DAMSM` whose text encoder reads "captions"; ignored for other texts.

    Returns:
        dict of `vocabulary`, `max_words` and `text_encoder`.
    """
    if config.text == "captions":
        encoder = damsm.text_encoder_config
    elif config.text == "hub":
        encoder = hub_text_encoder(config)
    elif config.text == "embeddings":
        encoder = {"kind": "embeddings", "features": data.features}
    else:
        encoder = {"kind": "none"}
    return {
        "vocabulary": damsm.vocabulary.tokens if config.text == "captions" else None,
        "max_words": config.data.max_words, "text_encoder": encoder,
    }


def load_damsm(config, handle, needed=True):
    """Loads the trained `DAMSM` of a preset, for a config's system.

    If it has a hub encoder and is a part of the training, it uses the modules that the config
    names, wherever they were when it was trained.

    Args:
        config: the system's config.
        handle: preset name or directory.
        needed: bool. Whether the DAMSM is a part of the training. Otherwise it only scores images,
            and its text encoder may differ from that of the system.

    Raises:
        ZooError: if its text encoder differs from that of the system, or it cannot be loaded.
    """
    from zoo.models.damsm import DAMSM
    from zoo.presets.hub import reads_by_hub

    if not needed:
        return DAMSM.from_preset(handle, text_encoder=modules_of(config, handle))
    hub = config.get("text") == "hub"
    if reads_by_hub(handle) != hub:
        has, other = ("words of a vocabulary", "hub") if hub else ("word pieces", "captions")
        raise ZooError(
            f'The DAMSM {handle} reads {has}, but config.text is "{other}": give one that was '
            f"trained with --config.text={other}, or none, so that one is pre-trained."
        )
    try:
        return DAMSM.from_preset(handle, text_encoder=_handles(config) or None if hub else None)
    except ZooError as error:
        raise ZooError(f"config.damsm {handle}: {error}") from None


def modules_of(config, handle):
    """The `text_encoder` of `zoo.from_preset` for a preset that was trained with this config.

    Code of a module is executed only if the user's config names it, never because a preset does.

    Returns:
        dict of handles; None if the config names none, or the preset has no hub encoder.
    """
    from zoo.presets.hub import reads_by_hub

    handles = _handles(config) if config.get("text") == "hub" else {}
    return handles if handles and reads_by_hub(handle) else None


def open_cache(config, model):
    """The `zoo.data.TextCache` that a config names, or None.

    Raises:
        ZooError: if it was created with another encoder or other settings than the model's.
    """
    if not config.get("text_cache"):
        return None
    from zoo.data import TextCache

    cache, encoder = TextCache(config.text_cache), model.hub_encoder
    for name, own in (("sha256", dict(encoder.digests)), ("max_tokens", encoder.max_tokens),
                      ("sentence", encoder.sentence)):
        if cache.index[name] != own:
            raise ZooError(
                f"config.text_cache {config.text_cache} was created with another text encoder or "
                f"setting: its {name} is {cache.index[name]}, the model's {own}. Create it again "
                "with the program cache_text."
            )
    return cache


def _handles(config):
    """The handles of `HANDLES` that a config names, as a dict."""
    return {name: config.text_encoder[name] for name in HANDLES if config.text_encoder[name]}
