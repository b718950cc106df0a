"""What is checked before a file of a preset is opened."""

import json
import os
import re

from zoo import storage
from zoo.errors import ZooError

FORMAT = 1
CONFIG, WEIGHTS, VOCABULARY = "config.json", "model.weights.h5", "vocabulary.txt"
METADATA, README = "metadata.json", "README.md"
SUFFIXES = (".json", ".txt", ".weights.h5")
MAX_JSON_BYTES = 16 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
_OBJECT_KEYS = ("class_name", "registered_name", "module", "py_object")


def checked_files(directory):
    """Checks every file that the metadata of a preset lists.

    Names must be plain names with an allowed suffix, files must lie inside the directory, and size
    and SHA-256 must be those recorded when the preset was saved.

    Args:
        directory: str. A local preset directory.

    Returns:
        tuple: the metadata (dict), and a dict of file name to path.

    Raises:
        ZooError: any of this does not hold; the message names the file.
    """
    metadata = _metadata(directory)
    paths = {}
    for name, entry in metadata["files"].items():
        check_name(directory, name)
        path = os.path.join(directory, name)
        _check_inside(directory, path)
        if not os.path.isfile(path):
            raise ZooError(
                f"The preset {directory} lacks its file {name}. Copy or download it again."
            )
        wanted = entry.get("sha256") if isinstance(entry, dict) else None
        if not isinstance(wanted, str) or storage.sha256(path) != wanted:
            raise ZooError(
                f"{path} is not the file that the preset was saved with: its SHA-256 is "
                f"{storage.sha256(path)}, but {METADATA} says {wanted}. Copy or download it again."
            )
        paths[name] = path
    for name in (CONFIG, WEIGHTS):
        if name not in paths:
            raise ZooError(
                f"{os.path.join(directory, METADATA)} does not list {name}, which every preset has."
            )
    return metadata, paths


def check_name(directory, name):
    """Raises `ZooError` unless `name` is a plain file name of a kind that a preset may hold."""
    if not _NAME.fullmatch(name):
        raise ZooError(
            f'The preset {directory} is refused: its file "{name}" is not a plain name inside the '
            "directory."
        )
    if not name.endswith(SUFFIXES):
        raise ZooError(
            f'The preset {directory} is refused: its file "{name}" is none of '
            f"{', '.join('*' + suffix for suffix in SUFFIXES)}."
        )


def check_plain(config, where="config"):
    """Raises `ZooError` if a configuration holds a serialised object: a preset holds plain values.

    Keras would import and call what such an object names.
    """
    if isinstance(config, dict):
        for key in _OBJECT_KEYS:
            if key in config:
                raise ZooError(
                    f'{CONFIG} is refused: "{where}" holds a serialised object ({key}: '
                    f"{config[key]!r}); only numbers, strings, lists and dicts are allowed."
                )
        for key, value in config.items():
            check_plain(value, f"{where}.{key}")
    elif isinstance(config, list | tuple):
        for i, value in enumerate(config):
            check_plain(value, f"{where}[{i}]")


def read_small_json(path):
    """`storage.read_json` of an object, with a limit on the size."""
    if os.path.isfile(path) and os.path.getsize(path) > MAX_JSON_BYTES:
        raise ZooError(f"{path} is refused: it is larger than {MAX_JSON_BYTES >> 20} MB.")
    value = storage.read_json(path)
    if not isinstance(value, dict):
        raise ZooError(f"{path} must hold a JSON object, but holds {json.dumps(value)[:60]}.")
    return value


def check_format(path, found):
    """Raises `ZooError` unless a file of the preset has the format that this version reads."""
    if found != FORMAT:
        raise ZooError(
            f"{path} has format {found!r}, but this version of the zoo reads format {FORMAT}. "
            "Update the package, or save the preset again."
        )


def _metadata(directory):
    path = os.path.join(directory, METADATA)
    if not os.path.isfile(path):
        raise ZooError(
            f"{directory} is not a preset: it has no {METADATA}. A preset directory is what "
            "save_to_preset writes."
        )
    _check_inside(directory, path)
    metadata = read_small_json(path)
    check_format(path, metadata.get("format"))
    if not isinstance(metadata.get("files"), dict):
        raise ZooError(f'{path} has no "files" with the SHA-256 of each file of the preset.')
    return metadata


def _check_inside(directory, path):
    root = os.path.realpath(directory)
    if os.path.commonpath([root, os.path.realpath(path)]) != root:
        raise ZooError(
            f"The preset {directory} is refused: {os.path.basename(path)} is a link that leaves "
            "the directory."
        )
