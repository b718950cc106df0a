"""The form of a preset's metadata, as the model card needs it; checked both ways."""

from zoo.errors import ZooError

RESERVED = ("class", "files", "format", "parameters", "saved", "versions")
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


def check_metadata(metadata):
    """Raises `ZooError` unless the metadata is a dict of the form that the model card needs."""
    if metadata is None:
        return
    if not isinstance(metadata, dict):
        raise ZooError(f"metadata must be a dict, got a {type(metadata).__name__}.")
    for key in RESERVED:
        if key in metadata:
            raise ZooError(f'metadata must not hold "{key}": it is taken from the model itself.')
    check_form(metadata)


def check_form(metadata):
    """Raises `ZooError` unless the values that the metadata has are of the kinds that are needed;
    other keys may hold anything."""
    for keys, kind, called in _KINDS:
        for key in keys:
            value = metadata.get(key)
            if value is not None and not isinstance(value, kind):
                raise ZooError(f'metadata["{key}"] must be {called}, got {_shown(value)}.')
    for key, needed in _ENTRIES:
        for entry in metadata.get(key) or ():
            missing = [n for n in needed if not isinstance(entry, dict) or n not in entry]
            if missing:
                raise ZooError(
                    f'Each entry of metadata["{key}"] must be a dict with {", ".join(needed)}; '
                    f"{_shown(entry)} lacks {', '.join(missing)}."
                )


def _shown(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
