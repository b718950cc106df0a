"""Hashes of what a model computes: its weights, and with them its configuration and precision."""

import hashlib
import json
import os

import numpy as np


def weights_digest(model):
    """SHA-256 of a model's current weights.

    It is that of the weights file if these are the weights of the built-in preset whose name the
    model has, else of the variables: they may have changed since they were loaded.
    """
    name = getattr(model, "preset_metadata", {}).get("name")
    return built_in_digest(name) if _is_built_in(model, name) else variables_digest(model)


def file_digest(model):
    """SHA-256 of the weights file of a model that was just loaded; without one, as above."""
    files = getattr(model, "preset_metadata", {}).get("files", {})
    if "model.weights.h5" in files:
        return files["model.weights.h5"]["sha256"]
    return weights_digest(model)


def variables_digest(model):
    """SHA-256 of a model's current variables."""
    digest = hashlib.sha256()
    for name, variable in sorted(model.preset_variables().items()):
        digest.update(name.encode() + np.asarray(variable.numpy()).tobytes())
    return digest.hexdigest()


def built_in_digest(name):
    """SHA-256 of the weights file of a built-in preset."""
    from zoo.presets import read_metadata

    return read_metadata(name)["files"]["model.weights.h5"]["sha256"]


def model_digest(model, weights):
    """SHA-256 of everything in a model that its outputs depend on.

    Two presets of equal weights differ in it if their class, vocabulary, other configuration or
    precision differ.

    Args:
        weights: str, the SHA-256 of its weights.
    """
    config = json.dumps(model.get_config(), sort_keys=True, default=_plain)
    parts = type(model).__name__, config, precision_of(model), weights
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def precision_of(model):
    """The precision that a model computes in, such as "mixed_bfloat16"."""
    return model.dtype_policy.name


def trained_with(model, damsm):
    """Whether a `DAMSM` gave a generator its loss: it reads captions by that one's text encoder.

    Weights that were stored as float16 equal those that were not. False if either is None, or the
    model has no such loss (`damsm_weight`).
    """
    if not getattr(model, "damsm_weight", 0):
        return False
    own, theirs = (
        {} if one is None else one.network_variables(("text_encoder",)) for one in (model, damsm)
    )
    if not own or own.keys() != theirs.keys():
        return False
    return list(model.vocabulary.tokens) == list(damsm.vocabulary.tokens) and all(
        np.array_equal(_half(variable), _half(theirs[name])) for name, variable in own.items()
    )


def _half(variable):
    with np.errstate(over="ignore"):
        return np.asarray(variable.numpy()).astype(np.float16)


def _is_built_in(model, name):
    from zoo.presets.registry import builtin_directory, builtin_names
    from zoo.storage import read_variables

    if name not in builtin_names():
        return False
    stored = read_variables(os.path.join(builtin_directory(name), "model.weights.h5"))
    variables = model.preset_variables()
    return stored.keys() == variables.keys() and all(
        np.array_equal(variable.numpy(), stored[key].astype(variable.numpy().dtype))
        for key, variable in variables.items()
    )


def _plain(value):
    return value.tolist() if hasattr(value, "tolist") else repr(value)
