"""Loading a model from a preset."""

import importlib
import importlib.util
import math
import os
import re
import warnings
from numbers import Integral

from zoo import storage
from zoo._lazy import quietly
from zoo.errors import ZooError, reason
from zoo.presets import download, integrity
from zoo.presets.config_limits import MAX_WORDS, check_config
from zoo.presets.hub import set_text_encoder

_MODULE = re.compile(r"zoo\.models(\.[a-z][a-z0-9_]*)+")


def from_preset(handle, dtype=None, text_encoder=None, max_words=None):
    """Loads a trained model.

    Every file's SHA-256 is checked before it is opened, and no model larger than the weights file
    is built.

    Args:
        handle: str. A built-in name, a directory, a path that TensorFlow reads ("gs://..."),
            "hf://owner/name" or "kaggle://owner/model/keras/variation".
        dtype: str or None. Precision of the computation: "float32", "float64", "mixed_bfloat16" or
            "mixed_float16"; None is Keras' current policy, which must be one of these.
        text_encoder: dict or None. The handles ("preprocess", "encoder") of the TensorFlow Hub
            modules that a model reads captions with. Such a module is a program: a local folder
            must be named here, or be in a folder that the environment variable
            ZOO_TRUSTED_MODULES names. Its files must be those that the model was trained with,
            which is checked before they are opened.
        max_words: int or None. The words of a caption that the model reads, on which its weights do
            not depend; None: those of the preset.

    Returns:
        The model, an instance of the class that the preset names, ready for `generate`. Networks
        that only training needs are created by `compile`: the discriminators, and a generator next
        to its EMA, with equal weights.

    Raises:
        ZooError: there is no such preset, it fails an integrity check, or an argument is not for
            its model.
    """
    from zoo.models.base.arguments import policy_name

    dtype = None if dtype is None else policy_name(dtype)
    with download.local_directory(handle) as directory:
        metadata, paths = integrity.checked_files(directory)
        config = _config(paths)
        cls = model_class(paths[integrity.CONFIG], config.get("module"), config.get("class"))
        set_text_encoder(handle, directory, config["config"], text_encoder)
        if max_words is not None:
            _set_max_words(handle, paths, config["config"], max_words)
        model = _model(cls, handle, paths, {**config["config"], "dtype": dtype})
    model.preset_metadata = metadata
    return model


def read_metadata(handle):
    """The checked metadata (dict) of a preset, without loading its model. Raises `ZooError`."""
    with download.local_directory(handle) as directory:
        return integrity.checked_files(directory)[0]


# Names of classes in older presets -> their current names.
RENAMED = {
    ("zoo.models.image_classifier", "ImageClassifier"): (
        "zoo.models.feature_encoder", "FeatureEncoder"
    ),
    ("zoo.models.mirror_gan", "Stream"): ("zoo.models.mirror_gan", "CaptionPretraining"),
}


def model_class(path, module, name):
    """The training system that a `config.json` names; only classes of `zoo.models` are allowed.

    Args:
        path: str. The file, for the error message.
        module: str, for example "zoo.models.attn_gan".
        name: str, for example "AttnGAN".

    Raises:
        ZooError: another module, an unknown class, or a class that is not a training system.
    """
    if not isinstance(module, str) or not isinstance(name, str) or not _MODULE.fullmatch(module):
        raise ZooError(
            f"{path} is refused: it names the class {name!r} of the module {module!r}, but a "
            "preset may only name a model of zoo.models."
        )
    module, name = RENAMED.get((module, name), (module, name))
    try:
        with quietly():
            cls = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("zoo."):
            raise
        cls = None
    from zoo.models.base.system import System

    if not (isinstance(cls, type) and issubclass(cls, System)):
        raise ZooError(
            f'{path} is refused: "{name}" of the module "{module}" is not a model of this version '
            "of the zoo. Update the package if the preset is newer."
        )
    return cls


def _config(paths):
    path = paths[integrity.CONFIG]
    config = integrity.read_small_json(path)
    integrity.check_format(path, config.get("format"))
    if not isinstance(config.get("config"), dict):
        raise ZooError(f'{path} has no "config" with the arguments of the model.')
    check_config(path, config["config"])
    return config


def _set_max_words(handle, paths, config, given):
    """Sets the words of a caption that are read; `ZooError` for a model that reads no words."""
    text = config.get("text_encoder")
    kind = text.get("kind", "rnn") if isinstance(text, dict) else "rnn"
    if integrity.VOCABULARY not in paths or "max_words" not in config or kind != "rnn":
        raise ZooError(
            f"`max_words` ({given}) is for a model that reads captions by the words of its own "
            f"vocabulary, which the preset {handle} does not: leave it out."
        )
    whole = isinstance(given, Integral) and not isinstance(given, bool)
    if not whole or not 1 <= given <= MAX_WORDS:
        raise ZooError(f"`max_words` must be a whole number from 1 to {MAX_WORDS}, got {given!r}.")
    config["max_words"] = int(given)


def _model(cls, handle, paths, config):
    """The model with its weights, whose shapes bound the model's size before it is built."""
    from zoo.networks import budget
    from zoo.networks.build import generation_only

    shapes = storage.read_shapes(paths[integrity.WEIGHTS])
    numbers = sum(map(math.prod, shapes.values()))
    config = _with_vocabulary(paths, config, shapes)
    with budget.limited(f"The preset {handle}", numbers, len(shapes)) as built, generation_only():
        model = _construct(cls, paths, config)
    variables = model.preset_variables()
    storage.load_variables(paths[integrity.WEIGHTS], variables)
    built.initialize(variables.values())
    return model


def _with_vocabulary(paths, config, shapes):
    if integrity.VOCABULARY not in paths:
        return config
    from zoo.text.vocabulary import Vocabulary

    path = paths[integrity.VOCABULARY]
    with open(path, "rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    rows = {shape[0] for shape in shapes.values() if shape}
    if not rows & {lines, lines + 1}:  # the last line may have no line break
        raise ZooError(
            f"{path} has {lines} words, but no weight of the preset has as many rows. Copy or "
            "download it again."
        )
    return {**config, "vocabulary": list(Vocabulary.load(path).tokens)}


def _construct(cls, paths, config):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras' warnings about layers that cannot be built
            return cls.from_config(config)
    except Exception as error:  # wrong values fail anywhere, also in Keras and TensorFlow
        folder = os.path.dirname(paths[integrity.CONFIG])
        why = str(error) if isinstance(error, ZooError) else f"{reason(error)}."
        raise ZooError(f"{cls.__name__} cannot be built from the preset {folder}: {why}") from error
