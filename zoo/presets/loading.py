"""From a preset to a model."""

import contextlib
import importlib
import importlib.util
import os
import re

from zoo import storage
from zoo.errors import ZooError
from zoo.presets import handles, integrity

DTYPES = ("float32", "bfloat16", "float16", "mixed_bfloat16", "mixed_float16")
_MODULE = re.compile(r"zoo\.models(\.[a-z][a-z0-9_]*)+")


def from_preset(handle, dtype=None, text_encoder=None):
    """Loads a trained model; nothing is opened before its SHA-256 was checked.

    Args:
        handle: str. A built-in name, a directory, a path that TensorFlow reads ("gs://..."),
            "hf://owner/name" or "kaggle://owner/model/keras/variation".
        dtype: str or None. Precision to compute in: "float32", "mixed_bfloat16", "mixed_float16",
            "bfloat16" or "float16"; None takes Keras' present policy.
        text_encoder: dict or None. Other handles ("preprocess", "encoder") of the TensorFlow Hub
            modules that a model reads captions with, such as local folders where there is no
            network. Their files must be those that it was trained with.

    Returns:
        The model, an instance of the class that the preset names, ready for `generate`.

    Raises:
        ZooError: there is no such preset, or it fails one of the checks of its integrity.
    """
    if dtype is not None and dtype not in DTYPES:
        raise ZooError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}.")
    with handles.local_directory(handle) as directory:
        metadata, paths = integrity.checked_files(directory)
        config = _config(paths)
        cls = model_class(paths[integrity.CONFIG], config.get("module"), config.get("class"))
        _set_text_encoder(handle, directory, config["config"], text_encoder)
        with _policy(dtype):
            model = _construct(cls, paths, config["config"])
        storage.load_variables(paths[integrity.WEIGHTS], model.preset_variables())
    model.preset_metadata = metadata
    return model


def read_metadata(handle):
    """The checked metadata (dict) of a preset, without loading its model. Raises `ZooError`."""
    with handles.local_directory(handle) as directory:
        return integrity.checked_files(directory)[0]


def model_class(path, module, name):
    """The training system that a `config.json` names: only classes of `zoo.models` are taken.

    Args:
        path: str. The file, for the error message.
        module: str. Such as "zoo.models.attn_gan".
        name: str. Such as "AttnGAN".

    Raises:
        ZooError: another module, an unknown class, or a class that is no training system.
    """
    if not isinstance(module, str) or not isinstance(name, str) or not _MODULE.fullmatch(module):
        raise ZooError(
            f"{path} is refused: it names the class {name!r} of the module {module!r}, but a "
            "preset may only name a model of zoo.models."
        )
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("zoo."):
            raise
        found = None
    from zoo.models.system import System

    if not (isinstance(found, type) and issubclass(found, System)):
        raise ZooError(
            f'{path} is refused: "{name}" of the module "{module}" is not a model of this version '
            "of the zoo. Update the package if the preset is newer."
        )
    return found


def _config(paths):
    path = paths[integrity.CONFIG]
    config = integrity.read_small_json(path)
    integrity.check_format(path, config.get("format"))
    if not isinstance(config.get("config"), dict):
        raise ZooError(f'{path} has no "config" with the arguments of the model.')
    integrity.check_plain(config["config"])
    return config


def _set_text_encoder(handle, directory, config, given):
    """Puts the user's handles of Hub modules into a config.

    Such a module is a program, so what a preset names is taken only from this machine, where it
    must not have come with the preset, or from a publisher that is known; the user may name
    anything.
    """
    settings = config.get("text_encoder")
    hub = isinstance(settings, dict) and settings.get("kind") == "hub"
    if given is not None:
        names = {"preprocess", "encoder"}
        if not hub or not isinstance(given, dict) or not given.keys() <= names:
            raise ZooError(
                'text_encoder is a dict of "preprocess" and "encoder", handles of TensorFlow Hub '
                f"modules, for models that read captions with such: the preset {handle} "
                f"{'does' if hub else 'does not'}. Received: {given!r}."
            )
    if not hub:
        return
    from zoo.text.hub_modules import is_trusted, stable_handle

    for name in ("preprocess", "encoder"):
        if given is not None and name in given:
            settings[name] = stable_handle(given[name])
        elif not is_trusted(str(settings.get(name)), directory):
            raise ZooError(
                f'The preset {handle} names the {name} module "{settings.get(name)}", a program '
                "that would be run. If you trust it, say so: from_preset(..., text_encoder="
                f'{{"{name}": "{settings.get(name)}"}}).'
            )


def _construct(cls, paths, config):
    if integrity.VOCABULARY in paths:
        from zoo.text.vocabulary import Vocabulary

        config = {**config, "vocabulary": list(Vocabulary.load(paths[integrity.VOCABULARY]).tokens)}
    try:
        return cls.from_config(config)
    except ZooError:
        raise
    except (TypeError, ValueError, KeyError) as error:
        folder = os.path.dirname(paths[integrity.CONFIG])
        raise ZooError(f"{cls.__name__} cannot be made from the preset {folder}: {error}") from None


@contextlib.contextmanager
def _policy(dtype):
    """Keras' precision policy for the time of a block."""
    import keras

    before = keras.config.dtype_policy()
    if dtype is not None:
        keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
