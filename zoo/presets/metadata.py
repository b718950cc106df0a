"""Checks the form of a preset's metadata, when it is saved and when it is loaded."""

from zoo.errors import ZooError, nearest

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
