"""Saving a model as a preset."""

import datetime
import importlib
import json
import math
import os
import shutil

from zoo import storage
from zoo.checks import check_weights
from zoo.errors import ZooError
from zoo.presets import integrity
from zoo.presets.config_limits import check_config
from zoo.presets.metadata import check_metadata, without_reserved
from zoo.presets.model_card import card
from zoo.presets.registry import handle_of
from zoo.presets.usage import condition_record
from zoo.version import __version__


def save_to_preset(model, directory, metadata=None, half=False):
    """Saves the networks that generation uses. An existing preset is replaced atomically.

    Args:
        model: a training system of `zoo.models`.
        directory: str or path. The target; it may exist if it is empty or a preset, whose other
            files, such as notes, are kept.
        metadata: dict or None. Content of the model card: `name` (default: the directory's name),
            `task`, `description`, `licence` ({"name", "url"}), `data` (list of {"name", "licence",
            "url", "attribution"}), `source` ({"recipe", "commit", "checkpoint"}), `training`
            (dict), `training_data` (dict: which images it was trained on, and which not),
            `results` (list of {"metric", "value", "protocol"}), `limitations` (str), `pictures`
            (list of {"path", "text"}, relative links), `condition` (default: the model's, see
            `zoo.presets.usage.condition_record`). The `preset_metadata` of a loaded model keep its
            entries; those of the class and the files are always taken from `model`.
        half: bool. Store float32 weights as float16: half the size, 3 significant digits.

    Returns:
        str: the directory.

    Raises:
        ZooError: the directory contains files and is no preset, the metadata has another form, the
            weights are not finite, or the disk is full. The previous preset is then unchanged.
    """
    check_target(directory)
    directory = os.fspath(directory)
    variables = model.preset_variables()
    own = _of_model(model, variables)
    metadata = without_reserved(metadata, own, getattr(model, "preset_metadata", {}))
    config = model_config(model)
    check_weights(f"The {type(model).__name__}", variables)
    with storage.atomic_folder(directory) as folder:

        def path(name):
            return os.path.join(folder, name)

        if config["config"].get("vocabulary") is not None:
            from zoo.text.vocabulary import Vocabulary

            Vocabulary(config["config"].pop("vocabulary")).save(path(integrity.VOCABULARY))
        storage.write_json(path(integrity.CONFIG), config, strict=True)
        storage.save_variables(path(integrity.WEIGHTS), variables, half=half)
        full_metadata = _full_metadata(model, directory, metadata, own, folder)
        text = card(full_metadata, handle_of(directory))
        storage.write_json(path(integrity.METADATA), full_metadata, strict=True)
        storage.write_bytes_atomically(path(integrity.README), text.encode())
        _keep_other_files(directory, folder)
    return directory


def _keep_other_files(directory, folder):
    """Copies what a user added to the preset in `directory` to its successor in `folder`."""
    if not os.path.isdir(directory):
        return
    for entry in os.scandir(directory):
        target = os.path.join(folder, entry.name)
        if entry.name in integrity.FILES or os.path.lexists(target):
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.copytree(entry.path, target, symlinks=True)
        else:
            shutil.copy2(entry.path, target, follow_symlinks=False)


def update_metadata(directory, **changes):
    """Changes the metadata of a local preset (for example its results) and rewrites its model card.

    Raises:
        ZooError: as `save_to_preset`; or the preset fails an integrity check.
    """
    metadata, _ = integrity.checked_files(directory)
    check_metadata(changes)
    metadata = {**metadata, **changes}
    text = card(metadata, handle_of(directory))
    storage.write_json(os.path.join(directory, integrity.METADATA), metadata, strict=True)
    storage.write_bytes_atomically(os.path.join(directory, integrity.README), text.encode())


def model_config(model):
    """The content of `config.json`: format, module, class and constructor arguments (including the
    vocabulary), without the precision, which `from_preset` chooses."""
    cls = type(model)
    config = json.loads(json.dumps(model.get_config(), default=_plain))
    config.pop("dtype", None)
    check_config(integrity.CONFIG, {k: v for k, v in config.items() if k != "vocabulary"})
    return {
        "format": integrity.FORMAT,
        "module": public_module(cls),
        "class": cls.__name__,
        "config": config,
    }


def public_module(cls):
    """The shortest module of `zoo.models` that exports a class: "zoo.models.attn_gan"."""
    parts = cls.__module__.split(".")
    if parts[:2] != ["zoo", "models"]:
        raise ZooError(
            f"Only models of zoo.models can be saved as a preset, not {cls.__name__} of "
            f"{cls.__module__}."
        )
    for end in range(3, len(parts)):
        module = ".".join(parts[:end])
        if getattr(importlib.import_module(module), cls.__name__, None) is cls:
            return module
    return cls.__module__


def check_target(directory):
    """Raises `ZooError` unless a preset can be written to this directory: it is new, empty, or
    holds a preset."""
    if not isinstance(directory, str | os.PathLike) or not os.fspath(directory):
        raise ZooError(f"The directory of a preset must be a path, got {directory!r}.")
    storage.recover_folder(directory)
    if not os.path.lexists(directory):
        return
    if not os.path.isdir(directory):
        raise ZooError(f"Cannot save a preset to {directory}: it is a file. Name a directory.")
    if os.listdir(directory) and not _is_preset(directory):
        raise ZooError(
            f"Cannot save a preset to {directory}: it contains other files and is no preset. "
            "Choose a new or empty directory."
        )


def _is_preset(directory):
    """Whether a directory has the configuration, weights and metadata of a preset."""
    path = os.path.join(directory, integrity.METADATA)
    names = (integrity.CONFIG, integrity.WEIGHTS)
    if not all(os.path.isfile(file) for file in (
            path, *(os.path.join(directory, name) for name in names))):
        return False
    try:
        content = storage.read_json(path)
    except ZooError:
        return False
    return isinstance(content, dict) and {"format", "class", "files"} <= content.keys()


def _of_model(model, variables):
    """The entries `zoo.presets.metadata.OF_MODEL`."""
    return {
        "class": type(model).__name__,
        "format": integrity.FORMAT,
        "parameters": sum(math.prod(variable.shape) for variable in variables.values()),
    }


def _full_metadata(model, directory, metadata, own, folder):
    """The content of `metadata.json`: the user's entries and those taken from the model."""
    import keras
    import numpy as np
    import tensorflow as tf

    names = (integrity.CONFIG, integrity.WEIGHTS, integrity.VOCABULARY)
    paths = {name: os.path.join(folder, name) for name in names}
    entries = dict(metadata)
    return {
        "format": own["format"],
        "name": entries.pop("name", os.path.basename(os.path.realpath(directory))),
        "task": entries.pop("task", getattr(model, "task", None)),
        "class": own["class"],
        "description": entries.pop("description", _first_line(model)),
        "licence": entries.pop("licence", None),
        "condition": entries.pop("condition", condition_record(model)),
        "parameters": own["parameters"],
        **entries,
        "saved": datetime.date.today().isoformat(),
        "versions": {
            "zoo": __version__,
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "files": {
            name: {"sha256": storage.sha256(path), "bytes": os.path.getsize(path)}
            for name, path in paths.items()
            if os.path.exists(path)
        },
    }


def _first_line(model):
    return (type(model).__doc__ or type(model).__name__).strip().splitlines()[0]


def _plain(value):
    if hasattr(value, "tolist"):  # numpy numbers and arrays
        return value.tolist()
    raise ZooError(
        f"{value!r} of type {type(value).__name__} cannot be stored in a preset: get_config must "
        "return numbers, strings, lists and dicts."
    )
