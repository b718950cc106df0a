"""Checks the form of a preset's metadata, when it is saved and when it is loaded."""

from zoo.errors import ZooError, nearest
from zoo.presets.registry import HERE

OF_MODEL = ("class", "format", "parameters")  # entries that follow from the model,
OF_FILES = ("files", "saved", "versions")  # and those of the files, new with each save
RESERVED = (*OF_MODEL, *OF_FILES)
_KINDS = (
    (("name", "task", "class", "description", "limitations", "usage", "saved"), str, "a text"),
    (("licence", "source", "training", "training_data", "versions", "condition"), dict, "a dict"),
    (("data", "results", "pictures"), (list, tuple), "a list of dicts"),
    (("parameters",), int, "a whole number"),
)
_ENTRIES = (
    ("data", ("name", "licence")),
    ("results", ("metric", "value", "protocol")),
    ("pictures", ("path", "text")),
)


def without_reserved(metadata, own, loaded):
    """A user's metadata without the entries that follow from the model and its files.

    Args:
        metadata: dict, such as the `preset_metadata` of a loaded model, or None.
        own: dict of `OF_MODEL` -> value of the model that is saved.
        loaded: dict, the metadata of the preset that the model was loaded from, or {}.

    Raises:
        ZooError: it has another value for one of `OF_MODEL`; or as `check_metadata`.
    """
    if isinstance(metadata, dict):
        for key in OF_MODEL:
            if key in metadata and metadata[key] not in (own[key], loaded.get(key)):
                raise ZooError(
                    f'metadata["{key}"] is {_short(metadata[key])}, but that of the model is '
                    f"{own[key]!r}: leave it out, it is taken from the model itself."
                )
        metadata = {key: value for key, value in metadata.items() if key not in RESERVED}
        if (usage := metadata.get("usage")) and usage == loaded.get("usage"):
            metadata["usage"] = usage.replace(loaded.get("name") or HERE, HERE)
    check_metadata(metadata)
    return metadata or {}


def check_metadata(metadata):
    """Raises `ZooError` unless a user's metadata is None or a dict that the model card can show."""
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        raise ZooError(f"metadata must be a dict, got a {type(metadata).__name__}.")
    for key in RESERVED:
        if key in metadata:
            raise ZooError(f'metadata must not hold "{key}": it is taken from the model itself.')
    known = {key for keys, _, _ in _KINDS for key in keys}.difference(RESERVED)
    for key in metadata:
        guess = "" if key in known else nearest(str(key), known)
        if guess:
            raise ZooError(f'The model card has no "{key}".{guess}')
    check_form(metadata)


def check_form(metadata):
    """Raises `ZooError` unless the known keys of the metadata have values of the right type. Other
    keys may have any value."""
    for keys, kind, kind_name in _KINDS:
        for key in keys:
            value = metadata.get(key)
            if value is not None and not isinstance(value, kind):
                raise ZooError(f'metadata["{key}"] must be {kind_name}, got {_short(value)}.')
    for key, required in _ENTRIES:
        for entry in metadata.get(key) or ():
            missing = [n for n in required if not isinstance(entry, dict) or n not in entry]
            if missing:
                raise ZooError(
                    f'Each entry of metadata["{key}"] must be a dict with {", ".join(required)}; '
                    f"{_short(entry)} lacks {', '.join(missing)}."
                )


def _short(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
