"""The encoders of this zoo that measure images if the user names none."""

from zoo.evaluation.dataset import source_name

# Sources that read a single data set -> its name in the metadata of presets.
DATA_OF_SOURCE = {
    "cifar10": "CIFAR-10", "emoji": "Noto Emoji", "emoji_styles": "Noto Emoji",
    "facade_labels": "CMP Facade Database",
}


def default_encoders(preset=None, source=""):
    """The built-in encoders that were trained on the data, by the metadata of their presets.

    Args:
        preset: the preset to evaluate, whose data determine them: its handle, or a model; or None.
        source: the real images, as in `zoo.evaluation.evaluate`; they determine the encoders if
            none was trained on the data of the preset.

    Returns:
        (list of names, warning or None): there is a warning if no encoder is known to fit, and the
        first DAMSM is taken.
    """
    from zoo.presets import read_metadata
    from zoo.presets.registry import builtin_names

    encoders = [n for n in builtin_names() if n.startswith(("damsm", "encoder"))]
    data = {name: data_of(read_metadata(name)) for name in encoders}
    real = {DATA_OF_SOURCE.get(source_name(source))}
    for own in (data_of(metadata_of(preset)), real):
        fitting = [name for name in encoders if own & data[name]]
        if fitting:
            return fitting, None
    other = next((name for name in encoders if name.startswith("damsm")), None)
    if other is None:
        return [], None
    return [other], (
        f"no encoder of this zoo is known to be trained on these data, so {other}, which was "
        "trained on other images, computes the features: give one with `encoder`, or an Inception "
        "network with `inception`"
    )


def metadata_of(preset):
    """The metadata of a preset's handle, or of a model; {} if there are none."""
    from zoo.presets import read_metadata

    if preset is None:
        return {}
    return read_metadata(preset) if isinstance(preset, str) else (
        getattr(preset, "preset_metadata", {}))


def data_of(metadata):
    """Names of the data sets that a preset was trained on."""
    training, facts = metadata.get("training") or {}, metadata.get("training_data") or {}
    sources = training.get("data.name"), facts.get("source")
    return {entry["name"] for entry in metadata.get("data") or []} | {
        DATA_OF_SOURCE[source] for source in sources if source in DATA_OF_SOURCE
    }
