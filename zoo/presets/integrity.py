"""Integrity checks of a preset's files, made before they are opened."""

import os
import re
import stat

from zoo import storage
from zoo.errors import ZooError
from zoo.presets.metadata import check_form
from zoo.presets.registry import METADATA

FORMAT = 1
CONFIG, WEIGHTS, VOCABULARY = "config.json", "model.weights.h5", "vocabulary.txt"
README = "README.md"
FILES = (CONFIG, WEIGHTS, VOCABULARY, METADATA, README)  # what `save_to_preset` writes
SUFFIXES = (".json", ".txt", ".weights.h5")
MAX_TEXT_BYTES = 16 << 20  # size of a .json or .txt file
MAX_WEIGHTS_BYTES = 64 << 30
MAX_FILES = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")
_SHA256 = re.compile("[0-9a-f]{64}")


def checked_files(directory):
    """Checks every file that the metadata of a preset lists.

    Names must be plain names with an allowed suffix, files must be inside the directory, and size
    and SHA-256 must be those recorded when the preset was saved.

    Args:
        directory: str. A local preset directory.

    Returns:
        tuple: the metadata (dict), and a dict of file name to path.

    Raises:
        ZooError: a check fails; the message names the file.
    """
    metadata = _metadata(directory)
    paths = {}
    for name, entry in metadata["files"].items():
        check_name(directory, name)
        paths[name] = _checked_file(directory, name, entry)
    for name in (CONFIG, WEIGHTS):
        if name not in paths:
            raise ZooError(
                f"{os.path.join(directory, METADATA)} does not list {name}, which every preset has."
            )
    return metadata, paths


def _checked_file(directory, name, entry):
    """The path of a file, after checking it against its entry in the metadata."""
    path = os.path.join(directory, name)
    _check_inside(directory, path)
    try:
        status = os.stat(path)
    except OSError as error:
        raise ZooError(
            f"The preset {directory} lacks its file {name}. Copy or download it again."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        raise ZooError(f"The preset {directory} is refused: {name} is not a regular file.")
    check_size(path, name, status.st_size)
    entry = entry if isinstance(entry, dict) else {}
    expected, size = entry.get("sha256"), entry.get("bytes", status.st_size)
    if not isinstance(expected, str) or not _SHA256.fullmatch(expected):
        raise ZooError(
            f"{os.path.join(directory, METADATA)} is refused: the SHA-256 of {name} must be 64 "
            f"hexadecimal digits, got {str(expected)[:80]!r}."
        )
    if size != status.st_size:
        raise ZooError(
            f"{path} is not the file that the preset was saved with: it has {status.st_size} "
            f"bytes, but {METADATA} says {str(size)[:80]}. Copy or download it again."
        )
    if (actual := storage.sha256(path)) != expected:
        raise ZooError(
            f"{path} is not the file that the preset was saved with: its SHA-256 is {actual}, but "
            f"{METADATA} says {expected}. Copy or download it again."
        )
    return path


def check_name(directory, name):
    """Raises `ZooError` unless `name` is a plain file name with a suffix that presets may have."""
    if not _NAME.fullmatch(name):
        raise ZooError(
            f"The preset {directory} is refused: its file {name[:100]!r} is not a plain name "
            "inside the directory."
        )
    if not name.endswith(SUFFIXES):
        raise ZooError(
            f'The preset {directory} is refused: its file "{name}" does not match '
            f"{', '.join('*' + suffix for suffix in SUFFIXES)}."
        )


def check_size(path, name, size):
    """Raises `ZooError` if a file of the preset is larger than such a file may be."""
    largest = MAX_WEIGHTS_BYTES if name.endswith(".h5") else MAX_TEXT_BYTES
    if size > largest:
        raise ZooError(f"{path} is refused: it is larger than {largest >> 20} MB.")


def read_small_json(path):
    """`storage.read_strict_json` with the size limit of a preset's text files."""
    return storage.read_strict_json(path, MAX_TEXT_BYTES)


def check_format(path, found):
    """Raises `ZooError` unless a file of the preset has the format that this version reads."""
    if found != FORMAT:
        raise ZooError(
            f"{path} has format {str(found)[:60]}, but this version of the zoo reads format "
            f"{FORMAT}. Update the package, or save the preset again."
        )


def _metadata(directory):
    path = os.path.join(directory, METADATA)
    if not os.path.lexists(path):
        raise ZooError(
            f"{directory} is not a preset: it has no {METADATA}. Give a directory that "
            "save_to_preset wrote."
        )
    _check_inside(directory, path)
    metadata = read_small_json(path)
    check_format(path, metadata.get("format"))
    if not isinstance(metadata.get("files"), dict):
        raise ZooError(f'{path} has no "files" with the SHA-256 of each file of the preset.')
    if len(metadata["files"]) > MAX_FILES:
        raise ZooError(f"{path} is refused: it lists more than {MAX_FILES} files.")
    try:
        check_form(metadata)
    except ZooError as error:
        raise ZooError(f"{path} is refused: {error}") from None
    return metadata


def _check_inside(directory, path):
    root = os.path.realpath(directory)
    if os.path.commonpath([root, os.path.realpath(path)]) != root:
        raise ZooError(
            f"The preset {directory} is refused: {os.path.basename(path)} is a link that leaves "
            "the directory."
        )
